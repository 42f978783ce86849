"""Which columns a query puts out, what each is made of, and which columns of which tables it uses.

`column_sources` says what each output is made of and needs nothing but the parsed query; `output_columns`
also brings each into a canonical form, by which a rewrite is told from another meaning. That is dear.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

from governance.errors import InvalidInput
from governance.syntax.canonical import canonical, expressions, rows, text
from governance.syntax.sql.native.empty import free
from governance.syntax.sql.outputs import STAR, Stored
from governance.syntax.sql.read import first_words
from governance.syntax.sql.trail import Trail

Schema = Mapping[str, Mapping[str, str]]
"""Table name, dotted as the query writes it → column name → type, empty when unknown."""

Source = tuple[str, str]
"""A table and one of its columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a query's result: its type where known, its canonical expression, its sources."""

    name: str
    kind: str = ""
    expression: str = ""
    sources: frozenset[Source] = frozenset()


@dataclass(frozen=True, slots=True)
class Output:
    """What a query puts out. `rows` is the canonical text of all that decides which rows there are."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    rows: str = ""


def output_columns(sql: str, dialect: str, schema: Schema) -> Output:
    """The columns of a query in canonical form; raises InvalidInput when they cannot be told."""
    tree = _qualified(sql, dialect, schema)
    sources = _traced(tree, schema)
    plain = canonical(tree, dialect, _nested(schema))
    made = expressions(plain, dialect)
    if len(made) != len(tree.selects):
        made = [text(plain, dialect)] * len(tree.selects)  # then any change is a change of each
    columns: dict[str, Column] = {}
    for projection, expression in zip(tree.selects, made, strict=True):
        name = projection.alias_or_name
        if name == "*" or not name:
            raise InvalidInput(
                "a star stands for columns that are not known", "Document the source's columns."
            )
        unique = free(name, columns)
        columns[unique] = Column(unique, _kind(projection), expression, sources.get(name, frozenset()))
    return Output(columns, rows(plain, dialect))


def used_columns(sql: str, dialect: str, schema: Schema) -> frozenset[Source]:
    """Every column of a table that a query uses, wherever: projection, join, filter, order."""
    tree = _qualified(sql, dialect, schema)
    return frozenset(_used(scope for scope in traverse_scope(tree)))


def column_sources(sql: str, dialect: str, schema: Schema) -> dict[str, frozenset[Source]]:
    """For each output column of a query, the table columns that its value is certainly made of.

    What filters and joins decide about rows is no value, but a filter within a subquery of an expression
    is. Raises InvalidInput when the outputs cannot be told.
    """
    with _telling():
        tree = normalize_identifiers(parse_one(sql, dialect=dialect), dialect=dialect)
    return _traced(tree, schema)


def table_name(table: exp.Table) -> str:
    """A table's name, dotted, as it stands in the query."""
    return ".".join(part.name for part in table.parts)


def _traced(tree: exp.Expr, schema: Schema) -> dict[str, frozenset[Source]]:
    """The sources of each output, all from one graph over the query's scopes."""
    traced: dict[str, frozenset[Source]] = {}
    with _telling():
        root = build_scope(_query(tree))
        if root is None:
            raise InvalidInput("not a query", "A model is one SELECT.")
        trail = Trail(root, _columns_of(schema), filters=True)
        for place, output in enumerate(trail.outputs()):
            if output.open:
                raise InvalidInput(
                    "a star stands for columns that are not known", "Document the source's columns."
                )
            name = output.name or f"_col_{place}"
            traced[name] = traced.get(name, frozenset()) | _certain(trail.made_of(output))
    return traced


def _certain(made: Mapping[Stored, bool]) -> frozenset[Source]:
    """The columns by name; a row as a whole, of which no column is known, is none of them."""
    return frozenset((table_name(s.table), s.column) for s, sure in made.items() if sure and s.column != STAR)


def _query(tree: exp.Expr) -> exp.Query:
    if not isinstance(tree, exp.Query):
        raise InvalidInput("not a query", "A model is one SELECT.")
    return tree


@contextmanager
def _telling() -> Iterator[None]:
    """What a parser or its optimizer gives up on cannot be told."""
    try:
        yield
    except (SqlglotError, RecursionError, ValueError) as error:
        raise InvalidInput(first_words(str(error)), "Simplify the query.") from error


def _columns_of(schema: Schema) -> Callable[[exp.Table], Sequence[str] | None]:
    """The columns of a table by its name as the query has it, which may lack the first parts."""
    whole = {name.lower(): tuple(columns) for name, columns in schema.items()}
    endings: dict[str, tuple[str, ...] | None] = {}
    for name, columns in whole.items():
        parts = name.split(".")
        for start in range(1, len(parts)):
            ending = ".".join(parts[start:])
            endings[ending] = None if ending in endings else columns
    known = {**endings, **whole}
    return lambda table: known.get(table_name(table).lower())


def _qualified(sql: str, dialect: str, schema: Schema) -> exp.Query:
    with _telling():
        tree = qualify(
            _query(parse_one(sql, dialect=dialect)),
            dialect=dialect,
            schema=_nested(schema),
            quote_identifiers=False,
            identify=False,
            validate_qualify_columns=False,
        )
        return _query(annotate_types(tree, schema=_nested(schema), dialect=dialect))


def _nested(schema: Schema) -> dict[str, Any]:
    """The schema as sqlglot wants it: a level for each part of a name."""
    deepest = max((name.count(".") for name in schema), default=0)
    nested: dict[str, Any] = {}
    for name, columns in schema.items():
        parts = name.split(".")
        level = nested
        for part in [""] * (deepest - len(parts) + 1) + parts:
            level = level.setdefault(part, {})
        level.update({column: kind or "unknown" for column, kind in columns.items()})
    return nested


def _kind(projection: exp.Expr) -> str:
    kind = projection.type
    return "" if kind is None or kind.this is exp.DataType.Type.UNKNOWN else kind.sql()


def _used(scopes: Iterator[Scope]) -> Iterator[Source]:
    for scope in scopes:
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                yield table_name(source), column.name
