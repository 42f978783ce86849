"""The shapes that a profile lets a statement be made of, read from the reviewed tables."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from governance.syntax.sql.context import Profile

_TABLES = Path(__file__).parent / "tables" / "shapes"
_FILES = {
    Profile.READ: ("read",),
    Profile.MODEL: ("read",),
    Profile.WRITE: ("read", "write"),
    Profile.MIGRATE: ("read", "write", "migrate"),
}

ANY = frozenset({"*"})
Arguments = dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Shapes:
    """`allowed` maps a node class to its arguments, and each to the words it may hold.

    `forms` are functions written without a name of their own; `elsewhere` are arguments that another
    rule refuses.
    """

    allowed: dict[str, Arguments]
    forms: frozenset[str]
    elsewhere: dict[str, frozenset[str]]


@cache
def shapes(profile: Profile) -> Shapes:
    """The shapes of a profile; later files add to earlier ones."""
    allowed: dict[str, Arguments] = {}
    forms: set[str] = set()
    elsewhere: dict[str, frozenset[str]] = {}
    for name in _FILES[profile]:
        section = ""
        for line in (_TABLES / f"{name}.txt").read_text("utf-8").splitlines():
            if line.startswith("["):
                section = line.strip("[] ")
            elif line and not line.startswith("#"):
                if section == "forms":
                    forms.update(line.split())
                    continue
                node, _, words = line.partition(":")
                if section == "elsewhere":
                    elsewhere[node] = frozenset(words.split())
                else:
                    allowed.setdefault(node, {}).update(_arguments(words))
    return Shapes(allowed, frozenset(forms), elsewhere)


def _arguments(words: str) -> Arguments:
    found: Arguments = {}
    for word in words.split():
        name, _, values = word.partition("=")
        found[name] = frozenset(values.split("|")) if values else frozenset()
    return found
