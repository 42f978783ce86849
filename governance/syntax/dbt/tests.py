"""Reads tests and expectations out of dbt's YAML, named by what they test, so that they survive a move."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.finding import Position
from governance.syntax.dbt.yaml import Document

TestKey = tuple[str, ...]
_SECTIONS = frozenset({"tests", "data_tests", "unit_tests"})


@dataclass(frozen=True, slots=True)
class DbtTest:
    """A test on a model or column, or one expectation: where it stands and what it says."""

    owner: str
    name: str
    start: Position
    options: Mapping[tuple[str, ...], Any] = field(default_factory=dict)
    places: Mapping[tuple[str, ...], Position] = field(default_factory=dict)


def read_tests(document: Document) -> dict[TestKey, DbtTest]:
    """Every test of a properties file, every unit test, every expectation of a suite."""
    found: dict[TestKey, DbtTest] = {}
    for path, entry in document.entries.items():
        split = _split(path)
        if split is None:
            continue
        owner, label, option = split
        key = (*owner, label)
        test = found.get(key) or DbtTest(_owner(owner), label, entry.start, {}, {})
        options = {**test.options, **({option: entry.value} if option else {})}
        places = {**test.places, option: entry.start}
        found[key] = DbtTest(test.owner, label, test.start, options, places)
    return found


def _split(path: tuple[str, ...]) -> tuple[tuple[str, ...], str, tuple[str, ...]] | None:
    """A path as the thing under test, the test's name, and the option below it."""
    at = next((n for n, part in enumerate(path) if part in _SECTIONS or part == "expectations"), None)
    if at is None or at + 1 >= len(path):
        return None
    label, rest = path[at + 1].removeprefix("#"), path[at + 2 :]
    plain = label.partition("~")[0]
    if rest and rest[0] == plain:
        rest = rest[1:]
    option = tuple(part for part in rest if part not in ("config", "arguments"))
    return (*path[:at], "tests"), label, option


def _owner(owner: tuple[str, ...]) -> str:
    return owner[1] if len(owner) > 2 else ""
