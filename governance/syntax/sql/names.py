"""Which tables a statement really names: CTEs resolved by scope, names folded as the engine folds them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from governance.syntax.dialect import Dialect, Fold, folded
from governance.syntax.sql.script import Statement

# Here a CTE may refer to itself without RECURSIVE; only its second branch then means the CTE.
_IMPLICIT_RECURSION = {"tsql", "oracle", "snowflake", "sqlite"}
_PART = re.compile(r'"((?:[^"]|"")*)"|`([^`]*)`|\[([^\]]*)\]|([^.]+)')


@dataclass(frozen=True, slots=True)
class TableName:
    """One mention of a stored table. `parts` are folded, qualifiers first; `text` is as written."""

    node: exp.Table
    parts: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """The table's own name."""
        return self.parts[-1] if self.parts else ""


def table_names(statement: Statement) -> list[TableName]:
    """Every stored table that a statement names, for reading or writing."""
    found: list[TableName] | None = statement.notes.get("tables")
    if found is None:
        found = statement.notes["tables"] = list(_table_names(statement))
    return found


def allowed(table: TableName, tables: tuple[str, ...], dialect: Dialect) -> bool:
    """Whether a table is one of those listed; a qualified mention must be listed with its qualifiers."""
    return any(table.parts == split_name(listed, dialect) for listed in tables)


def split_name(name: str, dialect: Dialect) -> tuple[str, ...]:
    """A dotted name as the engine compares it; quoted parts keep their case where the engine does."""
    parts = []
    for match in _PART.finditer(name.strip()):
        quoted = match.group(4) is None
        text = match.group(4) if not quoted else next(g for g in match.groups()[:3] if g is not None)
        parts.append(folded(text.strip() if not quoted else text, quoted, dialect.tables))
    return tuple(parts)


def same_table(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names may mean one table: the longer ends with the shorter."""
    shorter = min(len(one), len(other))
    return one[-shorter:] == other[-shorter:]


def _table_names(statement: Statement) -> Iterator[TableName]:
    dialect = statement.script.dialect
    assert dialect is not None
    for node in statement.all(exp.Table):
        if not isinstance(node.this, (exp.Identifier, exp.Dot)):
            continue  # A function, a stage or a text: what rules about calls and paths look at.
        if not node.args.get("db") and _is_cte(node, dialect):
            continue
        yield TableName(node, parts_of(node, dialect), _written(statement, node))


def parts_of(node: exp.Table, dialect: Dialect) -> tuple[str, ...]:
    """The name of a table as the engine compares it, qualifiers first."""
    parts: list[str] = []
    for part in node.parts:
        for piece in _pieces(part):
            name = f"#{piece.name}" if piece.args.get("temporary") else piece.name
            parts.append(folded(name, bool(piece.args.get("quoted")), dialect.tables))
    return tuple(parts)


def _pieces(part: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(part, exp.Dot):
        yield from _pieces(part.this)
        yield from _pieces(part.expression)
    else:
        yield part


def _written(statement: Statement, node: exp.Table) -> str:
    places = [p.meta for part in node.parts for p in part.walk() if p.meta.get("end") is not None]
    if not places:
        return node.name
    start = min(place["start"] for place in places)
    return statement.script.text[start : max(place["end"] for place in places) + 1]


def _is_cte(table: exp.Table, dialect: Dialect) -> bool:
    """Whether a bare name means a CTE that is in scope at this place, rather than a stored table."""
    fold = dialect.names if dialect.names is not Fold.INSENSITIVE else Fold.INSENSITIVE
    wanted = folded(table.name, bool(table.this.args.get("quoted")), fold)
    inside: exp.Expr = table
    node = table.parent
    within: exp.CTE | None = None
    while node is not None:
        if isinstance(node, exp.CTE):
            within = node
        elif isinstance(node, exp.With):
            if _among(_visible(node, within, table, dialect), wanted, fold):
                return True
        else:
            clause = node.args.get("with_")
            if clause is not None and clause is not inside and _among(clause.expressions, wanted, fold):
                return True
        inside, node = node, node.parent
    return False


def _among(ctes: list[exp.CTE], wanted: str, fold: Fold) -> bool:
    for cte in ctes:
        if cte.args.get("scalar"):
            continue  # ClickHouse's `WITH 1 AS t` names a value; `FROM t` still reads the table.
        alias = cte.args.get("alias")
        name = alias.this if isinstance(alias, exp.TableAlias) else alias
        if (
            isinstance(name, exp.Identifier)
            and folded(name.name, bool(name.args.get("quoted")), fold) == wanted
        ):
            return True
    return False


def _visible(clause: exp.With, within: exp.CTE | None, table: exp.Table, dialect: Dialect) -> list[exp.CTE]:
    """The CTEs of a clause that one of its own members can see: earlier ones, and itself if it recurses."""
    ctes: list[exp.CTE] = list(clause.expressions)
    if within is None:
        return []
    index = next((i for i, cte in enumerate(ctes) if cte is within), 0)
    recurses = bool(clause.args.get("recursive"))
    if not recurses and dialect.name in _IMPLICIT_RECURSION:
        body = within.this
        recurses = isinstance(body, exp.SetOperation) and _is_below(table, body.expression)
    return ctes[: index + 1] if recurses else ctes[:index]


def _is_below(node: exp.Expr, ancestor: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None:
        if at is ancestor:
            return True
        at = at.parent
    return False
