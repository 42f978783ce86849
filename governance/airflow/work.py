"""What the operators do when their task runs. Evidence is stored before anything fails or returns."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from governance.adapters.git import Repository
from governance.adapters.workspace import workspace
from governance.airflow.project import ground_of
from governance.airflow.settings import gate, loose_policy
from governance.artifact import Artifact, ArtifactKind
from governance.changeset import Authorship, ChangeSet, Origin
from governance.errors import GovernanceError, InvalidInput, LedgerUnavailable, UnreadableTrace
from governance.finding import Finding, Verdict
from governance.govern import Record, branch_changeset, cache_folder, policy_at
from governance.kind import kind_of
from governance.report.table import findings_table

if TYPE_CHECKING:
    from airflow.sdk import Context

    from governance.airflow.operators import GateOperator, GovernedAgentOperator
    from governance.trace import Trace

log = logging.getLogger(__name__)


@contextmanager
def told() -> Iterator[None]:
    """What we know how to explain fails the task for good, with its remedy; a retry would not help.

    Only a ledger that cannot be reached now may be reached by the next try.
    """
    try:
        yield
    except LedgerUnavailable as error:
        raise AirflowException(str(error)) from error
    except GovernanceError as error:
        raise AirflowFailException(str(error)) from error


def govern_agent(operator: "GovernedAgentOperator", context: "Context") -> dict[str, Any]:
    """Run the agent in a workspace and judge what it left."""
    with told():
        repository = Repository.at(operator.repo)
        base = repository.commit(operator.base)
        policy = policy_at(repository, base, operator.policy)
        ground = ground_of(operator, context, policy, repository, base)
        keeper = gate(policy, ground)
        keeper.ready()
        with workspace(repository, base) as work:
            run = operator.agent.run(operator.task, work.folder)
            if run.failure:
                log.warning("the agent did not finish: %s", run.failure)
            head = work.commit(_message(operator.task, context), operator.task_id)
        identity = run_identity(context)
        trace = run.trace.asked(operator.task) if run.trace else None
        cache, packages = cache_folder(policy), policy.dbt.packages
        with branch_changeset(
            repository, base, head, trace, run=identity, cache=cache, packages=packages
        ) as changeset:
            judged = replace(changeset, trace_problem=run.trace_problem, agent_failure=run.failure)
            record = keeper.decide(judged)
        kept = f"refs/governance/{record.decision_id}"
        outcome = outcome_of(record, judged, operator.on_review, context)
        repository.git("update-ref", kept, head)  # keeps the commit from being collected as garbage
    return {**outcome, "head": head, "base": operator.base}


def govern_artifacts(operator: "GateOperator", context: "Context") -> dict[str, Any]:
    """Judge what an upstream task produced."""
    given = [name for name in ("sql", "files", "repo") if getattr(operator, name)]
    if len(given) != 1:
        raise AirflowFailException(f"give exactly one of sql, files and repo, not {given or 'none'}")
    sql, files = texts(operator.sql or operator.files or "")
    with told():
        identity = run_identity(context)
        trace, problem = read_transcript(operator.transcript)
        author = Authorship.BY_HAND if operator.by_hand else Authorship.AGENT
        if operator.repo:
            repository = Repository.at(operator.repo)
            base = repository.commit(operator.base)
            policy = policy_at(repository, base, operator.policy)
            ground = ground_of(operator, context, policy, repository, base)
            head = repository.commit(operator.head or "HEAD")
            with branch_changeset(
                repository,
                operator.base,
                head,
                trace,
                author,
                identity,
                cache_folder(policy),
                policy.dbt.packages,
            ) as changeset:
                judged = replace(changeset, trace_problem=problem)
                record = gate(policy, ground).decide(judged)
            return {
                **outcome_of(record, judged, operator.on_review, context),
                "head": head,
                "base": operator.base,
            }
        artifacts = loose_artifacts(sql, operator.dialect, files)
        judged = ChangeSet(artifacts, trace, author, Origin(run=identity), trace_problem=problem)
        record = gate(loose_policy(operator.policy)).decide(judged)
        return outcome_of(record, judged, operator.on_review, context)


def outcome_of(record: Record, changeset: ChangeSet, on_review: str, context: "Context") -> dict[str, Any]:
    """What a passed gate task returns. Raises AirflowFailException when the change may not go on."""
    decision = record.decision
    log.info("decision %s: %s\n%s", record.decision_id, decision.verdict, findings_table(decision))
    context["ti"].xcom_push("governance_decision", record.decision_id)  # for the link, blocked or not
    refused = decision.verdict is Verdict.BLOCK or (
        decision.verdict is Verdict.REVIEW and on_review != "hold"
    )
    if refused:
        more = f"`governance show {record.decision_id}` has all {len(decision.findings)} findings."
        what = _reason(decision.findings[0])
        raise AirflowFailException(f"governance: {decision.verdict} ({record.decision_id}): {what}. {more}")
    return {
        "decision": record.decision_id,
        "verdict": str(decision.verdict),
        "paths": [artifact.path for artifact in changeset.artifacts],
    }


def _reason(top: Finding) -> str:
    """The gravest finding in a line, which Airflow also reports; it quotes nothing that the agent said."""
    place = f" at {top.location}" if str(top.location) else ""
    said = f": {top.message.rstrip('.')}" if top.location.step is None else ""
    return f"{top.code} {top.name}{place}{said}"


def texts(made: Any) -> tuple[str, Mapping[str, str]]:
    """What was made, as SQL or as files. Raises AirflowFailException when it is neither."""
    if isinstance(made, str):
        return made, {}
    if isinstance(made, Mapping) and all(isinstance(part, str) for item in made.items() for part in item):
        return "", made
    raise AirflowFailException(
        f"the gate judges SQL (text) or files (path to text), not {type(made).__name__}"
    )


def loose_artifacts(sql: str, dialect: str, files: Mapping[str, str]) -> tuple[Artifact, ...]:
    """SQL text and files as artifacts."""
    artifacts = [Artifact(path, kind_of(path, text.encode()), text.encode()) for path, text in files.items()]
    if sql:
        artifacts.append(
            Artifact("<sql>", ArtifactKind.SQL, sql.encode("utf-8", "surrogatepass"), dialect=dialect)
        )
    return tuple(artifacts)


def read_transcript(path: str) -> "tuple[Trace | None, str]":
    """The trace in a file, or what is wrong with it."""
    from governance.transcripts import read_trace

    if not path:
        return None, ""
    try:
        return read_trace(Path(path).read_bytes(), path), ""
    except UnreadableTrace as error:
        return None, str(error)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}", "Check `transcript`.") from error


def run_identity(context: "Context") -> dict[str, str]:
    """Airflow's ids of this try, by which evidence is keyed; `ti_id` is unique for each try."""
    ti = context["ti"]
    return {
        "dag_id": ti.dag_id,
        "task_id": ti.task_id,
        "run_id": ti.run_id,
        "map_index": str(ti.map_index if ti.map_index is not None else -1),
        "try_number": str(ti.try_number),
        "ti_id": str(ti.id),
    }


def _message(task: str, context: "Context") -> str:
    ti = context["ti"]
    summary = (task.strip().splitlines() or ["Agent change"])[0][:72]
    return f"{summary}\n\nAirflow-Run: {ti.dag_id}/{ti.run_id}/{ti.task_id} try {ti.try_number}\n"
