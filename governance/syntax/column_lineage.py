"""Which columns a query puts out, what each is made of, and which columns of which tables it uses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.canonicalize import canonicalize
from sqlglot.optimizer.optimizer import RULES, optimize
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.qualify_columns import quote_identifiers
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

from governance.errors import InvalidInput

Schema = Mapping[str, Mapping[str, str]]
"""Table name, dotted as the query writes it → column name → type, empty when unknown."""

Source = tuple[str, str]
"""A table and one of its columns."""

_PASSES = tuple(rule for rule in RULES if rule not in (quote_identifiers, canonicalize))


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
    sources = column_sources(tree)
    plain = _canonical(tree, dialect, schema)
    columns = {}
    for projection in tree.selects:
        name = projection.alias_or_name
        if name == "*" or not name:
            raise InvalidInput(
                "a star stands for columns that are not known", "Document the source's columns."
            )
        columns[name] = Column(name, _kind(projection), sources=sources.get(name, frozenset()))
    for projection in plain.selects if isinstance(plain, exp.Query) else ():
        name = projection.alias_or_name
        if name in columns:
            inner = projection.this if isinstance(projection, exp.Alias) else projection
            known = columns[name]
            columns[name] = Column(name, known.kind, _text(inner, dialect), known.sources)
    return Output(columns, _rows(plain, dialect))


def used_columns(sql: str, dialect: str, schema: Schema) -> frozenset[Source]:
    """Every column of a table that a query uses, wherever: projection, join, filter, order."""
    tree = _qualified(sql, dialect, schema)
    return frozenset(_used(scope for scope in traverse_scope(tree)))


def column_sources(tree: exp.Query) -> dict[str, frozenset[Source]]:
    """For each output column of a qualified query, the table columns that its value is made of."""
    root = build_scope(tree)
    if root is None:
        return {}
    return {
        projection.alias_or_name: frozenset(_trace(root, position))
        for position, projection in enumerate(tree.selects)
    }


def table_name(table: exp.Table) -> str:
    """A table's name, dotted, as it stands in the query."""
    return ".".join(part.name for part in table.parts)


def _qualified(sql: str, dialect: str, schema: Schema) -> exp.Query:
    try:
        tree = parse_one(sql, dialect=dialect)
        if not isinstance(tree, exp.Query):
            raise InvalidInput("not a query", "A model is one SELECT.")
        tree = qualify(
            tree,
            dialect=dialect,
            schema=_nested(schema),
            quote_identifiers=False,
            identify=False,
            validate_qualify_columns=False,
        )
        typed = annotate_types(tree, schema=_nested(schema), dialect=dialect)
    except (SqlglotError, RecursionError, ValueError) as error:
        raise InvalidInput(f"columns cannot be told: {error}", "Simplify the query.") from error
    if not isinstance(typed, exp.Query):
        raise InvalidInput("not a query", "A model is one SELECT.")
    return typed


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


def _canonical(tree: exp.Query, dialect: str, schema: Schema) -> exp.Expr:
    """The query with CTEs, subqueries and aliases resolved, so that rewrites look alike."""
    try:
        plain = optimize(tree.copy(), schema=_nested(schema), dialect=dialect, rules=_PASSES)
    except Exception:  # the optimizer gives up on queries that are fine; then the text itself counts
        plain = tree.copy()
    for number, table in enumerate(sorted(plain.find_all(exp.Table), key=table_name)):
        _rename(plain, table.alias_or_name, f"{table.name}_{number}")
    return plain


def _rename(tree: exp.Expr, old: str, new: str) -> None:
    for table in tree.find_all(exp.Table):
        if table.alias_or_name == old:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(new)))
    for column in tree.find_all(exp.Column):
        if column.table == old:
            column.set("table", exp.to_identifier(new))


def _rows(tree: exp.Expr, dialect: str) -> str:
    """Everything but the projections, with conditions in one order."""
    rest = tree.copy()
    for select in rest.find_all(exp.Select):
        if select.parent is None:
            select.set("expressions", [exp.Star()])
            if not select.args.get("limit"):
                select.set("order", None)  # without a limit the order of rows means nothing to a table
            for clause in ("where", "having"):
                _sort_conditions(select.args.get(clause), dialect)
            group = select.args.get("group")
            if group:
                group.set("expressions", sorted(group.expressions, key=lambda e: _text(e, dialect)))
    return _text(rest, dialect)


def _sort_conditions(clause: exp.Expr | None, dialect: str) -> None:
    if clause is not None:
        parts = list(clause.this.flatten()) if isinstance(clause.this, exp.And) else [clause.this]
        ordered = sorted({_text(part, dialect): part for part in parts}.items())
        clause.set("this", exp.and_(*(part for _, part in ordered), copy=True))


def _text(tree: exp.Expr, dialect: str) -> str:
    return tree.sql(dialect=dialect, comments=False, normalize=True)


def _kind(projection: exp.Expr) -> str:
    kind = projection.type
    return "" if kind is None or kind.this is exp.DataType.Type.UNKNOWN else kind.sql()


def _used(scopes: Iterator[Scope]) -> Iterator[Source]:
    for scope in scopes:
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                yield table_name(source), column.name


def _trace(scope: Scope, position: int) -> Iterator[Source]:
    """Follow one output column through subqueries, CTEs and unions down to tables."""
    for branch in scope.set_operation_scopes or ():
        yield from _trace(branch, position)
    selects = _selects(scope)
    if scope.set_operation_scopes or position >= len(selects):
        return
    for column in selects[position].find_all(exp.Column):
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            yield table_name(source), column.name
        elif isinstance(source, Scope):
            names = [projection.alias_or_name for projection in _selects(source)]
            if column.name in names:
                yield from _trace(source, names.index(column.name))


def _selects(scope: Scope) -> list[exp.Expr]:
    query = scope.expression
    return list(query.selects) if isinstance(query, exp.Query) else []
