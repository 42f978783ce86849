"""The rule `destroyed-data`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Kind, Profile, Script, Statement

_REBUILDABLE = {"VIEW", "INDEX", "MATERIALIZED VIEW", "SEQUENCE"}


class DestroyedData(Rule[Script]):
    """The statement drops or empties an object.

    What is dropped is gone with its grants, its history and everything that `CASCADE` takes along. A view
    or an index can be built again, so in a migration it is only held for review.
    """

    code, name, severity = "SQL403", "destroyed-data", Severity.CRITICAL
    remedy = "Rename it first and drop it when nobody has missed it, by hand."
    good = ("select * from dropped", ("delete from t where id = 1", {"profile": "write"}))
    bad = (
        "drop table orders",
        ("truncate orders", {"dialect": "postgres", "profile": "write"}),
        ("drop schema s cascade", {"profile": "migrate"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each object that would be lost."""
        for statement in subject.statements:
            if statement.kind is Kind.DESTROY:
                verb = statement.words[0].upper()
                quote = subject.text[statement.start : statement.end]
                message = f"{verb} would destroy {self._what(statement)} and what it holds"
                severity = self._severity(statement)
                yield self.finding(message, statement.location, quote=quote[:200], severity=severity)

    def _what(self, statement: Statement) -> str:
        names = [table.sql() for table in statement.all(exp.Table)][:3]
        return ", ".join(names) or "an object"

    def _severity(self, statement: Statement) -> Severity:
        tree = statement.tree
        if statement.script.context.profile is not Profile.MIGRATE or not isinstance(tree, exp.Drop):
            return self.severity
        mild = str(tree.args.get("kind")).upper() in _REBUILDABLE and not tree.args.get("cascade")
        return Severity.MEDIUM if mild else self.severity
