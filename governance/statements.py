"""Statements: all SQL rules over one text, the way every other room asks for it."""

from governance.catalog import rules
from governance.check import examine
from governance.fault import UNREADABLE
from governance.finding import Finding, Location, Position
from governance.syntax.sql import SqlContext, read
from governance.syntax.sql.hit import with_readers
from governance.syntax.sql.opinion import disagreements

_WHOLE = Position(1, 1)


def examine_sql(
    text: str, context: SqlContext, path: str = "<sql>", second_opinion: bool = True
) -> list[Finding]:
    """All findings about a text of SQL, in the order of the text. Never raises, whatever the text.

    `second_opinion` holds our reading against the engine's own parser where one is installed.
    """
    where = Location(path, _WHOLE)
    try:
        script = read(text, context, path)
        if second_opinion:
            script.problems.extend(disagreements(script))
    except Exception as error:  # a text that the reader trips over has not been judged
        return [UNREADABLE.finding(f"reading the SQL failed: {type(error).__name__}: {error}", where)]
    findings = with_readers(examine(script, rules("sql"), where), script)
    if not findings and not any(statement.tree is not None for statement in script.statements):
        return [UNREADABLE.finding("no statement was found, so nothing was judged", where)]
    return sorted(findings, key=_order)


def _order(finding: Finding) -> tuple[int, int, str]:
    start = finding.location.start or _WHOLE
    return start.line, start.column, finding.code
