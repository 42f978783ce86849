"""One changed file of a dbt project as rules see it: head beside base, parsed, never rendered."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from governance.artifact import Change
from governance.finding import Location, Position
from governance.syntax.dbt.effects import Effect, context, effect_of
from governance.syntax.dbt.jinja import produced_text, read_template
from governance.syntax.dbt.layout import DbtKind
from governance.syntax.dbt.template import Mention, Template, Text
from governance.syntax.dbt.yaml import Document, Entry, normal

_TAKEN_FOR_TEMPLATE = re.compile(r"\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*\Z", re.DOTALL)


_PLAIN_KEY = re.compile(r"[\w+.-]*")


@dataclass(frozen=True)
class Source:
    """One side of a file: its text and what it says; `columns` are those of a seed."""

    text: str = ""
    template: Template = Template()
    document: Document = Document()
    columns: tuple[str, ...] = ()
    problem: str = ""
    problem_at: Position = Position(1)

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Names mentioned by the file, also from templates inside YAML strings."""
        return self.template.mentions + tuple(m for _, inner in self._inner for m in inner.mentions)

    @cached_property
    def _inner(self) -> tuple[tuple[Entry, Template], ...]:
        found = []
        for entry in self.document.entries.values():
            text = _template_in(entry.value)
            if text:
                template = read_template(text)
                moved = tuple(_at(mention, entry.start) for mention in template.mentions)
                strings = tuple((text, entry.start) for text, _ in template.strings)
                filters = tuple((name, entry.start) for name, _ in template.filters)
                found.append(
                    (entry, Template(moved, template.macros, strings, filters, problem=template.problem))
                )
        return tuple(found)

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """The template of the file, or those inside its YAML strings."""
        return (self.template, *(inner for _, inner in self._inner))

    @cached_property
    def values(self) -> tuple["Value", ...]:
        """Every text that the file gives to dbt as a setting, property or name of a column, one by one."""
        found = [Value(("columns", name), ("columns",), name, Position(1)) for name in self.columns]
        for mention in self.template.mentions:
            if mention.path[-1] == "config" and mention.called:
                for key, text in mention.keywords.items():
                    found += _values((normal(key),), (key,), text, mention.start)
        for path, entry in self.document.entries.items():
            strange = tuple(key for key in entry.keys if not _PLAIN_KEY.fullmatch(key))
            found += [Value(path, entry.keys, key, entry.start, part=True) for key in strange]
            if isinstance(entry.value, str):
                template = _template_in(entry.value)
                text = produced_text(template) if template else Text(entry.value)
                found += _values(path, entry.keys, text, entry.start)
        return tuple(found)

    @cached_property
    def settings(self) -> Mapping[str, tuple[str, Position]]:
        """What `config(...)` in the file sets, by plain key."""
        found: dict[str, tuple[str, Position]] = {}
        for mention in self.template.mentions:
            if mention.path[-1] == "config" and mention.called:
                for key, value in mention.keywords.items():
                    found[normal(key)] = (value.text, mention.start)
        return found


@dataclass(frozen=True, slots=True)
class Value:
    """One text that a change gives to dbt as a setting; `path` and `keys` lead to it as to an `Entry`.

    A `part` is a constant from which a template computes the text, or the key of a dictionary.
    """

    path: tuple[str, ...]
    keys: tuple[str, ...]
    text: str
    start: Position
    part: bool = False

    @property
    def key(self) -> str:
        """The last key that is not the number of a list item."""
        return next((part for part in reversed(self.path) if not part.startswith("#")), "")


