"""Which columns of stored tables a statement shows: what its outputs are made of, through every query in it.

Whatever cannot be followed counts as shown, so that nothing is hidden behind a star, a row, or an
expression that nobody has resolved. Counting a column, or asking whether it is null, shows nothing of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from governance.syntax.dialect import Dialect
from governance.syntax.sql.names import split_name, table_names
from governance.syntax.sql.script import Statement

Tagged = Mapping[tuple[str, ...], frozenset[str]]
"""A table, its name in parts as the engine compares them → the columns of it that are asked about."""

_SAYS_LITTLE = (exp.Count, exp.ApproxDistinct, exp.Is, exp.Exists)
_WHOLE = (exp.Query, exp.Star, exp.Columns)


@dataclass(frozen=True, slots=True)
class Shown:
    """A column that is shown, or may be: `certain` tells which, `output` under what name.

    `place` is the output as the outermost query has it, where that is known.
    """

    table: str
    column: str
    output: str
    certain: bool = True
    place: exp.Expr | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class _Out:
    """The output of the outermost query that is being followed."""

    name: str
    place: exp.Expr

    def shows(self, table: str, column: str, certain: bool = True) -> Shown:
        return Shown(table, column, self.name, certain, self.place)


def shown_columns(statement: Statement, dialect: Dialect, tagged: Tagged) -> list[Shown]:
    """Which of the tagged columns a statement puts out, in rows or into another table."""
    tree = statement.tree
    mentioned = {table.parts for table in table_names(statement)}
    tagged = {
        table: cs for table, cs in tagged.items() if any(same_table(table, other) for other in mentioned)
    }
    if tree is None or not tagged:
        return []
    query, found = _outermost(tree), []
    if query is not None:
        found = _of_query(query, dialect, tagged)
    elif not isinstance(tree, (exp.Update, exp.Delete)):
        found = _by_name(tree, tagged)
    if tree.args.get("returning") is not None:
        found += _by_name(tree.args["returning"], tagged)
    return list(dict.fromkeys(found))


def same_table(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names may mean one table: the longer ends with the shorter."""
    shorter = min(len(one), len(other))
    return one[-shorter:] == other[-shorter:]


def _outermost(tree: exp.Expr) -> exp.Query | None:
    """The query itself, or the one whose rows a write takes."""
    if isinstance(tree, exp.Query):
        return tree
    inner = tree.args.get("expression")
    if not isinstance(inner, exp.Query):
        return None
    inner = inner.copy()
    if tree.args.get("with_") and not inner.args.get("with_"):
        inner.set("with_", tree.args["with_"].copy())
    return inner


def _of_query(query: exp.Query, dialect: Dialect, tagged: Tagged) -> list[Shown]:
    try:
        root = None if query.find(exp.Pivot) else build_scope(query.copy())
    except Exception:  # a query that cannot be resolved may show all that it names
        root = None
    if root is None:
        return _by_name(query, tagged)
    trail = _Trail(dialect, tagged)
    return [shown for number, _ in enumerate(_selects(root)) for shown in trail.output(root, number)]


def _by_name(tree: exp.Expr, tagged: Tagged) -> list[Shown]:
    """Every tagged column whose name stands anywhere in it, or that a star may stand for."""
    nodes = list(tree.walk(prune=lambda node: isinstance(node, _SAYS_LITTLE)))
    names = {node.name.lower() for node in nodes if isinstance(node, exp.Column)}
    star = any(isinstance(node, (exp.Star, exp.Columns, exp.Pivot)) for node in nodes)
    return [
        Shown(".".join(table), column, "*" if star else column, certain=False)
        for table, columns in tagged.items()
        for column in sorted(columns)
        if star or column in names
    ]


