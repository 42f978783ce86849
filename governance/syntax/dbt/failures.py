"""Places that dbt and DuckDB name in their words when something fails."""

import re
from dataclasses import dataclass

from governance.finding import Position

_LINE = re.compile(r"^([ \t]*LINE \d+: )(.*)\n([ \t]*)\^", re.MULTILINE)
_MISSING = re.compile(r"column (?:named )?\"([^\"]+)\"|with name \"?([\w.]+)\"?|'(\w+)' is undefined")
_FILE = re.compile(r"\((\S+\.\w+)\)$", re.MULTILINE)
_OF_FILE = re.compile(r"^\s*line (\d+)$", re.MULTILINE)
_CUT = "..."


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A file of the project, and a line of it where one is named."""

    path: str
    line: int = 0


def failed_at(message: str, text: str) -> Position | None:
    """Where in a query, or in a template, a failure lies: `None` unless that is the only place it can be.

    DuckDB quotes the line, in a statement that dbt has put around the query; or it names what is missing.
    """
    return _quoted(message, text) or _missing(message, text)


def _quoted(message: str, text: str) -> Position | None:
    found = _LINE.search(message)
    if not found:
        return None
    prefix, said, blank = found.groups()
    caret = len(blank) - len(prefix)
    if said.startswith(_CUT):
        said, caret = said[len(_CUT) :], caret - len(_CUT)
    said = said.removesuffix(_CUT)
    return _only(text, re.escape(said), max(caret, 0)) if said.strip(" ();") else None


def _missing(message: str, text: str) -> Position | None:
    found = _MISSING.search(message)
    word = next(filter(None, found.groups()), "") if found else ""
    return _only(text, rf"(?<!\w){re.escape(word)}(?!\w)") if word else None


def file_named(message: str) -> NamedPlace | None:
    """The file that dbt could not read, and the line."""
    path, line = _FILE.search(message), _OF_FILE.search(message)
    return NamedPlace(path[1], int(line[1]) if line else 0) if path else None


def _only(text: str, pattern: str, beyond: int = 0) -> Position | None:
    found = list(re.finditer(pattern, text, re.IGNORECASE))
    if len(found) != 1:
        return None
    at = found[0].start() + beyond
    before = text[:at]
    return Position(before.count("\n") + 1, at - before.rfind("\n"))
