"""Reads dbt's YAML into flat entries with places, so that head can be compared with base key by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from governance.finding import Position

MOST_ENTRIES = 100_000
_NAMES = ("name", "model", "type", "package", "git", "local", "tarball", "private")


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf of a document: where it stands, its path of keys, and its value.

    Items of lists are named by their `name` where they have one, so that inserting an item does
    not rename the others. Keys are in dbt's plain spelling: `+post-hook` is `post_hook`. `keys` are
    those of the path that are keys of mappings and no names of items, as they are written.
    """

    path: tuple[str, ...]
    value: Any
    start: Position
    keys: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The last word of the path that is not the number of a list item."""
        return next((part for part in reversed(self.path) if not part.startswith("#")), "")


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its entries by path, its data, and why it could not be read."""

    entries: Mapping[tuple[str, ...], Entry] = field(default_factory=dict)
    data: Any = None
    problem: str = ""
    problem_at: Position = Position(1)

    def at(self, *path: str) -> Any:
        """The plain value at a path of keys as written, None when there is none."""
        value = self.data
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value


class _Mapping(dict[Any, Any]):
    """A mapping that remembers where its keys stand, and what a later key of the same name replaced."""

    places: dict[Any, Position]
    replaced: list[tuple[Any, Any, Position]]


class _Sequence(list[Any]):
    """A list that remembers where its items stand."""

    places: list[Position]


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, with places."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> _Mapping:
    loader.flatten_mapping(node)
    result = _Mapping()
    result.places, result.replaced = {}, []
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool | None):
            raise yaml.constructor.ConstructorError(None, None, "a key that is no word", key_node.start_mark)
        if key in result:
            result.replaced.append((key, result[key], result.places[key]))
        result[key] = loader.construct_object(value_node, deep=True)
        result.places[key] = _position(key_node.start_mark)
    return result


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> _Sequence:
    result = _Sequence(loader.construct_object(child, deep=True) for child in node.value)
    result.places = [_position(child.start_mark) for child in node.value]
    return result


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)


def read_yaml(text: str) -> Document:
    """The entries of one YAML document; never raises."""
    try:
        data = yaml.load(text, _Loader)
        entries: dict[tuple[str, ...], Entry] = {}
        for entry in _flatten(data, (), (), Position(1)):
            entries[entry.path] = entry
            if len(entries) > MOST_ENTRIES:
                return Document(problem=f"more than {MOST_ENTRIES} entries")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = _position(mark) if mark else Position(1)
        return Document(problem=error.problem or "not YAML", problem_at=place)
    except RecursionError:
        return Document(problem="nested too deeply")
    except Exception as error:  # YAML's own bugs on hostile text must be a finding, not a crash
        return Document(problem=f"{type(error).__name__}: {error}")
    return Document(entries, data)


def normal(key: object) -> str:
    """A key in dbt's plain spelling."""
    return str(key).removeprefix("+").strip().replace("-", "_")


def _flatten(value: Any, path: tuple[str, ...], keys: tuple[str, ...], place: Position) -> Iterator[Entry]:
    if isinstance(value, _Mapping) and value:
        for key, item in value.items():
            yield from _flatten(item, (*path, normal(key)), (*keys, str(key)), value.places[key])
        for key, item, where in value.replaced:  # not every reader of YAML lets the last one win
            yield from _flatten(item, (*path, f"{normal(key)}~1"), (*keys, str(key)), where)
    elif isinstance(value, _Sequence) and value:
        seen: dict[str, int] = {}
        for number, item in enumerate(value):
            name = _item_name(item)
            seen[name] = seen.get(name, 0) + 1
            label = f"{name}~{seen[name]}" if seen[name] > 1 else name
            yield from _flatten(item, (*path, label or f"#{number}"), keys, value.places[number])
    else:
        yield Entry(path, value, place, keys)


def _item_name(item: Any) -> str:
    """What identifies an item of a list among its siblings."""
    if isinstance(item, dict):
        named = next((str(item[key]) for key in _NAMES if isinstance(item.get(key), str)), "")
        if named:
            return named
        return next((str(key) for key in item), "#") if len(item) == 1 else "#item"
    return f"#{item}" if isinstance(item, str | int | float | bool) else "#"


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)
