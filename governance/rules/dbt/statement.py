"""Grades the SQL that a template or a hook would run, and names the statement that does harm."""

from dataclasses import dataclass

from governance.finding import Severity
from governance.syntax.dbt import Text
from governance.syntax.dbt.effects import is_query

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Grade:
    """How grave a statement is, and the words for it."""

    severity: Severity
    words: str


def grade(sql: Text, dialect: str) -> Grade:
    """A query is for review, an unknown statement blocks, a known change of data or schema is critical."""
    shown = shorten(sql.text)
    if not sql.text.strip():
        return Grade(Severity.HIGH, "SQL that cannot be read off the template")
    if is_query(sql.text):
        harm = _harm_in_query(sql.text, dialect)
        if harm:
            return Grade(Severity.HIGH, f"`{shown}` ({harm})")
        if sql.known:
            return Grade(Severity.MEDIUM, f"the query `{shown}`")
        return Grade(Severity.HIGH, f"SQL with computed parts, `{shown}`")
    verb = _verb(sql.text)
    if verb:
        return Grade(Severity.CRITICAL, f"`{shown}`, a {verb} statement,")
    return Grade(Severity.HIGH, f"`{shown}`, which is not known to be harmless,")


def shorten(sql: str) -> str:
    """SQL on one line, cut to a length that fits a message."""
    line = " ".join(sql.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _harm_in_query(sql: str, dialect: str) -> str:
    """What the SQL room says against a query; empty when it has nothing grave to say."""
    from governance.statements import examine_sql
    from governance.syntax.sql.context import SqlContext

    findings = examine_sql(sql, SqlContext(dialect=dialect))
    grave = [finding for finding in findings if finding.severity >= Severity.HIGH]
    return f"{grave[0].code} {grave[0].name}" if grave else ""


# fmt: off
_VERBS = frozenset({
    "alter", "analyze", "attach", "call", "copy", "create", "deallocate", "delete", "detach",
    "drop", "execute", "export", "grant", "import", "insert", "install", "load", "merge",
    "optimize", "pragma", "refresh", "rename", "replace", "revoke", "set", "truncate", "undrop",
    "unload", "update", "use", "vacuum",
})
# fmt: on


def _verb(sql: str) -> str:
    """The word that makes a script more than a query, where one of its statements starts with it."""
    words = [statement.split(None, 1)[0].lower() for statement in sql.split(";") if statement.strip()]
    verbs = [word for word in words if word in _VERBS]
    if verbs:
        return verbs[0].upper()
    return next((w.upper() for w in ("delete", "insert", "update", "drop") if w in sql.lower().split()), "")
