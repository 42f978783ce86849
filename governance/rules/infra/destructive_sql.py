"""INF014 destructive-sql-in-code."""

import ast
import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.statements import examine_sql
from governance.syntax.python import calls, constant, keyword, position
from governance.syntax.source import SourceFile
from governance.syntax.sql import Profile, SqlContext

_METHODS = (
    "execute",
    "executemany",
    "executescript",
    "sql",
    "run",
    "query",
    "get_records",
    "get_pandas_df",
    "read_sql",
)
_DESTROYING = {"SQL401", "SQL402", "SQL403", "SQL404", "SQL405"}
_SQL = re.compile(  # tells SQL from prose; what it does is told by the SQL rules
    r"\s*(drop\s+\w+\s|truncate\s|delete\s+from\s|update\s+\S+\s+set\s|alter\s+\w+\s"
    r"|merge\s+into\s|create\s|insert\s|with\s)",
    re.IGNORECASE,
)


class DestructiveSqlInCode(Rule[SourceFile]):
    """SQL in a Python file destroys data: it drops, empties, replaces, or writes without a bound.

    It runs with the task's rights, and no reviewer of models ever sees it.
    """

    code, name, severity = "INF014", "destructive-sql-in-code", Severity.HIGH
    remedy = "Bound the statement, or do it in a migration that is reviewed as one."
    good = (("dags/a.py", 'hook.run("delete from orders where day = %s", parameters=[day])\n'),)
    bad = (("dags/a.py", 'hook.run("drop table orders")\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for call, name in calls(subject.module):
            for node, sql in _statements(call, name):
                for found in examine_sql(sql, SqlContext("duckdb", Profile.MIGRATE), second_opinion=False):
                    if found.code in _DESTROYING:
                        place = subject.at(_inside(node, found, subject.text))
                        message = f"{name or 'this call'}: {found.message}"
                        yield self.finding(message, place, quote=found.quote or sql[:200])


def _statements(call: ast.Call, name: str) -> Iterator[tuple[ast.expr, str]]:
    """Texts of a call that may be SQL, with the nodes they stand in."""
    given = [value for key in ("sql", "query") if (value := keyword(call, key)) is not None]
    if name.rpartition(".")[2] in _METHODS:
        given += call.args[:1]
    for value in given:
        parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
        for part in parts:
            text = constant(part)
            if isinstance(text, str) and _SQL.match(text):
                yield part, text


def _inside(node: ast.expr, found: Finding, text: str) -> Position:
    """The line of the statement in the file; a text over several lines starts after its quotes."""
    start = position(node, text)
    line = found.location.start.line - 1 if found.location.start else 0
    return Position(start.line + line, start.column if not line else found.location.start.column)  # type: ignore[union-attr]
