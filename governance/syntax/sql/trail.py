"""The trail from a query's outputs down to stored columns: through CTEs, stars, rows, laterals and unions.

The outputs of all scopes are the nodes of one graph, each knowing what it is directly made of; following an
output is reachability in it. Nothing is qualified, copied or optimised, and one graph serves all outputs.
"""

from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from governance.syntax.sql.outputs import (
    STAR,
    Columns,
    Output,
    Puts,
    Source,
    Stored,
    is_stored,
    named_source,
    outside,
    query_of,
    selected,
)

Part = tuple[Output | Stored, bool]
"""What an output is directly made of, and whether that is certain."""

_NOTHING: frozenset[str] = frozenset()


class Trail:
    """The graph of a query. `silent` are expressions that show nothing of what stands in them.

    With `filters` a query within an expression counts with all the columns that it uses, else only with
    those that it puts out.
    """

    def __init__(
        self, root: Scope, columns: Columns, silent: tuple[type[exp.Expr], ...] = (), filters: bool = False
    ) -> None:
        self._root = root
        self._puts = Puts(root, columns)
        self._silent = silent
        self._filters = filters
        self._parts: dict[Output, list[Part]] = {}

    def outputs(self) -> list[Output]:
        """What the query puts out."""
        return self._puts.of(self._root).items

    def each_output(self) -> list[Output]:
        """The same, but of a set operation what each of its parts puts out."""
        parts, found = [self._root], list[Output]()
        while parts:
            scope = parts.pop(0)
            parts.extend(scope.set_operation_scopes)
            found.extend(() if scope.set_operation_scopes else self._puts.of(scope).items)
        return found

    def made_of(self, output: Output) -> dict[Stored, bool]:
        """The stored columns that an output is made of, each with whether that is certain."""
        found: dict[Stored, bool] = {}
        seen: dict[Output, bool] = {}
        waiting: list[Part] = [(output, True)]
        while waiting:
            part, certain = waiting.pop()
            if isinstance(part, Stored):
                found[part] = found.get(part, False) or certain
            elif part not in seen or (certain and not seen[part]):
                seen[part] = certain
                waiting.extend((inner, certain and sure) for inner, sure in self._parts_of(part))
        return found

    def _parts_of(self, item: Output) -> list[Part]:
        """The edges of a node, each found once, however many outputs lead through it."""
        found = self._parts.get(item)
        if found is None:
            found = self._parts[item] = list(dict.fromkeys(self._found(item)))
        return found

    def _found(self, item: Output) -> Iterator[Part]:
        if item.branch is not None:
            yield from self._branches(item, item.branch)
            return
        yield from ((behind, True) for behind in item.passed)
        for source in item.stars:
            yield from self._all(source, item.left_out)
        for tree in _computed(item):
            yield from self._expression(item.scope, tree, item.earlier)

    def _branches(self, item: Output, place: int) -> Iterator[Part]:
        first, *others = [self._puts.of(branch) for branch in item.scope.set_operation_scopes]
        yield first.items[place], True
        for other in others:
            if first.placed and other.placed:
                yield from ((inner, True) for inner in other.items[place : place + 1])
            else:
                yield from ((inner, False) for inner in other.items)

    def _expression(self, scope: Scope, tree: exp.Expr, earlier: Sequence[Output] = ()) -> Iterator[Part]:
        stops = (*self._silent, exp.Query, exp.Columns)
        for node in tree.walk(prune=lambda n: isinstance(n, stops)):
            if isinstance(node, self._silent):
                continue
            if isinstance(node, exp.Query):
                yield from self._nested(scope, node)
            elif isinstance(node, exp.Column):
                yield from self._column(scope, node, earlier)
            elif isinstance(node, (exp.PositionalColumn, exp.Parameter)):  # `#1`, `$1`: a column by its place
                for source in selected(scope):
                    yield from ((part, False) for part, _ in self._all(source))
            elif isinstance(node, (exp.Star, exp.Columns)) and _is_all(node):
                for source in selected(scope):
                    yield from self._all(source)

    def _nested(self, outer: Scope, query: exp.Query) -> Iterator[Part]:
        """A query in an expression; its columns may be its own or those of the query around it."""
        wanted = query.unnest()
        inner = next((scope for scope in outer.subquery_scopes if scope.expression is wanted), None)
        if inner is None:
            yield from self._loosely(query)
            return
        if query_of(inner) is None:
            yield from self._expression(inner, inner.expression)
        yield from ((item, True) for item in self._puts.of(inner).items)
        for column in inner.columns if self._filters else ():
            yield from self._column(inner, column)

    def _loosely(self, tree: exp.Expr) -> Iterator[Part]:
        """What nobody has resolved: any table may have the columns that are named in it."""
        star = tree.find(exp.Star, exp.Columns, exp.Pivot) is not None
        names = {STAR} if star else {column.name for column in tree.find_all(exp.Column)}
        for table in self._puts.tables:
            yield from ((Stored(table, id(table), name), False) for name in names)

    def _column(self, scope: Scope, column: exp.Column, earlier: Sequence[Output] = ()) -> Iterator[Part]:
        """A column behind the nearest of its qualifiers that is a source; else a field of a column."""
        names = [part.name for part in column.parts]
        for at in range(len(names) - 2, -1, -1):
            source = named_source(scope, names[at])
            if source is not None:
                yield from self._all(source) if names[at + 1] == STAR else self._find(source, names[at + 1])
                return
        for name in dict.fromkeys((names[0], names[-1])):
            yield from self._bare(scope, name, earlier)

    def _bare(self, scope: Scope, name: str, earlier: Sequence[Output]) -> Iterator[Part]:
        """A name alone: a column of a source, an output before it, a row, or one from around the query."""
        around: Scope | None = scope
        while around is not None:
            for value in _values(around, name):
                yield from self._expression(around, value)
            answers = [(source, self._puts.has(source, name.lower())) for source in selected(around)]
            certain = [source for source, has in answers if has]
            for source in certain:
                yield from self._find(source, name)
            if certain:
                return
            maybe = [source for source, has in answers if has is None]
            aliases = [item for item in earlier if item.name.lower() == name.lower()]
            row = named_source(around, name, outward=False)
            yield from ((item, True) for item in aliases)
            if row is not None:
                yield from self._all(row)
            sure = len(maybe) == 1 and row is None and not aliases
            for source in maybe:
                yield from ((part, sure and known) for part, known in self._find(source, name))
            if maybe or aliases or row is not None:
                return
            earlier, around = (), outside(around)

    def _find(self, source: Source, name: str) -> Iterator[Part]:
        """What stands behind a name that a source puts out."""
        if isinstance(source, exp.Table):
            yield from self._stored(source, name)
        elif query_of(source) is None:  # UNNEST, LATERAL, VALUES and their like
            yield from self._expression(source, source.expression)
        else:
            outputs = self._puts.of(source)
            yield from ((item, True) for item in outputs.named(name.lower()))
            for item in outputs.items:
                if item.open:
                    yield from self._through(item, name)

    def _through(self, item: Output, name: str) -> Iterator[Part]:
        """What a star over unknown columns may pass on under a name."""
        if item.branch is not None:
            first, *others = [self._puts.of(branch) for branch in item.scope.set_operation_scopes]
            yield from self._through(first.items[item.branch], name)
            yield from ((inner, False) for other in others for inner in other.items)
        elif not isinstance(item.tree, exp.Star) or item.tree.args.get("rename"):
            yield item, False
        elif name.lower() not in item.left_out:
            for source in item.stars:
                if self._puts.has(source, name.lower()) is not False:
                    sure = len(item.stars) == 1
                    yield from ((part, sure and known) for part, known in self._find(source, name))
            for tree in _computed(item):
                yield from self._expression(item.scope, tree)

    def _stored(self, table: exp.Table, name: str) -> Iterator[Part]:
        listed = self._puts.listed(table)
        if not is_stored(table):
            yield from self._loosely(table.this)
        elif listed is not None:
            behind = [part for known, part in listed if known.lower() == name.lower()]
            yield from ((part, True) for part in behind or [Stored(table, id(table), name)])
        elif table.args.get("pivots") or table.alias_column_names:  # renamed by place, which is not known
            yield Stored(table, id(table), STAR), False
        else:
            yield Stored(table, id(table), name), True

    def _all(self, source: Source, left_out: frozenset[str] = _NOTHING) -> Iterator[Part]:
        """All that a source puts out: a star over it, or a row of it."""
        listed = self._puts.listed(source)
        if listed is not None:
            yield from ((part, True) for name, part in listed if name.lower() not in left_out)
        elif isinstance(source, exp.Table):
            yield from self._unknown(source, left_out)
        elif query_of(source) is None:
            yield from self._expression(source, source.expression)
        else:
            yield from self._open(source, left_out)

    def _unknown(self, table: exp.Table, left_out: frozenset[str]) -> Iterator[Part]:
        if is_stored(table):
            yield Stored(table, id(table), STAR, left_out), True
        else:
            yield from self._loosely(table.this)

    def _open(self, scope: Scope, left_out: frozenset[str]) -> Iterator[Part]:
        """All that a scope puts out of which a part is not known by name."""
        for item in self._puts.of(scope).items:
            if item.name.lower() in left_out:
                continue
            if item.open and item.stars and left_out:
                wider = item.left_out | left_out
                yield Output(STAR, item.scope, item.tree, stars=item.stars, left_out=wider), True
            else:
                yield item, True


def _computed(item: Output) -> list[exp.Expr]:
    """The expressions behind an output; behind a star those that REPLACE puts in."""
    if item.open and isinstance(item.tree, exp.Star):
        return list(item.tree.args.get("replace") or ())
    return [] if item.tree is None else [item.tree]


def _is_all(star: exp.Expr) -> bool:
    """Whether a star within an expression means all columns, rather than the rows that are counted."""
    return not isinstance(star.parent, (exp.Count, exp.Column))


def _values(scope: Scope, name: str) -> list[exp.Expr]:
    """The values that ClickHouse's WITH calls by a name: `WITH lower(email) AS e`."""
    scalars = [cte for cte in scope.ctes if cte.args.get("scalar")]
    return [cte.this for cte in scalars if cte.alias.lower() == name.lower()]
