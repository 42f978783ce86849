"""What dbt and its worker say of a fault, as one line of words and the file that they name."""

import re
from pathlib import Path, PurePosixPath

from governance.adapters.worker import (
    WorkerFailed,
    WorkerLacks,
    WorkerNotJailed,
    WorkerRefused,
    WorkerTimedOut,
)
from governance.fault import CHECK_CRASHED, CHECK_TIMED_OUT, NO_JAIL, NOT_RENDERED, TOOL_MISSING, Fault
from governance.finding import Location, Position

_LONGEST = 600
_FAULTS: tuple[tuple[type[WorkerFailed], Fault], ...] = (
    (WorkerRefused, NOT_RENDERED),
    (WorkerTimedOut, CHECK_TIMED_OUT),
    (WorkerNotJailed, NO_JAIL),
    (WorkerLacks, TOOL_MISSING),
)
_STAGES = {
    "start": "starting",
    "save": "reading base",
    "load": "reading base",
    "state": "parsing the change",
    "render": "rendering",
    "build": "building",
    "compare": "comparing data",
    "try": "trying checks",
    "validate": "validating the output",
}
_ASKED = re.compile(r"^(\w+)(?=:| took | was answered )|(?<= during )(\w+)|(?<= before )(\w+)")
_HEADER = re.compile(
    r"((Compilation|Runtime|Parsing|Database|Dependency|Internal) Error( in .*)?|Error reading .*)$"
)
_NOISE = re.compile(
    r"(>|-{5,}|\d+ *\||\^|\*|compiled code at|Raw Error|LINE \d+|in \"<unicode|Possible solutions|See also)"
)
_ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:[^\s/:'\"]+/)+")
_NAMED = re.compile(r"(?<![\w/])((?:[\w.-]+/)*[\w.-]+\.(?:sql|ya?ml|csv|py|md))\b")
_LINE = re.compile(r"\bline (\d+)")
_EXTRAS = (("great_expectations", "gx"), ("pandas", "gx"), ("dbt", "dbt"), ("duckdb", "dbt"))


def fault_of(error: WorkerFailed) -> Fault:
    """What it means that a worker failed."""
    return next((fault for kind, fault in _FAULTS if isinstance(error, kind)), CHECK_CRASHED)


def plain(message: str) -> str:
    """The words without what only dbt's own log has use for: headers, frames, drawings, absolute paths."""
    asked, colon, rest = message.partition(": ")
    stage = _STAGES.get(asked) if colon else None
    said = rest if stage else message
    lines = [line.strip() for line in said.splitlines()]
    lines = [line for line in lines if line and not _NOISE.match(line)]
    if len(lines) > 1 and _HEADER.match(lines[0]):
        lines = [_subject(lines[0]) + lines[1], *lines[2:]]
    words = _ABSOLUTE.sub("", " ".join(lines)) or "no reason given"
    words = _ASKED.sub(lambda found: _STAGES.get(found[0], found[0]), words) if not stage else words
    words = words.replace("died during", "died while")
    words = f"{words} ({_cure(words)})" if _cure(words) else words
    return f"{stage}: {words}"[:_LONGEST] if stage else words[:_LONGEST]


def place_of(message: str, folder: Path, root: str) -> Location | None:
    """The first file of the project that the words name, with the line where they tell it."""
    of_base = message.startswith("save: ")  # where it may lie at a path that the change has left
    for name in _NAMED.findall(_ABSOLUTE.sub("", message)):
        path = next((p for p in (name, f"models/{name}") if (folder / p).is_file()), None)
        path = path or (name if of_base and "/" in name else None)
        if path is not None:
            line = _LINE.search(message)
            start = Position(int(line[1])) if line else None
            return Location(str(PurePosixPath(root, path)), start)
    return None


def _subject(header: str) -> str:
    """The file that a header names, for the line below it does not."""
    named = _NAMED.search(header)
    return f"{named[1]}: " if named else ""


def _cure(words: str) -> str:
    """What brings a package that is missing."""
    if '"dbt deps"' in words:
        return "and name the folder that it fills as dbt.packages in the policy"
    name = words.removesuffix(" is not installed")
    if name == words:
        return ""
    extra = next((extra for package, extra in _EXTRAS if name.rpartition(": ")[2].startswith(package)), "")
    return f"pip install 'airflow-governance[{extra}]'" if extra else ""
