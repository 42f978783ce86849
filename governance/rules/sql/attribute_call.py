"""The rule `attribute-call`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement

_SEQUENCE = {"nextval", "currval"}
_SEQUENCE_DIALECTS = {"oracle", "snowflake"}
# What a query on Oracle's one-row table can name without calling anything.
_DUAL = {
    *("dummy", "sysdate", "systimestamp", "rownum", "level", "rowid", "current_date", "current_timestamp"),
    *("localtimestamp", "dbtimezone", "sessiontimezone", "connect_by_isleaf", "connect_by_iscycle"),
}


class AttributeCall(Rule[Script]):
    """Something that looks like a column calls a function.

    Postgres runs `purge(o)` for `(o).purge`, Oracle runs `evil()` for `evil`, and `seq.NEXTVAL` advances
    a sequence.
    """

    code, name, severity = "SQL106", "attribute-call", Severity.HIGH
    remedy = "Name the column of a table; give the gate a schema where names are in doubt."
    good = (
        ("select o.id from orders o", {"dialect": "postgres"}),
        ("select sysdate from dual", {"dialect": "oracle"}),
    )
    bad = (
        ("select (o).purge from orders o", {"dialect": "postgres"}),
        ("select seq.nextval", {"dialect": "snowflake"}),
        ("select evil from dual", {"dialect": "oracle"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each attribute that a function may answer."""
        name = subject.dialect.name if subject.dialect else ""
        for statement in subject.statements:
            if name == "postgres":
                yield from self._composite(statement)
            if name in _SEQUENCE_DIALECTS:
                yield from self._sequence(statement)
            if name == "oracle":
                yield from self._dual(statement)

    def _composite(self, statement: Statement) -> Iterator[Finding]:
        for node in statement.all(exp.Dot):
            if isinstance(node.this, (exp.Paren, exp.Bracket, exp.Subquery)) and isinstance(
                node.expression, exp.Identifier
            ):
                message = f"{node.expression.name} may be a function of the row rather than a field of it"
                yield self.finding(message, statement.at(node), quote=statement.quote(node))

    def _sequence(self, statement: Statement) -> Iterator[Finding]:
        for node in statement.all(exp.Column):
            if node.name.lower() in _SEQUENCE and node.table:
                message = f"{node.table}.{node.name} would advance or read a sequence"
                yield self.finding(
                    message, statement.at(node), quote=statement.quote(node), severity=Severity.CRITICAL
                )

    def _dual(self, statement: Statement) -> Iterator[Finding]:
        for select in statement.all(exp.Select):
            source = select.args.get("from_")
            table = source.this if source else None
            if not isinstance(table, exp.Table) or table.name.lower() != "dual" or select.args.get("joins"):
                continue
            for node in select.find_all(exp.Column):
                known = node.name.lower() in _DUAL or node.table or node.find_ancestor(exp.Connect)
                if not known and node.parent_select is select:
                    message = f"dual has no column {node.name}, so this calls a function of that name"
                    yield self.finding(message, statement.at(node), quote=node.name)
