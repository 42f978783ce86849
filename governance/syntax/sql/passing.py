"""Where a column of a query comes from unchanged: through CTEs, stars and casts, down to stored tables.

`Trail` says what a value is made of. This says which stored column it *is*, so that what is known of one is
known of the other: its type, its key, the values it is compared with.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from governance.syntax.sql.outputs import (
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

Known = Callable[[exp.Table, str], bool]
"""Whether a table whose columns are not all known is known to have this one."""

_REGROUPS = ("group", "distinct", "having", "qualify", "limit")
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Passed:
    """A stored column that a value is. `whole`: one row of the table is one row here.

    `cast`: to another type, or it is spelt otherwise.
    """

    stored: Stored
    whole: bool = True
    cast: bool = False


class Passing:
    """What the columns of one query are, `knows` deciding between tables that may have a bare name."""

    def __init__(self, root: Scope, columns: Columns, knows: Known) -> None:
        self._puts = Puts(root, columns)
        self._root = root
        self._knows = knows
        self._columns = columns

    def outputs(self) -> list[Output]:
        """What the query puts out."""
        return self._puts.of(self._root).items

    def named(self, name: str) -> Iterator[Passed]:
        """What a column of the query's result is, by its name, also behind a star."""
        yield from self._found(self._root, name, 0)

    def column(self, scope: Scope, column: exp.Column, deep: int = 0) -> Iterator[Passed]:
        """What a column that is mentioned in a scope is."""
        names = [part.name for part in column.parts]
        if len(names) > 1:
            source = named_source(scope, names[-2]) or named_source(scope, names[0])
            if source is not None:
                yield from self._found(source, names[-1], deep)
            return
        around: Scope | None = scope
        while around is not None:
            source = self._holder(around, names[0])
            if source is not None:
                yield from self._found(source, names[0], deep)
                return
            around = outside(around)

    def sources(self, scope: Scope, name: str) -> list[Source]:
        """All in a scope's FROM that may have a column: what USING joins by it."""
        return [source for source in selected(scope) if self._puts.has(source, name) is not False]

    def found(self, source: Source, name: str) -> Iterator[Passed]:
        """What a column of a table or an inner query is."""
        yield from self._found(source, name, 0)

    def _holder(self, scope: Scope, name: str) -> Source | None:
        """What has a bare name: who certainly has it, else no alias of the scope's own, else the first."""
        answers = [(source, self._puts.has(source, name)) for source in selected(scope)]
        certain = [source for source, has in answers if has]
        maybe = [source for source, has in answers if has is None]
        likely = [s for s in maybe if isinstance(s, exp.Table) and self._knows(s, name)]
        if certain or likely:
            return (certain or likely)[0]
        return None if _is_alias(scope, name) or not maybe else maybe[0]

    def _found(self, source: Source, name: str, deep: int) -> Iterator[Passed]:
        if deep > _DEEPEST:
            return
        if isinstance(source, exp.Table):
            if is_stored(source) and not source.args.get("pivots") and not source.alias_column_names:
                yield Passed(Stored(source, id(source), name))
            return
        if query_of(source) is None:
            return
        items = self._puts.of(source).items
        named = [item for item in items if item.name.lower() == name]
        for item in named:
            yield from self._output(item, deep + 1)
        for item in () if named else items:
            if item.open:
                yield from self._starred(item, name, deep + 1)

    def _output(self, item: Output, deep: int) -> Iterator[Passed]:
        if deep > _DEEPEST:
            return
        if item.branch is not None:
            for branch in item.scope.set_operation_scopes:
                for inner in self._puts.of(branch).items[item.branch : item.branch + 1]:
                    yield from (replace(passed, whole=False) for passed in self._output(inner, deep + 1))
            return
        whole = _keeps_rows(item.scope)
        for behind in item.passed:
            found = [Passed(behind)] if isinstance(behind, Stored) else self._output(behind, deep + 1)
            yield from (replace(passed, whole=passed.whole and whole) for passed in found)
        tree = item.tree.unalias() if item.tree is not None else None
        bare, cast = _uncast(tree)
        if isinstance(bare, exp.Column) and not isinstance(bare.this, exp.Star):
            for passed in self.column(item.scope, bare, deep + 1):
                yield replace(passed, whole=passed.whole and whole, cast=passed.cast or cast)

    def _starred(self, item: Output, name: str, deep: int) -> Iterator[Passed]:
        """What a star over unknown columns passes on under a name: of who has it, else of the first."""
        if item.branch is not None:
            for branch in item.scope.set_operation_scopes:
                for inner in self._puts.of(branch).items[item.branch : item.branch + 1]:
                    yield from self._starred(inner, name, deep + 1) if inner.open else ()
            return
        if not isinstance(item.tree, exp.Star) or item.tree.args.get("rename") or name in item.left_out:
            return
        if any(each.alias.lower() == name for each in item.tree.args.get("replace") or ()):
            return
        sources = [source for source in item.stars if self._puts.has(source, name) is not False]
        knowing = [s for s in sources if isinstance(s, exp.Table) and self._knows(s, name)]
        whole = _keeps_rows(item.scope)
        for source in (knowing or sources)[:1]:
            for passed in self._found(source, name, deep + 1):
                yield replace(passed, whole=passed.whole and whole)


def _uncast(tree: Any) -> tuple[Any, bool]:
    cast = False
    while isinstance(tree, (exp.Cast, exp.TryCast, exp.Paren, exp.Lower, exp.Upper, exp.Trim)):
        cast = cast or not isinstance(tree, exp.Paren)
        tree = tree.this
    return tree, cast


def _is_alias(scope: Scope, name: str) -> bool:
    """Whether a bare name is what an output of the scope is called, and not what that is made of."""
    query = query_of(scope)
    for projection in query.selects if query is not None else ():
        if isinstance(projection, exp.Alias) and projection.alias.lower() == name:
            inner = projection.this.find_all(exp.Column)
            return all(column.name.lower() != name or column.table for column in inner)
    return False


def _keeps_rows(scope: Scope) -> bool:
    """Whether a scope makes no other rows of those it reads: no groups, no distinct, no choice by rank."""
    query = scope.expression
    if any(query.args.get(part) for part in _REGROUPS):
        return False
    return not any(
        isinstance(window.this, (exp.RowNumber, exp.Rank, exp.DenseRank))
        for window in query.find_all(exp.Window)
    )
