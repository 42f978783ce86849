"""How entries are found again: the row of an entry, the index beside it, and queries over both."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from governance.changeset import ChangeSet
from governance.decision import Decision
from governance.ledger.tables import BODIES, ENTRIES, FINDINGS, SUBJECTS
from governance.wire import plain


@dataclass(frozen=True, slots=True)
class Query:
    """Which entries to list, newest first; empty fields do not filter."""

    verdict: str = ""
    dag_id: str = ""
    task_id: str = ""
    run_id: str = ""
    map_index: int | None = None
    agent: str = ""
    rule: str = ""
    text: str = ""
    dag_ids: frozenset[str] | None = None
    limit: int = 50
    offset: int = 0


def entry_row(changeset: ChangeSet) -> dict[str, Any]:
    """What an entry says of the change set, as columns."""
    trace, origin, run = changeset.trace, changeset.origin, changeset.origin.run
    return {
        "repository": plain(origin.repository),
        "branch": plain(origin.branch),
        "dag_id": run.get("dag_id", ""),
        "task_id": run.get("task_id", ""),
        "run_id": run.get("run_id", ""),
        "map_index": int(run.get("map_index", -1)),
        "try_number": int(run.get("try_number", 0)),
        "agent": plain(trace.source.agent) if trace else "",
        "task": plain(trace.task.strip().split("\n")[0][:200]) if trace else "",
        "artifacts": len(changeset.artifacts),
    }


def index_entry(
    connection: Connection,
    position: int,
    decision: Decision,
    changeset: ChangeSet,
    stored: list[tuple[str, str, str]],
) -> None:
    """Write the rows by which the entry can be found."""
    subjects = [
        {
            "entry": position,
            "path": plain(a.path),
            "sha256": a.sha256,
            "change": str(a.change),
            "kind": str(a.kind),
        }
        for a in changeset.artifacts
    ]
    findings = [
        {
            "entry": position,
            "rank": rank,
            "code": judgement.finding.code,
            "name": judgement.finding.name,
            "severity": str(judgement.severity),
            "verdict": str(judgement.verdict),
            "path": plain(judgement.finding.location.path),
            "line": judgement.finding.location.start.line if judgement.finding.location.start else None,
            "message": plain(judgement.finding.message),
        }
        for rank, judgement in enumerate(decision.judgements)
    ]
    bodies = [{"entry": position, "role": role, "name": name, "sha256": sha} for role, name, sha in stored]
    for table, rows in ((SUBJECTS, subjects), (FINDINGS, findings), (BODIES, bodies)):
        if rows:
            connection.execute(insert(table), rows)


def copy_index(connection: Connection, old: int, new: int, envelope: str) -> None:
    """Give entry `new` the index rows of entry `old`, with an envelope of its own."""
    for table in (SUBJECTS, FINDINGS, BODIES):
        kept = [column for column in table.c if column.name != "entry"]
        rows = connection.execute(select(*kept).where(table.c.entry == old)).mappings().all()
        copies = [{**row, "entry": new} for row in rows if row.get("role") != "envelope"]
        if copies:
            connection.execute(insert(table), copies)
    row = {"entry": new, "role": "envelope", "name": "", "sha256": envelope}
    connection.execute(insert(BODIES), [row])


def matching(statement: Any, query: Query) -> Any:
    """The statement, narrowed to the entries that the query asks for."""
    for column in ("verdict", "dag_id", "task_id", "run_id", "agent", "map_index"):
        value = getattr(query, column)
        if value not in ("", None):
            statement = statement.where(ENTRIES.c[column] == value)
    if query.dag_ids is not None:
        statement = statement.where(ENTRIES.c.dag_id.in_(query.dag_ids))
    if query.rule:
        coded = select(FINDINGS.c.entry).where(
            or_(FINDINGS.c.code == query.rule, FINDINGS.c.name == query.rule)
        )
        statement = statement.where(ENTRIES.c.position.in_(coded))
    if query.text:
        statement = statement.where(_mentions(query.text))
    return statement


def _mentions(words: str) -> Any:
    paths = select(SUBJECTS.c.entry).where(SUBJECTS.c.path.icontains(words, autoescape=True))
    messages = select(FINDINGS.c.entry).where(FINDINGS.c.message.icontains(words, autoescape=True))
    return or_(
        ENTRIES.c.task.icontains(words, autoescape=True),
        ENTRIES.c.decision_id.startswith(words, autoescape=True),
        ENTRIES.c.branch.icontains(words, autoescape=True),
        ENTRIES.c.position.in_(paths),
        ENTRIES.c.position.in_(messages),
    )
