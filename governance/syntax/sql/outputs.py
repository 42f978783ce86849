"""What each scope of a query puts out, by name and place; stars are spelt out where the columns are known.

Names are compared whatever their case, so that rather more is found than less.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

Columns = Callable[[exp.Table], Sequence[str] | None]
"""The columns of a stored table in their order; `None` when they are not known."""

Source: TypeAlias = Scope | exp.Table
"""What a name in FROM stands for: another query, a function of rows, or a stored table."""

STAR = "*"

_ENDS = (exp.Star, exp.Columns, exp.Query, exp.Count)
_SPREAD = (exp.Column, exp.Apply, exp.Like, exp.ILike)  # `* LIKE 'a%'` and `* APPLY(f)` are many columns


@dataclass(frozen=True, slots=True)
class Stored:
    """A column of a stored table; with `STAR` all of them but those `left_out`, in small letters.

    `mention` tells one mention of a table from another.
    """

    table: exp.Table = field(hash=False, compare=False)
    mention: int
    column: str
    left_out: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Output:
    """One output of a scope: an expression, or what is passed on from elsewhere.

    `tree` is looked at in `scope`, where `earlier` outputs may be called by name. `branch` is its place in
    each part of a set operation. With the name `STAR` it stands for columns that are not known, `stars`
    being where they come from.
    """

    name: str
    scope: Scope
    tree: exp.Expr | None = None
    passed: list["Output | Stored"] = field(default_factory=list)
    branch: int | None = None
    stars: Sequence[Source] = ()
    left_out: frozenset[str] = frozenset()
    earlier: Sequence["Output"] = ()

    @property
    def open(self) -> bool:
        """Whether it stands for columns that are not known."""
        return self.name == STAR


@dataclass(slots=True)
class Outputs:
    """All outputs of a scope. `placed` says that the place of each is known, not only its name."""

    items: list[Output]
    placed: bool = True

    def named(self, name: str) -> list[Output]:
        """Those that go by a name; those without any when there is none, as engines invent names."""
        found = [item for item in self.items if item.name.lower() == name]
        return found or [item for item in self.items if not item.name]


class Puts:
    """What the scopes of one query put out, each looked at once."""

    def __init__(self, root: Scope, columns: Columns) -> None:
        scopes = list(root.traverse())
        self.tables = [s for scope in scopes for s in scope.sources.values() if isinstance(s, exp.Table)]
        self._columns = columns
        self._known = {id(scope) for scope in scopes}
        self._recursive = {
            id(scope.expression.this.unnest()): scope
            for scope in scopes
            if scope.is_cte and isinstance(scope.expression, exp.SetOperation)
        }
        self._outputs: dict[int, Outputs] = {}
        self._stored: dict[int, list[tuple[str, Output | Stored]] | None] = {}

    def of(self, scope: Scope) -> Outputs:
        """What a scope puts out."""
        if id(scope) not in self._known:  # what a recursive CTE calls itself is built of its first part
            scope = self._recursive.get(id(scope.expression), scope)
        found = self._outputs.get(id(scope))
        if found is None:
            found = self._outputs[id(scope)] = Outputs([])
            made = self._union(scope) if scope.set_operation_scopes else self._select(scope)
            made = _renamed(scope, made)
            found.items[:], found.placed = made.items, made.placed
        return found

    def listed(self, source: Source) -> list[tuple[str, Output | Stored]] | None:
        """The name of each column of a source with what it is; `None` when they are not known."""
        if isinstance(source, exp.Table):
            if id(source) not in self._stored:
                self._stored[id(source)] = self._columns_of(source)
            return self._stored[id(source)]
        if query_of(source) is None:
            whole = Output("", source, source.expression)
            return [(name, whole) for name in source.outer_columns] or None
        items = self.of(source).items
        return None if any(item.open for item in items) else [(item.name, item) for item in items]

    def has(self, source: Source, name: str) -> bool | None:
        """Whether a source has a column of this name, in small letters; `None` when that cannot be told."""
        listed = self.listed(source)
        if isinstance(source, exp.Table):
            return None if listed is None else any(known.lower() == name for known, _ in listed)
        if listed is None:
            items = self.of(source).items if query_of(source) is not None else []
            return True if any(item.name.lower() == name for item in items) else None
        names = {known.lower() for known, _ in listed}
        return True if name in names else None if "" in names else False

    def _columns_of(self, table: exp.Table) -> list[tuple[str, Output | Stored]] | None:
        columns = self._columns(table) if is_stored(table) and not table.args.get("pivots") else None
        if columns is None:
            return None
        names = [*table.alias_column_names, *columns[len(table.alias_column_names) :]]
        return [
            (name, Stored(table, id(table), column)) for name, column in zip(names, columns, strict=False)
        ]

    def _union(self, scope: Scope) -> Outputs:
        if scope.expression.args.get("by_name"):
            return self._by_name(scope)
        first = self.of(scope.set_operation_scopes[0])
        items = [Output(item.name, scope, branch=place) for place, item in enumerate(first.items)]
        return Outputs(items, first.placed)

    def _by_name(self, scope: Scope) -> Outputs:
        """What DuckDB's UNION BY NAME puts out: each name that any part has."""
        parts = [self.of(branch) for branch in scope.set_operation_scopes]
        named: dict[str, Output] = {}
        for item in (item for part in parts for item in part.items):
            named.setdefault(item.name.lower(), Output(item.name, scope)).passed.append(item)
        return Outputs(list(named.values()), all(part.placed for part in parts))

    def _select(self, scope: Scope) -> Outputs:
        outputs = Outputs([])
        query = query_of(scope)
        for projection in query.selects if query is not None else ():
            star = star_of(projection)
            if star is None:
                earlier = tuple(outputs.items)
                name = projection.alias_or_name.replace(STAR, "")  # a cast is named for what it casts
                outputs.items.append(Output(name, scope, projection, earlier=earlier))
            else:
                spelt = self._spelt(scope, projection, star)
                outputs.items.extend(spelt.items)
                outputs.placed = outputs.placed and spelt.placed
        return outputs

    def _spelt(self, scope: Scope, projection: exp.Expr, star: exp.Expr) -> Outputs:
        """The outputs that a star stands for, or one for all of them when they are not known."""
        covered = selected(scope)
        if isinstance(projection, exp.Column) and projection.table:
            covered = [s for s in (named_source(scope, projection.table),) if s is not None]
        left_out = frozenset(column.name.lower() for column in star.args.get("except_") or ())
        lists = [self.listed(source) for source in covered]
        if not isinstance(star, exp.Star) or not covered or None in lists:
            return Outputs([Output(STAR, scope, star, stars=covered, left_out=left_out)], False)
        renamed = {column.this.name.lower(): column.alias for column in star.args.get("rename") or ()}
        replaced = {column.alias.lower(): column for column in star.args.get("replace") or ()}
        merges = _merging(scope)
        found: dict[tuple[str, int], Output] = {}
        for number, listed in enumerate(lists):
            for name, behind in listed or ():
                key = (name.lower(), 0 if merges(name.lower()) else number)
                if name.lower() in left_out:
                    continue
                tree = replaced.get(name.lower())
                output = found.setdefault(key, Output(renamed.get(name.lower(), name), scope, tree))
                if tree is None:
                    output.passed.append(behind)
        together = [place for place, output in enumerate(found.values()) if len(output.passed) > 1]
        # Engines differ in where they put a column made of two, unless it comes first anyway.
        return Outputs(list(found.values()), together == list(range(len(together))))


