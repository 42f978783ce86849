"""Where a properties file declares a test: told by what the test is about, its name and its arguments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from governance.finding import Position
from governance.syntax.dbt.graph import Node
from governance.syntax.dbt.yaml import Document, read_yaml

_KINDS = ("models", "seeds", "snapshots", "sources")
_NO_ARGUMENTS = frozenset({"config", "name", "test_name", "description"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A generic test as dbt has parsed it. `owner` is the model, seed, snapshot or source table."""

    owner: str
    kind: str
    column: str = ""
    name: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


def declared(node: Node, owner: str) -> Declared:
    """A generic test as its properties file declares it."""
    test = node.facts.get("test") or {}
    return Declared(
        owner,
        str(test.get("name", "")),
        str(node.facts.get("column") or ""),
        node.name,
        test.get("kwargs") or {},
    )


@lru_cache(maxsize=64)  # one file declares many tests
def properties(text: str) -> Document:
    """A properties file; never raises."""
    return read_yaml(text)


def declared_at(document: Document, test: Declared) -> Position | None:
    """The place of the item that declares a test; the likeliest of several, `None` where there is none."""
    found = [
        (_likeness(item, test), -number, place)
        for number, (item, place) in enumerate(_items(document.data, test))
        if _kind(item) == test.kind
    ]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _items(data: Any, test: Declared) -> Iterator[tuple[Any, Position]]:
    """The tests of the owner's column, then those of the owner itself, which may name a column, too."""
    owners = list(_owners(data, test.owner))
    for owner in owners:
        for column, _ in _named(owner.get("columns"), test.column) if test.column else ():
            yield from _tests(column)
    for owner in owners:
        yield from _tests(owner)


def _owners(data: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """What is called so, with its versions."""
    for kind in _KINDS:
        listed = data.get(kind) if isinstance(data, dict) else None
        for source in listed if isinstance(listed, list) and kind == "sources" else (None,):
            tables = source.get("tables") if isinstance(source, dict) else listed
            for owner, _ in _named(tables, name):
                yield owner
                versions = owner.get("versions")
                yield from (each for each in versions or () if isinstance(each, dict))


def _named(listed: Any, name: str) -> Iterator[tuple[Mapping[str, Any], Position]]:
    if isinstance(listed, list):
        for item, place in zip(listed, getattr(listed, "places", ()), strict=False):
            if isinstance(item, dict) and str(item.get("name", "")).lower() == name.lower():
                yield item, place


def _tests(owner: Mapping[str, Any]) -> Iterator[tuple[Any, Position]]:
    for section in ("data_tests", "tests"):
        listed = owner.get(section)
        if isinstance(listed, list):
            yield from zip(listed, getattr(listed, "places", ()), strict=False)


def _kind(item: Any) -> str:
    """The name of a generic test without the package that it comes from."""
    if isinstance(item, dict):
        item = item.get("test_name") or next((key for key in item if key not in _NO_ARGUMENTS), "")
    return str(item).rpartition(".")[2]


def _likeness(item: Any, test: Declared) -> tuple[bool, bool]:
    """Whether it is called like the test, and whether its arguments are the test's."""
    if not isinstance(item, dict):
        return False, not (test.arguments.keys() - {"model", "column_name"})
    said = next((value for key, value in item.items() if key not in _NO_ARGUMENTS), None)
    inner = said if isinstance(said, dict) and "test_name" not in item else item
    told = {**inner, **(inner.get("arguments") or {})} if isinstance(inner.get("arguments"), dict) else inner
    named = test.name in (item.get("name"), inner.get("name"))
    ours = {key: value for key, value in test.arguments.items() if key not in ("model", "column_name")}
    return named, all(key in told and str(told[key]) == str(value) for key, value in ours.items())
