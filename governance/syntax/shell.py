"""Shell scripts as the simple commands they would run, including those hidden in strings and pipes.

A splitter, not an interpreter: what it cannot follow it marks as `opaque`, and callers treat an
opaque command as one that may do anything.
"""

import base64
import binascii
import re
import shlex
from dataclasses import dataclass, field, replace

_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)(\w+)\1([^\n]*)\n(.*?)(?:^[ \t]*\2[ \t]*$|\Z)", re.S | re.M)
_SEPARATORS = frozenset("|&;\n")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_WRAPPERS = (
    "sudo",
    "doas",
    "env",
    "nohup",
    "time",
    "timeout",
    "command",
    "exec",
    "nice",
    "ionice",
    "stdbuf",
    "xargs",
)
_PREFIXES = frozenset((*_WRAPPERS, "then", "do", "else", "!", "{"))
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh", "ash"))
_CODE_RUNNERS = frozenset(("python", "python3", "perl", "ruby", "node"))
_DECODERS = (
    ("base64", "-d"),
    ("base64", "--decode"),
    ("base64", "-D"),
    ("xxd", "-r"),
    ("gunzip", ""),
    ("zcat", ""),
)
_SUBSTITUTION = re.compile(r"\$\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`")
_MAX_DEPTH = 6
_MAX_SCRIPT = 50_000


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command: its program, arguments and redirections.

    `appends` are the `writes` that keep what is there; `pipe` is the index of the pipeline it
    belongs to; `heredoc` the text fed to it; `code` the program text of `python -c` and the like;
    `via` the wrappers it was found in (sudo, bash -c, base64); `opaque` says that what it runs
    cannot be known.
    """

    program: str
    arguments: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    appends: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    heredoc: str = ""
    code: str = ""
    via: tuple[str, ...] = ()
    pipe: int = 0
    opaque: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Program and arguments."""
        return (self.program, *self.arguments)

    @property
    def operands(self) -> tuple[str, ...]:
        """The arguments that are no options."""
        return tuple(a for a in self.arguments if not a.startswith("-"))

    def has(self, *options: str) -> bool:
        """Whether one of the options is given, also inside a bundle such as `-rf`."""
        for argument in self.arguments:
            name = argument.split("=", 1)[0]
            if name in options:
                return True
            if re.fullmatch(r"-[A-Za-z]+", argument) and any(
                len(o) == 2 and o[1] in argument[1:] for o in options
            ):
                return True
        return False

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass
class _Script:
    commands: list[Command] = field(default_factory=list)
    pipe: int = 0


def commands(script: str) -> tuple[Command, ...]:
    """The simple commands of a script, in order; nested scripts follow the command that holds them."""
    out = _Script()
    _collect(script[:_MAX_SCRIPT].replace("\x01", " "), (), out, 0)
    if len(script) > _MAX_SCRIPT:
        out.commands.append(Command(script[_MAX_SCRIPT : _MAX_SCRIPT + 80], opaque=True))
    return tuple(out.commands)


def _collect(script: str, via: tuple[str, ...], out: _Script, depth: int) -> None:
    if depth > _MAX_DEPTH:
        out.commands.append(Command(script[:80], via=via, opaque=True))
        return
    documents: list[str] = []

    def lift(match: re.Match[str]) -> str:
        documents.append(match.group(4))
        return f" \x01{len(documents) - 1} {match.group(3)}\n"

    flat = _HEREDOC.sub(lift, script.replace("\\\n", " "))
    for tokens, ends_pipe in _simple(_SUBSTITUTION.sub("$SUBSTITUTED", flat)):
        command = _command(tokens, documents, via, out.pipe)
        if command:
            _nested(command, out, depth)
        if ends_pipe:
            out.pipe += 1
    for match in _SUBSTITUTION.finditer(flat):
        _collect(match.group(1) or match.group(2) or "", (*via, "substitution"), out, depth + 1)