class _Trail:
    """Follows outputs down to stored columns, through CTEs, subqueries and set operations."""

    def __init__(self, dialect: Dialect, tagged: Tagged) -> None:
        self._dialect = dialect
        self._tagged = tagged
        self._open: set[tuple[int, int]] = set()

    def output(self, scope: Scope, number: int, out: _Out | None = None) -> Iterator[Shown]:
        """What the output at this place is made of; without `out` it is the outermost query's own."""
        if (id(scope), number) in self._open:  # a recursive CTE has been followed once
            return
        self._open.add((id(scope), number))
        branches = scope.set_operation_scopes or [scope]
        for branch in branches:
            selects = _selects(branch)
            wanted = selects if _has_star(selects) else selects[number : number + 1]
            for projection in wanted:
                named = out or _Out(projection.alias_or_name or f"column {number + 1}", projection)
                if branch is scope:
                    yield from self._expression(branch, projection, named)
                else:
                    yield from self.output(branch, number, named)
        self._open.discard((id(scope), number))

    def _expression(self, scope: Scope, tree: exp.Expr, out: _Out) -> Iterator[Shown]:
        for node in tree.walk(prune=lambda n: isinstance(n, (*_SAYS_LITTLE, *_WHOLE))):
            if isinstance(node, exp.Query):
                yield from self._nested(scope, node, out)
            elif isinstance(node, (exp.Star, exp.Columns)):
                yield from self._stars(scope, node, out)
            elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
                yield from self._stars(scope, node.this, out, node.table)
            elif isinstance(node, exp.Column):
                yield from self._column(scope, node, out)

    def _nested(self, outer: Scope, query: exp.Query, out: _Out) -> Iterator[Shown]:
        """A query in an expression; its columns may be its own or those of the query around it."""
        inner = next((scope for scope in outer.subquery_scopes if scope.expression is query), None)
        if inner is None:
            yield from _by_name(query, self._tagged)
            return
        inner.sources.update({k: v for k, v in outer.sources.items() if k not in inner.sources})
        for number, _ in enumerate(_selects(inner)):
            yield from self.output(inner, number, out)

    def _column(self, scope: Scope, column: exp.Column, out: _Out) -> Iterator[Shown]:
        named = _source(scope, column.table)
        row = _source(scope, column.name) if named is None else None
        if row is not None:  # a row as a whole
            yield from self._source_star(row, frozenset(), out)
            return
        sources = [named] if named is not None else list(scope.sources.values())
        for source in sources:
            yield from self._source_column(source, column.name, out, certain=len(sources) == 1)

    def _source_column(self, source: object, column: str, out: _Out, certain: bool) -> Iterator[Shown]:
        column = column.lower()
        if isinstance(source, exp.Table):
            table, columns = self._columns(source)
            renamed = bool(source.alias_column_names)  # by place, and the places are not known
            for shown in columns if renamed else columns & {column}:
                yield out.shows(table, shown, certain and not renamed)
        elif isinstance(source, Scope) and isinstance(source.expression, exp.Query):
            names = _output_names(source)
            if column in names:
                yield from self.output(source, names.index(column), out)
            elif _has_star(_selects(source)) or not names:
                yield from self._renamed(source, column, out)
        elif isinstance(source, Scope):  # UNNEST, LATERAL, VALUES: whatever is named in there may come out
            yield from _by_name(source.expression, self._tagged)

    def _renamed(self, source: Scope, column: str, out: _Out) -> Iterator[Shown]:
        """What a star in a source may pass on under this name; all of it where the names were replaced."""
        replaced = bool(_alias_columns(source))
        for shown in self.output(source, 0, out):
            if replaced or shown.column == column:
                yield shown

    def _stars(self, scope: Scope, star: exp.Expr, out: _Out, of: str = "") -> Iterator[Shown]:
        left_out = frozenset(e.name.lower() for e in star.args.get("except_") or ())
        named = _source(scope, of)
        for source in scope.sources.values() if named is None else (named,):
            yield from self._source_star(source, left_out, out)

    def _source_star(self, source: object, left_out: frozenset[str], out: _Out) -> Iterator[Shown]:
        if isinstance(source, exp.Table):
            table, columns = self._columns(source)
            for column in sorted(columns - left_out):
                yield out.shows(table, column)
        elif isinstance(source, Scope) and isinstance(source.expression, exp.Query):
            for number, called in enumerate(_output_names(source) or ["*"]):
                if called not in left_out:
                    yield from self.output(source, number, out)
        elif isinstance(source, Scope):
            yield from _by_name(source.expression, self._tagged)

    def _columns(self, table: exp.Table) -> tuple[str, frozenset[str]]:
        """The longest name under which columns of a table are asked about, and all of these columns."""
        written = ".".join(part.sql(dialect=self._dialect.parser) for part in table.parts)
        parts = split_name(written, self._dialect)
        known = sorted((name for name in self._tagged if same_table(name, parts)), key=len)
        columns = frozenset(column for name in known for column in self._tagged[name])
        return ".".join(known[-1] if known else parts), columns


def _source(scope: Scope, alias: str) -> object:
    """What an alias stands for; engines that tell its case apart are not asked, as more is found so."""
    return next((source for name, source in scope.sources.items() if name.lower() == alias.lower()), None)


def _selects(scope: Scope) -> list[exp.Expr]:
    query = scope.expression
    return list(query.selects) if isinstance(query, exp.Query) else []


def _output_names(scope: Scope) -> list[str]:
    """What the outputs of a source are called where it is used: by its alias's list, else by themselves."""
    return _alias_columns(scope) or [select.alias_or_name.lower() for select in _selects(scope)]


def _alias_columns(scope: Scope) -> list[str]:
    parent = scope.expression.parent
    names = parent.alias_column_names if isinstance(parent, (exp.CTE, exp.Subquery)) else []
    return [name.lower() for name in names]


def _has_star(selects: list[exp.Expr]) -> bool:
    """Whether the place of an output says nothing, since a star before it stands for any number."""
    return any(select.is_star or isinstance(select, exp.Columns) for select in selects)
