"""What the agent's tool calls do: files read and written, commands run, hosts reached, secrets touched."""

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.syntax.shell import Command, commands
from governance.trace import ResultStatus, Step, Tool

_PATH_KEYS = ("path", "file_path", "file", "filename", "notebook_path", "target_file")
_TEXT_KEYS = (
    "new_str",
    "new_string",
    "content",
    "file_text",
    "contents",
    "new_source",
    "insert_text",
    "patch",
    "input",
)
_OLD_KEYS = ("old_str", "old_string")
_READERS = frozenset(
    (
        "cat",
        "head",
        "tail",
        "less",
        "more",
        "grep",
        "rg",
        "egrep",
        "awk",
        "strings",
        "od",
        "xxd",
        "jq",
        "yq",
        "source",
        "cut",
        "sort",
        "bat",
        "nl",
        "base64",
        "openssl",
    )
)
_NETWORK = frozenset(
    (
        "curl",
        "wget",
        "nc",
        "ncat",
        "netcat",
        "scp",
        "rsync",
        "ftp",
        "sftp",
        "telnet",
        "ssh",
        "mail",
        "sendmail",
    )
)
_WRITERS = frozenset(("touch", "mkdir", "truncate", "install", "ln", "chmod", "chown", "mv", "cp", "dd"))
_URL = re.compile(r"\b(?:https?|s3|gs|ftp)://[^\s'\"|;)]+", re.I)
_PATCH_FILE = re.compile(r"^\*\*\* (Add|Update|Delete) File: (.+)$", re.M)
_SQL_OPTION = re.compile(r"^-?-?(?:c|e|q|execute|command|query|sql)$")
_SQL_CLIENTS = frozenset(
    ("psql", "mysql", "sqlite3", "duckdb", "snowsql", "bq", "sqlcmd", "clickhouse-client", "trino")
)


