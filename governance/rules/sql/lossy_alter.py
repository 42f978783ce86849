"""The rule `lossy-alter`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script

_LOSSES: tuple[tuple[type[exp.Expr], str, Severity], ...] = (
    (exp.Drop, "would lose the column or constraint that it drops", Severity.HIGH),
    (exp.AlterRename, "renames a table that others read by its old name", Severity.MEDIUM),
    (exp.RenameColumn, "renames a column that others read by its old name", Severity.MEDIUM),
    (exp.DropPrimaryKey, "lets duplicate keys in", Severity.HIGH),
    (
        exp.AlterColumn,
        "changes a column in place, which can lose digits or rewrite the table",
        Severity.MEDIUM,
    ),
)


class LossyAlter(Rule[Script]):
    """An `ALTER TABLE` loses data or breaks those who read the table.

    A dropped column cannot be brought back; a changed type cuts values off; a renamed table fails in
    the dashboards that nobody thought of.
    """

    code, name, severity = "SQL405", "lossy-alter", Severity.HIGH
    remedy = "Add the new column beside the old one, move the readers, and drop the old one later."
    good = (("alter table orders add column note varchar", {"profile": "migrate"}),)
    bad = (
        ("alter table orders drop column total", {"profile": "migrate"}),
        ("alter table orders alter column total type text", {"profile": "migrate", "dialect": "postgres"}),
        ("alter table orders rename column a to b", {"profile": "migrate"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each action of an ALTER that loses something."""
        for statement in subject.statements:
            for alter in statement.all(exp.Alter):
                if alter.find(exp.EngineProperty):
                    message = "this moves the table to another engine, which may keep none of its rows"
                    yield self.finding(message, statement.at(alter), quote=statement.quote(alter)[:200])
                if any(option.name.upper() == "UNLOGGED" for option in statement.all(exp.Var)):
                    message = "this lets a crash empty the table"
                    yield self.finding(message, statement.at(alter), quote=statement.quote(alter)[:200])
                for action in alter.args.get("actions") or ():
                    for cls, reason, severity in _LOSSES:
                        if isinstance(action, cls) and not _only_default(action):
                            message = f"this {reason}"
                            quote = statement.quote(action)[:200]
                            yield self.finding(message, statement.at(action), quote=quote, severity=severity)


def _only_default(action: exp.Expr) -> bool:
    """Setting a default or a comment leaves every row as it is."""
    said = {key for key, value in action.args.items() if value and key not in ("this", "exists")}
    return isinstance(action, exp.AlterColumn) and bool(said) and said <= {"default", "comment"}