def star_of(projection: exp.Expr) -> exp.Expr | None:
    """The star that a projection is, or what is done to each of its columns; `None` for one expression."""
    inner, spread = projection, True
    while not isinstance(inner, _ENDS) and isinstance(inner.this, exp.Expr):
        spread = spread and isinstance(inner, _SPREAD)
        inner = inner.this
    if isinstance(inner, exp.Star) and spread:
        return inner if isinstance(projection, (exp.Star, exp.Column)) else projection
    return projection if isinstance(inner, exp.Columns) else None


def selected(scope: Scope) -> list[Source]:
    """What a scope selects from, in order; CTEs that it only could select from are not among them."""
    if query_of(scope) is None:
        return list(scope.lateral_sources.values())
    return [source for _, source in scope.selected_sources.values()]


def named_source(scope: Scope, alias: str, outward: bool = True) -> Source | None:
    """What an alias stands for, here or in a query around it."""
    around: Scope | None = scope
    while around is not None:
        for name, source in around.sources.items():
            if name.lower() == alias.lower():
                return source
        around = outside(around) if outward else None
    return None


def outside(scope: Scope) -> Scope | None:
    """The scope around a query that may use its columns."""
    return scope.parent if scope.can_be_correlated else None


def is_stored(table: exp.Table) -> bool:
    """Whether it names a table; else it is a function, a stage or a text."""
    return isinstance(table.this, (exp.Identifier, exp.Dot))


def query_of(scope: Scope) -> exp.Query | None:
    """The query of a scope; `None` for UNNEST, LATERAL, VALUES and their like."""
    return scope.expression if isinstance(scope.expression, exp.Query) else None


def _renamed(scope: Scope, outputs: Outputs) -> Outputs:
    """The outputs under the names of an alias's list of columns."""
    names = scope.outer_columns
    if not names:
        return outputs
    if not outputs.placed:
        return Outputs([Output(STAR, scope, passed=list(outputs.items))], False)
    renamed = [replace(item, name=name) for name, item in zip(names, outputs.items, strict=False)]
    return Outputs([*renamed, *outputs.items[len(renamed) :]])


def _merging(scope: Scope) -> Callable[[str], bool]:
    """Whether joins make one column of all that have a name."""
    joins: Iterable[exp.Expr] = scope.expression.args.get("joins") or ()
    named = {name.name.lower() for join in joins for name in join.args.get("using") or ()}
    natural = any(join.args.get("method") == "NATURAL" for join in joins)
    return lambda name: natural or name in named
