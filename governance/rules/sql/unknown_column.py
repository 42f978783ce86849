"""The rule `unknown-column`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dialect import folded
from governance.syntax.sql import Dialect, Script, Statement
from governance.syntax.sql.known import Columns, KnownTables, known_tables
from governance.syntax.sql.names import table_names

_OF_POSTGRES = frozenset({"ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
_PSEUDO = _OF_POSTGRES | {
    *("rownum", "rowid", "level", "oid", "sysdate", "value", "key", "index"),
    *("_table_suffix", "_partitiontime", "_partitiondate", "metadata$action", "metadata$isupdate"),
}

Sources = dict[str, Columns | None]


class UnknownColumn(Rule[Script]):
    """The query names a column that its table does not have.

    Postgres and Oracle look for a function of that name then, and run it for each row. It is judged only
    where the schema of the table is known.
    """

    code, name, severity = "SQL206", "unknown-column", Severity.HIGH
    remedy = "Name a column of the table, or bring the schema up to date."
    good = (
        ("select o.id, total from orders o", {"schema": {"orders": {"id": "int", "total": "int"}}}),
        ("select x.any from (select 1 as any) x, orders o", {"schema": {"orders": {"id": "int"}}}),
        "select o.anything from orders o",
    )
    bad = (
        ("select o.evil from orders o", {"schema": {"orders": {"id": "int"}}, "dialect": "postgres"}),
        ("select id from orders where evil = 1", {"schema": {"orders": {"id": "int"}}}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each column that no table in reach has."""
        schema, dialect = subject.context.schema, subject.dialect
        if not schema or dialect is None:
            return
        known = known_tables(schema, dialect)
        for statement in subject.statements:
            scopes = _Scopes(statement, dialect, known)
            for column in statement.all(exp.Column):
                if not isinstance(column.this, exp.Star) and scopes.lacks(column):
                    message = f"no table in reach has a column {column.name}, so this may call a function"
                    yield self.finding(message, statement.at(column), quote=statement.quote(column))


class _Scopes:
    """The columns that each query of a statement can see; `None` stands for a source of unknown columns."""

    def __init__(self, statement: Statement, dialect: Dialect, known: KnownTables) -> None:
        self._dialect = dialect
        self._pseudo = _OF_POSTGRES if dialect.name == "postgres" else _PSEUDO
        self._stored = {id(t.node): known.columns(t.parts) for t in table_names(statement)}
        self._sources = {id(query): self._of(query) for query in statement.all(exp.Select)}

    def lacks(self, column: exp.Column) -> bool:
        """Whether every source that could have the column is known, and none has it."""
        name = column.name.lower()
        if name in self._pseudo or len(column.parts) > 2:
            return False
        query = column.parent_select
        if query is None:
            return False
        alias = self._fold(column.args["table"]) if column.table else ""
        while query is not None:
            sources = self._sources.get(id(query))
            if sources is None or (not alias and self._may_have(query, sources, name)):
                return False
            if alias in sources:
                columns = sources[alias]
                return columns is not None and name not in columns
            query = query.parent_select
        return not alias

    def _may_have(self, query: exp.Expr, sources: Sources, name: str) -> bool:
        called = {item.alias.lower() for item in query.expressions if isinstance(item, exp.Alias)}
        called |= {source.lower() for source in sources}  # a row as a whole, named by its table
        return not sources or name in called or any(c is None or name in c for c in sources.values())

    def _of(self, query: exp.Select) -> Sources:
        source = query.args.get("from_")
        found: Sources = {}
        nodes = [source.this] if source else []
        nodes += [join.this for join in query.args.get("joins") or ()]
        nodes += query.args.get("laterals") or ()
        if any(node.args.get("pivots") or node.args.get("joins") for node in nodes):
            return {"": None}
        for node in nodes:
            alias = node.args.get("alias")
            columns = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
            name = alias.this if isinstance(alias, exp.TableAlias) and alias.this else node.this
            for called in (name, *(columns or ())):
                if isinstance(called, exp.Identifier):
                    found[self._fold(called)] = None if columns else self._stored.get(id(node))
                else:
                    found[""] = None
        return found

    def _fold(self, name: exp.Expr) -> str:
        return folded(name.name, bool(name.args.get("quoted")), self._dialect.tables)