def _simple(script: str) -> list[tuple[list[str], bool]]:
    """The words of each simple command, and whether it ends its pipeline."""
    lexer = shlex.shlex(script, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:  # an unclosed quote: judge the words as they stand
        tokens = re.findall(r"[|&;\n]+|[^\s|&;]+", script)
    found: list[tuple[list[str], bool]] = []
    current: list[str] = []
    comment = False
    for token in tokens:
        comment = (comment or token.startswith("#")) and "\n" not in token
        if comment:
            continue
        if token and set(token) <= _SEPARATORS | {"(", ")"}:
            found.append((current, token not in ("|", "|&")))
            current = []
        else:
            current.append(token)
    return [*found, (current, True)]


def _command(tokens: list[str], documents: list[str], via: tuple[str, ...], pipe: int) -> Command | None:
    words: list[str] = []
    writes: list[str] = []
    appends: list[str] = []
    reads: list[str] = []
    heredoc = ""
    pending = ""
    for token in tokens:
        if token.startswith("\x01"):
            heredoc = documents[int(token[1:])]
        elif pending:
            (writes if ">" in pending else reads).append(token)
            if ">>" in pending:
                appends.append(token)
            pending = ""
        elif token and set(token) <= set("<>&|()") and set(token) & set("<>"):
            if words and words[-1].isdigit():
                words.pop()
            pending = "" if token in ("<(", ">(") else token
        else:
            words.append(token)
    writes = [w for w in writes if not w.isdigit() and w != "-" and not w.startswith("/dev/null")]
    assignments: list[str] = []
    wrappers = list(via)
    while words and (_ASSIGNMENT.match(words[0]) or words[0] in _PREFIXES):
        word = words.pop(0)
        if _ASSIGNMENT.match(word):
            assignments.append(word)
        else:
            wrappers.append(word)
            words = _without_wrapper_options(word, words)
    if not words and len(wrappers) > len(via) and wrappers[-1] in _WRAPPERS:
        words = [wrappers.pop()]
    if not words and not writes and not assignments:
        return None
    program, arguments = (words[0], words[1:]) if words else ("", [])
    if program == "tee":
        files = [a for a in arguments if not a.startswith("-")]
        writes += files
        appends += files if "-a" in arguments or "--append" in arguments else []
    return Command(
        program.rsplit("/", 1)[-1] if program.count("/") and not program.startswith(".") else program,
        tuple(arguments),
        tuple(writes),
        tuple(appends),
        tuple(reads),
        tuple(assignments),
        heredoc,
        via=tuple(wrappers),
        pipe=pipe,
    )


def _without_wrapper_options(wrapper: str, words: list[str]) -> list[str]:
    while words and words[0].startswith("-") and wrapper in ("sudo", "env", "xargs", "nice", "timeout"):
        words = (
            words[2:] if words[0] in ("-u", "-n", "-I", "-s", "-k", "-P") and len(words) > 2 else words[1:]
        )
    return words[1:] if wrapper == "timeout" and words and words[0][:1].isdigit() else words


def _nested(command: Command, out: _Script, depth: int) -> None:
    """Adds a command, and what it hands on to another interpreter."""
    code = _option_value(command, ("-c", "-e")) if command.program in _SHELLS | _CODE_RUNNERS else ""
    if command.program in _CODE_RUNNERS:
        out.commands.append(replace(command, code=code or command.heredoc))
    elif command.program in _SHELLS:
        fed = _fed(command, out.commands)
        inner = code or command.heredoc or fed
        scripted = any(not a.startswith("-") for a in command.arguments)
        out.commands.append(
            replace(command, opaque=not inner and not scripted and _piped(command, out.commands))
        )
        if inner:
            _collect(
                inner, (*command.via, "decoded" if inner is fed else f"{command.program} -c"), out, depth + 1
            )
    elif command.program == "eval":
        fed = _decoded(" ".join(command.arguments))
        out.commands.append(replace(command, opaque="$" in " ".join(command.arguments) and not fed))
        _collect(fed or " ".join(command.arguments), (*command.via, "eval"), out, depth + 1)
    else:
        out.commands.append(command)
        if command.program in ("ssh", "docker", "kubectl", "find", "watch"):
            _handed_on(command, out, depth)


def _handed_on(command: Command, out: _Script, depth: int) -> None:
    """`find -exec rm {}`, `kubectl exec pod -- rm`: the command after the marker."""
    for marker in ("-exec", "-execdir", "--"):
        if marker in command.arguments:
            rest = command.arguments[command.arguments.index(marker) + 1 :]
            inner = [a for a in rest if a not in (";", "+", "\\;")]
            _collect(shlex.join(inner), (*command.via, command.program), out, depth + 1)
            return


def _option_value(command: Command, options: tuple[str, ...]) -> str:
    for option in options:
        for index, argument in enumerate(command.arguments[:-1]):
            bundled = re.fullmatch(r"-[a-z]*" + option[1], argument) if len(option) == 2 else None
            if argument == option or bundled:
                return command.arguments[index + 1]
    return ""


def _piped(command: Command, before: list[Command]) -> bool:
    return bool(before) and before[-1].pipe == command.pipe


def _fed(command: Command, before: list[Command]) -> str:
    """What a pipeline such as `echo … | base64 -d | sh` feeds to its shell."""
    pipeline = [c for c in before if c.pipe == command.pipe]
    if not pipeline or pipeline[0].program not in ("echo", "printf"):
        return ""
    text = " ".join(a for a in pipeline[0].arguments if a not in ("-n", "-e"))
    if any(c.program == p and (not o or c.has(o)) for c in pipeline[1:] for p, o in _DECODERS):
        return decode(text)
    return text


def _decoded(text: str) -> str:
    match = re.search(r"[A-Za-z0-9+/]{16,}={0,2}", text)
    return decode(match.group()) if match and "base64" in text else ""


def decode(text: str) -> str:
    """The text behind base64 or hexadecimal, or nothing when there is none."""
    compact = re.sub(r"\s+", "", text)
    for reader in (bytes.fromhex, lambda value: base64.b64decode(value, validate=True)):
        try:
            plain = reader(compact).decode("utf-8")
        except (ValueError, binascii.Error):
            continue
        if plain and (plain.isprintable() or "\n" in plain):
            return plain
    return ""
