"""Judges many statements, one JSON object in and one out, in order and in constant memory.

Made for a warehouse's query history: what would a policy have said, before it is enforced?
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

from governance.errors import InvalidInput
from governance.fault import UNREADABLE
from governance.finding import Finding, Location, Position, Verdict
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext

MAX_LINE = 8_000_000
BATCH = 200  # lines that go to a process at once

Judgement = dict[str, Any]
Judge = Callable[[list[Finding]], Verdict]
Numbered = tuple[int, str | bytes]


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a history: a statement, its name, and the ground on which it is judged."""

    sql: str
    context: SqlContext
    id: str | int | None = None


def replay(
    lines: Iterable[str | bytes],
    defaults: SqlContext,
    verdict_of: Judge,
    *,
    any_profile: bool = False,
    jobs: int = 1,
) -> Iterator[Judgement]:
    """Judge each line. `defaults` holds for what a line does not say; a broken line is blocked by number.

    With `any_profile` a line may name a profile of the archive's own; it is judged by the default.
    More than one of `jobs` are processes, to which `verdict_of` must be picklable. Raises InvalidInput
    when one of them dies.
    """
    judge = partial(judged, defaults=defaults, verdict_of=verdict_of, any_profile=any_profile)
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    return map(judge, numbered) if jobs == 1 else _side_by_side(judge, numbered, jobs)


def judged(numbered: Numbered, defaults: SqlContext, verdict_of: Judge, any_profile: bool) -> Judgement:
    """The judgement of one line, given with its number."""
    number, line = numbered
    try:
        query = parse_line(line, defaults, any_profile=any_profile)
    except InvalidInput as error:
        finding = UNREADABLE.finding(f"line {number}: {error.message}", Location("<line>", Position(number)))
        return judgement(f"line {number}", Verdict.BLOCK, [finding])
    findings = examine_sql(query.sql, query.context)
    return judgement(number if query.id is None else query.id, verdict_of(findings), findings)


def _side_by_side(
    judge: Callable[[Numbered], Judgement], numbered: Iterator[Numbered], jobs: int
) -> Iterator[Judgement]:
    """Batches go to processes and come back in order; only as many are read as keep all of them busy."""
    waiting: deque[Future[list[Judgement]]] = deque()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        try:
            while batch := list(islice(numbered, BATCH)):
                waiting.append(pool.submit(_judge_all, judge, batch))
                if len(waiting) > 2 * jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            remedy = "What was written before is right; give it more memory, or use fewer --jobs."
            raise InvalidInput("a judging process was killed", remedy) from error


def _judge_all(judge: Callable[[Numbered], Judgement], batch: list[Numbered]) -> list[Judgement]:
    return [judge(numbered) for numbered in batch]


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
        raise InvalidInput('there is no `sql` in it; a line reads {"id": …, "sql": …}')
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
