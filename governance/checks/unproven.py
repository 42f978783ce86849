"""What checks say when rows were made up, or are a sample: a failure on those may be the rows' fault.

So it is never more than a matter for review, whatever it is a failure of; and what a query on real rows says
stays in the jail, since a query can say what it has read.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from governance.adapters.dbt import Run, SourceRows
from governance.adapters.worker import Worker
from governance.checks.dbt_words import plain
from governance.fault import (
    CHECK_CRASHED,
    CHECK_TIMED_OUT,
    FAILURE_UNPROVEN,
    NO_JAIL,
    SOURCE_ROWS_MISSING,
    TOOL_MISSING,
    Fault,
)
from governance.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from governance.checks.dbt_audit import ProjectAudit

_KINDS = re.compile(
    r"\b(Binder|Catalog|Parser|Conversion|Constraint|Invalid Input|Out of Range|Out of Memory)"
    r" (?:Error|Exception)\b"
)

_WITHHELD = ", whose text is withheld as it may quote real rows"


def failed(run: Run, made_up: bool) -> bool:
    """Whether base is asked about a node too: a failed test, a build that rows of ours may have broken."""
    return run.status == "fail" or (made_up and run.status == "error")


def stopped(project: "ProjectAudit", fault: Fault, message: str, place: Location) -> Finding:
    """A worker's fault; once it works on rows of ours, they may be what it takes too long for.

    Of real rows its message may quote some, behind the name of what it was asked for.
    """
    if project.sampled and fault not in (CHECK_TIMED_OUT, NO_JAIL, TOOL_MISSING):
        message = f"{message.partition(': ')[0]} failed{_WITHHELD}"
    if project.made_up and fault in (CHECK_TIMED_OUT, CHECK_CRASHED):
        message = f"{message}; it was at work on rows that were made up"
        return fault.finding(message, place, severity=Severity.MEDIUM)
    return fault.finding(message, place)


def beside(project: "ProjectAudit") -> list[str]:
    """What is judged on rows that were made up, to be built of base as well, which may fail on them too."""
    assert project.state is not None
    base = project.state.base.nodes
    return [key for key in project.judged if key in project.made_up and key in base and key in project.tables]


def old_failures(
    validator: Worker, table: str, file: str, asked: list[dict[str, Any]], outcomes: list[dict[str, Any]]
) -> frozenset[int]:
    """Which expectations that are not met are not met by the table of base either, by their places."""
    places = [place for place, outcome in enumerate(outcomes) if outcome.get("state") != "met"]
    if not places:
        return frozenset()
    again = validator.ask("validate", table=table, file=file, expectations=[asked[place] for place in places])
    found = zip(places, again["outcomes"], strict=True)
    return frozenset(place for place, outcome in found if outcome.get("state") != "met")


def why(project: "ProjectAudit", key: str) -> str:
    """Why a failure of a node proves nothing about the change; "" where it does."""
    node = project.state.head.nodes.get(key) if project.state is not None else None
    if node is not None and node.kind == "unit_test":
        return ""  # it has rows of its own
    if key in project.made_up:
        return "on rows that were made up"
    if key in project.sampled and project.state is not None:
        above = [project.planted.sources.get(k) for k in project.state.head.ancestors([key])]
        sources = [rows for rows in above if rows is not None]
        if len(sources) > 1 and any(rows.cut for rows in sources):
            return "on samples, of which one may lack the rows that the other refers to"
    return ""


def unproven(
    project: "ProjectAudit", key: str, message: str, place: Location, quote: str, old: bool = False
) -> Finding | None:
    """The finding about a failure that proves nothing; `old` if base fails in the same way."""
    reason = why(project, key)
    if not reason:
        return None
    severity = Severity.LOW if old else None
    text = f"{message}, {reason}" + (", as at base" if old else "")
    return FAILURE_UNPROVEN.finding(text, place, quote=quote, severity=severity)


def unbuilt(project: "ProjectAudit", key: str, run: Run) -> str:
    """In what way a node does not build, and whether base does on the same rows."""
    message = plain(run.message or run.status)
    if key in project.sampled:
        kind = _KINDS.search(message)
        message = (f"{kind[1].lower()} error" if kind else "an error") + _WITHHELD
    if key not in project.made_up:
        return f"does not build: {message}"
    before = project.base_runs.get(key)
    if before is None:
        return f"does not build on rows that were made up, whose types may be wrong: {message}"
    if before.status == "success":
        return f"does not build on rows that were made up, on which base does: {message}"
    return f"does not build on rows that were made up, nor does base, so their types may be wrong: {message}"


def withheld(project: "ProjectAudit", key: str, outcome: dict[str, Any]) -> dict[str, Any]:
    """An expectation's outcome without what it quotes from real rows."""
    if key not in project.sampled:
        return outcome
    return {name: value for name, value in outcome.items() if name != "reason"}


def about_sources(project: "ProjectAudit") -> Iterator[Finding]:
    """A finding for each reason why sources have other rows than they should, or none."""
    by_problem: dict[str, list[str]] = {}
    for key, rows in project.planted.sources.items():
        if rows.problem:
            by_problem.setdefault(rows.problem, []).append(key)
    for problem, keys in by_problem.items():
        names = ", ".join(".".join(key.split(".")[-2:]) for key in keys[:10])
        made = any(project.planted.sources[key].origin == "generated" for key in keys)
        what = "has rows that were made up" if made else "has no rows"
        message = f"source {names} {what}: {problem}"
        yield SOURCE_ROWS_MISSING.finding(message, project.place, quote=names)


def source_evidence(project: "ProjectAudit") -> dict[str, dict[str, Any]]:
    """Where the rows of each source come from, and how many there are."""
    return {key: _kept(rows) for key, rows in project.planted.sources.items()}


def _kept(rows: SourceRows) -> dict[str, Any]:
    kept: dict[str, Any] = {"rows_from": rows.origin or "nowhere"}
    more: dict[str, Any] = {"seed": rows.seed} if rows.seed else {"rows": rows.rows, "cut": rows.cut}
    return kept | more
