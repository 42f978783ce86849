"""Which columns of stored tables a statement shows: what its outputs are made of, through every query in it.

Whatever cannot be followed counts as shown, so that nothing is hidden behind a star, a row, or an
expression that nobody has resolved. Counting a column, or asking whether it is null, shows nothing of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from governance.syntax.dialect import Dialect
from governance.syntax.sql.names import parts_of, same_table, table_names
from governance.syntax.sql.outputs import STAR, Output, Stored
from governance.syntax.sql.script import Statement
from governance.syntax.sql.trail import Trail

Tagged = Mapping[tuple[str, ...], frozenset[str]]
"""A table, its name in parts as the engine compares them → the columns of it that are asked about."""

_SAYS_LITTLE = (exp.Count, exp.ApproxDistinct, exp.Is, exp.Exists)


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
        root = None if query.find(exp.Pivot) else build_scope(query)
        return _by_name(query, tagged) if root is None else list(_followed(root, dialect, tagged))
    except Exception:  # a query that cannot be resolved may show all that it names
        return _by_name(query, tagged)


def _followed(root: Scope, dialect: Dialect, tagged: Tagged) -> Iterator[Shown]:
    trail = Trail(root, lambda _: None, silent=_SAYS_LITTLE)
    for number, output in enumerate(trail.each_output(), 1):
        for stored, certain in trail.made_of(output).items():
            yield from _of_column(stored, certain, output, number, dialect, tagged)


def _of_column(
    stored: Stored, certain: bool, output: Output, number: int, dialect: Dialect, tagged: Tagged
) -> Iterator[Shown]:
    """A column that an output is made of, where it is tagged; a whole row shows all that are."""
    table, columns = _columns(stored.table, dialect, tagged)
    wanted = columns - stored.left_out if stored.column == STAR else columns & {stored.column.lower()}
    for column in sorted(wanted):
        yield Shown(table, column, output.name or f"column {number}", certain, _place(output))


def _place(output: Output) -> exp.Expr | None:
    tree = output.tree
    return tree.parent if isinstance(tree, exp.Star) and isinstance(tree.parent, exp.Column) else tree


def _columns(table: exp.Table, dialect: Dialect, tagged: Tagged) -> tuple[str, frozenset[str]]:
    """The longest name under which columns of a table are asked about, and all of these columns."""
    parts = parts_of(table, dialect)
    known = sorted((name for name in tagged if same_table(name, parts)), key=len)
    columns = frozenset(column for name in known for column in tagged[name])
    return ".".join(known[-1] if known else parts), columns


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
