"""Judges many statements, one JSON object in and one out, in order and in constant memory.

Made for a warehouse's query history: what would a policy have said, before it is enforced?
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from governance.errors import InvalidInput
from governance.fault import UNREADABLE
from governance.finding import Finding, Location, Position, Verdict
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext

MAX_LINE = 8_000_000

Judgement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a history: a statement, its name, and the ground on which it is judged."""

    sql: str
    context: SqlContext
    id: str | int | None = None


def replay(
    lines: Iterable[str | bytes],
    defaults: SqlContext,
    verdict_of: Callable[[list[Finding]], Verdict],
    *,
    any_profile: bool = False,
) -> Iterator[Judgement]:
    """Judge each line. `defaults` holds for what a line does not say; a broken line is blocked by number.

    With `any_profile` a line may name a profile of the archive's own; it is judged by the default.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            query = parse_line(line, defaults, any_profile=any_profile)
        except InvalidInput as error:
            place = Location("<line>", Position(number))
            finding = UNREADABLE.finding(f"line {number}: {error.message}", place)
            yield judgement(f"line {number}", Verdict.BLOCK, [finding])
            continue
        findings = examine_sql(query.sql, query.context)
        name = number if query.id is None else query.id
        yield judgement(name, verdict_of(findings), findings)


def parse_line(line: str | bytes, defaults: SqlContext, *, any_profile: bool = False) -> Query:
    """A line of a history. Raises InvalidInput that says what is wrong with it."""
    if len(line) > MAX_LINE:
        raise InvalidInput(f"longer than {MAX_LINE:,} characters")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidInput(f"a JSON {type(row).__name__} where an object with `sql` is expected")
    sql = _text(row, "sql")
    if sql is None:
        raise InvalidInput("there is no `sql` in it")
    return Query(sql, _context(row, defaults, any_profile), _identity(row))


def judgement(name: str | int, verdict: Verdict, findings: list[Finding]) -> Judgement:
    """What is printed about one line."""
    return {"id": name, "verdict": str(verdict), "findings": [_plain(finding) for finding in findings]}


def _plain(finding: Finding) -> dict[str, Any]:
    start = finding.location.start or Position(1)
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "message": finding.message,
        "line": start.line,
        "column": start.column,
    }


def _context(row: dict[str, Any], defaults: SqlContext, any_profile: bool) -> SqlContext:
    dialect = _text(row, "dialect") or defaults.dialect
    return replace(
        defaults, dialect=dialect, profile=_profile(row, defaults, any_profile), tables=_tables(row, defaults)
    )


def _profile(row: dict[str, Any], defaults: SqlContext, any_profile: bool) -> Profile:
    wanted = _text(row, "profile")
    if wanted is None:
        return defaults.profile
    try:
        return Profile(wanted)
    except ValueError:
        if any_profile:
            return defaults.profile
        known = ", ".join(Profile)
        raise InvalidInput(f"unknown profile {wanted!r}; known: {known}") from None


def _tables(row: dict[str, Any], defaults: SqlContext) -> tuple[str, ...] | None:
    tables = row.get("tables")
    if tables is None:
        return defaults.tables
    if not isinstance(tables, list) or not all(isinstance(table, str) for table in tables):
        raise InvalidInput("`tables` must be a list of names")
    return tuple(tables)


def _text(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"`{key}` must be a text")
    return value


def _identity(row: dict[str, Any]) -> str | int | None:
    value = row.get("id")
    return value if value is None or isinstance(value, (str, int)) else json.dumps(value)