class EffectKind(StrEnum):
    """What an effect does."""

    READ = "read"
    WROTE = "wrote"
    DELETED = "deleted"
    RAN = "ran"
    SQL = "sql"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a tool call did, or tried to do.

    `target` is a path, a host or a statement; `old` and `new` the texts of an edit; `status` how
    the call ended, which says whether the effect took place.
    """

    step: Step
    kind: EffectKind
    target: str
    quote: str = ""
    old: str = ""
    new: str = ""
    command: Command | None = None
    status: ResultStatus = ResultStatus.OK
    directory: str = ""


def effects(step: Step, status: ResultStatus) -> tuple[Effect, ...]:
    """Everything that one tool call does."""
    call = step.call
    if call is None:
        return ()
    script = shell_script(call.arguments)
    if call.tool is Tool.SHELL or (call.tool is Tool.OTHER and script):
        return tuple(_shell(step, script, status))
    return tuple(_tool(step, call.tool, call.arguments, status))


def shell_script(arguments: Mapping[str, Any]) -> str:
    """The command line of a shell call; some agents pass it as a list of words."""
    for key in ("command", "cmd", "script"):
        value = arguments.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            words = [str(word) for word in value]
            if len(words) >= 3 and words[0].endswith("sh") and words[1] in ("-c", "-lc"):
                return words[2]
            return shlex.join(words)
    value = arguments.get("input")
    return value if isinstance(value, str) else ""


def _tool(step: Step, tool: Tool, arguments: Mapping[str, Any], status: ResultStatus) -> Iterator[Effect]:
    path = _first(arguments, _PATH_KEYS)
    if tool in (Tool.WRITE, Tool.EDIT):
        patch = _first(arguments, ("patch", "input", "diff"))
        if not path and patch:
            yield from _patch(step, patch, status)
            return
        edits = arguments.get("edits")
        for edit in edits if isinstance(edits, list) else [arguments]:
            if isinstance(edit, Mapping):
                old, new = _first(edit, _OLD_KEYS), _first(edit, _TEXT_KEYS)
                yield Effect(step, EffectKind.WROTE, path, new[:200] or path, old, new, status=status)
    elif tool is Tool.DELETE:
        yield Effect(step, EffectKind.DELETED, path, path, status=status)
    elif tool is Tool.READ:
        yield Effect(step, EffectKind.READ, path, path, status=status)
    elif tool is Tool.SQL:
        sql = _first(arguments, ("sql", "query", "statement"))
        yield Effect(step, EffectKind.SQL, sql, sql[:300], status=status)
    elif tool is Tool.FETCH:
        url = _first(arguments, ("url", "uri", "query"))
        yield Effect(step, EffectKind.NETWORK, url, url[:300], status=status)


def _patch(step: Step, patch: str, status: ResultStatus) -> Iterator[Effect]:
    """One effect per hunk, with the lines around it, so that the place can be found again."""
    marks = list(_PATCH_FILE.finditer(patch))
    if not marks:  # no patch that we can read; it still wrote something, somewhere
        yield Effect(step, EffectKind.WROTE, "", patch[:200], "", patch, status=status)
        return
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        body = patch[mark.end() : after.start() if after else None]
        path = mark.group(2).strip()
        if mark.group(1) == "Delete":
            yield Effect(step, EffectKind.DELETED, path, mark.group(), status=status)
            continue
        for hunk in re.split(r"^@@.*$", body, flags=re.M):
            lines = [line for line in hunk.splitlines() if line[:1] in ("+", "-", " ")]
            old = "\n".join(line[1:] for line in lines if line[0] != "+")
            new = "\n".join(line[1:] for line in lines if line[0] != "-")
            if any(line[0] != " " for line in lines):
                yield Effect(step, EffectKind.WROTE, path, new[:200] or path, old, new, status=status)


def _shell(step: Step, script: str, status: ResultStatus) -> Iterator[Effect]:
    directory = ""
    for command in commands(script):
        if command.program == "cd" and command.operands:
            directory = posixpath.join(directory, command.operands[0])
            continue
        if command.program == "apply_patch":
            patch = command.heredoc or " ".join(command.arguments)
            yield from _patch(step, patch, status)
            continue
        quote = str(command)[:300] if command.program else script[:300]
        for kind, target, new in _of_command(command):
            yield Effect(step, kind, target, quote, "", new, command, status, directory)


def _of_command(command: Command) -> Iterator[tuple[EffectKind, str, str]]:
    yield EffectKind.RAN, command.program, command.code
    text = command.heredoc or (" ".join(command.arguments) if command.program in ("echo", "printf") else "")
    for path in command.writes:
        yield EffectKind.WROTE, path, text
    for path in command.reads:
        yield EffectKind.READ, path, ""
    operands = command.operands
    if command.program in ("rm", "unlink", "shred", "rmdir"):
        for path in operands:
            yield EffectKind.DELETED, path, ""
    elif command.program == "find" and (command.has("-delete") or "rm" in command.arguments):
        yield EffectKind.DELETED, operands[0] if operands else ".", ""
    elif command.program == "find":
        yield EffectKind.READ, operands[0] if operands else ".", ""
    elif command.program in ("sed", "perl") and any(
        a.startswith(("-i", "-pi", "--in-place")) for a in command.arguments
    ):
        for path in operands[1:] or operands:
            yield EffectKind.WROTE, path, " ".join(operands[:1])
    elif command.program in _WRITERS:
        yield from _written(command)
    elif command.program in _READERS:
        for path in (
            operands if command.program in ("cat", "head", "tail", "source", "base64") else operands[1:]
        ):
            yield EffectKind.READ, path, ""
    for url in _URL.findall(" ".join(command.words)):
        if command.program in _NETWORK or command.program in ("git", "aws", "gsutil", "pip", "npm"):
            yield EffectKind.NETWORK, url, ""
    if command.program in ("nc", "ncat", "netcat", "telnet", "scp", "rsync"):
        for operand in operands[:1] if command.program != "scp" else operands[-1:]:
            yield EffectKind.NETWORK, operand, ""
    if command.program in _SQL_CLIENTS:
        for statement in _statements(command):
            yield EffectKind.SQL, statement, ""


def _written(command: Command) -> Iterator[tuple[EffectKind, str, str]]:
    operands = [o for o in command.operands if not o.startswith(("if=", "bs=", "count="))]
    if command.program in ("cp", "mv", "ln", "install"):
        for path in operands[-1:]:
            yield EffectKind.WROTE, path, ""
        if command.program == "mv":
            for path in operands[:-1]:
                yield EffectKind.DELETED, path, ""
        return
    for path in operands[1:] if command.program in ("chmod", "chown") else operands:
        yield EffectKind.WROTE, path.removeprefix("of="), ""


def _statements(command: Command) -> Iterator[str]:
    for index, argument in enumerate(command.arguments):
        if _SQL_OPTION.match(argument) and argument.startswith("-") and index + 1 < len(command.arguments):
            yield command.arguments[index + 1]
        elif (
            " " in argument
            and re.match(r"\s*\w+\s", argument)
            and command.program in ("sqlite3", "duckdb", "bq")
        ):
            yield argument
    if command.heredoc:
        yield command.heredoc


def _first(arguments: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = arguments.get(key)
        if isinstance(value, str) and value:
            return value
    return ""
