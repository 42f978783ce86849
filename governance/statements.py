"""Statements: all SQL rules over one text, the way every other room asks for it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from governance.catalog import rules
from governance.check import examine
from governance.errors import ServerUnavailable
from governance.fault import SERVER_NOT_ASKED, SERVER_REFUSES, UNREADABLE
from governance.finding import Finding, Location, Position, Severity
from governance.rules.sql.attribute_call import AttributeCall
from governance.syntax.sql import Script, Server, SqlContext, read
from governance.syntax.sql.hit import with_readers
from governance.syntax.sql.opinion import disagreements

if TYPE_CHECKING:
    from governance.syntax.sql.server import Remark

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
    return sorted(findings + _of_server(script, findings), key=_order)


def _of_server(script: Script, findings: list[Finding]) -> list[Finding]:
    """What the server that the policy names has to say about a script that nothing else blocks."""
    server = script.context.server
    if server is None or any(_blocks(finding, server) for finding in findings):
        return []
    from governance.syntax.sql.server import remarks

    try:
        return [_finding(remark, script) for remark in remarks(script)]
    except ServerUnavailable as error:
        reason, remedy = error.message, error.remedy
    except Exception as error:  # what the server was not asked about has not been judged
        reason, remedy = f"cannot be asked: {type(error).__name__}", ""
    place, quote = Location(script.path, _WHOLE), script.text[:200]
    finding = SERVER_NOT_ASKED.finding(f"the server of {server.variable} {reason}", place, quote=quote)
    return [replace(finding, remedy=remedy or finding.remedy)]


def _blocks(finding: Finding, server: Server) -> bool:
    return finding.severity >= Severity.HIGH and not {finding.code, finding.fingerprint} & server.accepted


def _finding(remark: "Remark", script: Script) -> Finding:
    place, quote = script.location(remark.start, remark.end), script.text[remark.start : remark.end][:200]
    if not remark.calls:
        return SERVER_REFUSES.finding(f"the server refuses it: {remark.reason}", place, quote=quote)
    message = f"{remark.reason}, so it would call the function {remark.calls}"
    allow = f"sql.functions: [{remark.calls.partition('(')[0]}]"
    return AttributeCall().finding(message, place, quote=quote, allow=allow)


def _order(finding: Finding) -> tuple[int, int, str]:
    start = finding.location.start or _WHOLE
    return start.line, start.column, finding.code
