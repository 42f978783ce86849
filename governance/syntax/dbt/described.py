"""Checks of described columns, out of dbt's YAML and out of suites of expectations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.finding import Position
from governance.syntax.dbt.yaml import Document

_SECTIONS = ("models", "seeds", "snapshots", "sources")
_TESTS = ("data_tests", "tests")


@dataclass(frozen=True, slots=True)
class ColumnCheck:
    """One check of a column: its name, what it is given, and what the column is described as."""

    owner: str
    column: str
    description: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    start: Position = Position(1)

    @property
    def words(self) -> str:
        """All that it says, and nothing of where it stands."""
        return repr((self.owner, self.column, self.description, self.name, dict(self.arguments)))


def column_checks(document: Document) -> Iterator[ColumnCheck]:
    """The tests of described columns of a properties file."""
    for owner in _owners(document):
        for column in _mappings(owner.get("columns")):
            described = column.get("description")
            names = str(owner.get("name")), str(column.get("name"))
            for key in _TESTS if isinstance(described, str) else ():
                for test, start in _placed(column.get(key)):
                    yield ColumnCheck(*names, str(described), *_test(test), start)


def suite_checks(document: Document, described: Mapping[str, str]) -> Iterator[ColumnCheck]:
    """The expectations of a suite about columns that are `described` elsewhere."""
    data = document.data
    for item, start in _placed(data.get("expectations") if isinstance(data, dict) else data):
        kwargs = item.get("kwargs") if isinstance(item, dict) else None
        column = str(kwargs.get("column", "")) if isinstance(kwargs, dict) else ""
        if column.lower() in described and isinstance(kwargs, dict):
            kind = str(item.get("type") or item.get("expectation_type"))
            yield ColumnCheck("", column, described[column.lower()], kind, kwargs, start)


def descriptions(document: Document, model: str) -> dict[str, str]:
    """The described columns of a model in a properties file, in lower case."""
    return {
        str(column.get("name")).lower(): column["description"]
        for owner in _owners(document)
        if owner.get("name") == model
        for column in _mappings(owner.get("columns"))
        if isinstance(column.get("description"), str)
    }


def _owners(document: Document) -> Iterator[Mapping[Any, Any]]:
    for section in _SECTIONS:
        for owner in _mappings(document.at(section)):
            yield owner
            yield from _mappings(owner.get("tables"))


def _mappings(value: Any) -> Iterator[Mapping[Any, Any]]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _placed(listed: Any) -> Iterator[tuple[Any, Position]]:
    """The items of a list, each with its place."""
    if isinstance(listed, list):
        yield from zip(listed, getattr(listed, "places", ()), strict=False)


def _test(test: Any) -> tuple[str, Mapping[str, Any]]:
    """A test's name, and its arguments and settings in one."""
    if not isinstance(test, dict):
        return str(test), {}
    name = test.get("test_name") or next(iter(test), "")
    inside = test if "test_name" in test else test.get(name)
    said = dict(inside) if isinstance(inside, dict) else {}
    for key in ("arguments", "config"):
        more = said.pop(key, None)
        said |= more if isinstance(more, dict) else {}
    return str(name), said