@dataclass(frozen=True)
class Project:
    """A dbt project as far as the change set and its tree show it: its folder, its macros, what else changed.

    `logic_changed` names what is built from changed logic, each with the file that changed. `packaged`
    are the macros of installed `packages`, `hooked` those that a hook calls, `run` those whose words a macro
    runs, `hook_calls` those that a hook of base calls and that are the same now, `tested_by` the generic
    tests of what is built from changed logic. `left_out` tells the words that are gone from a changed
    model, `brought_in` those that are new in any, `deleted` the models that are gone themselves. `described`
    holds the columns of models whose suite changed, `fixtures` the models whose unit tests use a changed
    file.
    """

    root: str = ""
    effects: Mapping[str, Effect] = field(default_factory=dict)
    own_macros: frozenset[str] = frozenset()
    logic_changed: Mapping[str, str] = field(default_factory=dict)
    tests: frozenset[tuple[str, ...]] = frozenset()
    changers: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    packaged: frozenset[str] = frozenset()
    hooked: frozenset[str] = frozenset()
    run: frozenset[str] = frozenset()
    tested_by: Mapping[str, str] = field(default_factory=dict)
    hook_calls: frozenset[str] = frozenset()
    left_out: Mapping[str, frozenset[str]] = field(default_factory=dict)
    brought_in: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    described: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixtures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class DbtChange:
    """A changed file of a dbt project."""

    path: str
    kind: DbtKind
    change: Change
    head: Source
    base: Source
    project: Project = Project()
    dialect: str = "duckdb"

    @cached_property
    def new_mentions(self) -> tuple[Mention, ...]:
        """What head mentions and base does not, or does not in the same words."""
        before = Counter(mention.key for mention in self.base.mentions)
        found = []
        for mention in self.head.mentions:
            before[mention.key] -= 1
            if before[mention.key] < 0:
                found.append(mention)
        return tuple(found)

    @cached_property
    def new_entries(self) -> tuple[Entry, ...]:
        """YAML entries of head that base has not, or has with another value."""
        return tuple(_beyond(self.head.document.entries, self.base.document.entries))

    @cached_property
    def gone_entries(self) -> tuple[Entry, ...]:
        """YAML entries of base that head has no longer, with their places in base."""
        head, base = self.head.document.entries, self.base.document.entries
        return tuple(entry for path, entry in base.items() if path not in head)

    @cached_property
    def new_settings(self) -> Mapping[str, tuple[str, str, Position]]:
        """Configuration that differs from base: key to (before, now, place), from `config()` and YAML."""
        found = {}
        before = self.base.settings
        for key, (value, place) in self.head.settings.items():
            if before.get(key, ("",))[0] != value or key not in before:
                found[key] = (before[key][0] if key in before else "", value, place)
        return found

    @cached_property
    def gone_settings(self) -> Mapping[str, str]:
        """Configuration that `config()` of base has and head has not, key to value."""
        if self.change is Change.DELETED:
            return {}
        return {key: said for key, (said, _) in self.base.settings.items() if key not in self.head.settings}

    @cached_property
    def new_macros(self) -> Mapping[str, Position]:
        """Macros that base has not, or has in other words."""
        head, before = self.head.template, self.base.template.bodies
        return {n: place for n, place in head.macros.items() if before.get(n) != head.bodies.get(n)}

    @cached_property
    def new_values(self) -> tuple[Value, ...]:
        """Each text in a setting or property that base does not have there, from `config()` and YAML."""
        before = {(value.path, value.text) for value in self.base.values}
        return tuple(value for value in self.head.values if (value.path, value.text) not in before)

    def effect(self, mention: Mention) -> Effect:
        """What rendering a mention of this file would do."""
        if self.hands_to_changer(mention):
            return Effect.RUNS
        if not mention.called and mention.path[1:] == () and mention.path[0] in self.project.packages:
            return Effect.DYNAMIC  # all macros of a package under another name
        return effect_of(mention, self.project.effects.get)

    def hands_to_changer(self, mention: Mention) -> bool:
        """Whether a macro that changes its arguments is given one of dbt's own objects."""
        return mention.hands_on and bool(self.project.changers.intersection(mention.path))

    def own_macro(self, mention: Mention) -> str:
        """The macro of the project that a mention names, as `macro` or `package.macro`, or none."""
        first, *further = mention.path if mention.path[0] else mention.path[1:]
        packaged = further[:1] if first not in context() and first != "adapter" else []
        return next((name for name in (first, *packaged) if name in self.project.effects), "")

    def at(self, place: Position | None = None, quote: str = "") -> Location:
        """A location in this file; its end lies behind the quote."""
        end = Position(place.line, place.column + len(quote)) if place and quote else None
        return Location(self.path, place, end)


def _beyond(head: Mapping[tuple[str, ...], Entry], base: Mapping[tuple[str, ...], Entry]) -> Iterator[Entry]:
    for path, entry in head.items():
        before = base.get(path)
        if before is None or before.value != entry.value:
            yield entry


def _values(path: tuple[str, ...], keys: tuple[str, ...], text: Text, start: Position) -> Iterator[Value]:
    for piece in text.pieces:
        yield Value(path, keys, piece, start)
    for part in text.parts:
        yield Value(path, keys, part, start, part=True)


def values_in(data: Any, keys: tuple[str, ...] = ()) -> Iterator[Value]:
    """Every text in nested data, with the keys that lead to it."""
    if isinstance(data, Mapping):
        for key, item in data.items():
            yield from values_in(item, (*keys, key))
    elif isinstance(data, list):
        for item in data:
            yield from values_in(item, keys)
    elif isinstance(data, str):
        yield Value(keys, keys, data, Position(1))


def _template_in(value: Any) -> str:
    """The template in a YAML value: written as one, or a bare call, which dbt takes for one in a test."""
    if not isinstance(value, str):
        return ""
    if _TAKEN_FOR_TEMPLATE.match(value):
        return "{{ " + value + " }}"
    return value if "{{" in value or "{%" in value else ""


def _at(mention: Mention, start: Position) -> Mention:
    return replace(mention, start=start)
