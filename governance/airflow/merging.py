"""What MergeOperator does when its task runs: approve if asked to, merge once, say what was merged."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from governance.adapters.git import Repository
from governance.airflow.settings import gate
from governance.airflow.work import told
from governance.attestation import payload_of
from governance.errors import MergeRefused
from governance.evidence import FOLDER
from governance.finding import Verdict
from governance.govern import Gate, policy_at
from governance.publish import Merge, approve, merge
from governance.wire import loads

if TYPE_CHECKING:
    from airflow.sdk import Context

    from governance.airflow.operators import MergeOperator
    from governance.ledger.store import Ledger

log = logging.getLogger(__name__)
_TRAILER = "Governance-Decision"


def merge_outcome(operator: "MergeOperator", context: "Context") -> dict[str, Any]:
    """Merge what a gate task allowed."""
    outcome = operator.outcome
    if not isinstance(outcome, Mapping) or not {"decision", "head"} <= outcome.keys():
        raise AirflowFailException("the gate task returned no outcome, so there is nothing to merge")
    with told():
        repository = Repository.at(operator.repo)
        policy = policy_at(repository, repository.commit(operator.into), operator.policy)
        keeper = gate(policy)
        head, decision = outcome["head"], keeper.ledger.entry(outcome["decision"]).decision_id
        done = merged_before(repository, keeper.ledger, decision, operator.into, head)
        if done is None:
            allowed = _approved(keeper, decision, operator.approval)
            done = merge(repository, keeper.ledger, allowed, operator.into, head, policy)
    log.info("merged %s into %s under decision %s", done.commit, done.branch, done.decision_id)
    return {
        "commit": done.commit,
        "branch": done.branch,
        "decision": done.decision_id,
        "evidence": done.sidecar,
    }


def merged_before(
    repository: Repository, ledger: "Ledger", decision: str, branch: str, head: str
) -> Merge | None:
    """The merge of an earlier try under this decision, or under its approval; a task may run twice."""
    tip = repository.commit(head)
    form = f"--format=%H %P %(trailers:key={_TRAILER},valueonly,separator= )"
    merges = repository.git("log", "--merges", "--first-parent", form, repository.commit(branch)).decode()
    for line in merges.splitlines():
        commit, _, merged, *names = line.split()
        if merged == tip and len(names) == 1 and decision in (names[0], _approved_by(ledger, names[0])):
            return Merge(commit, branch, names[0], f"{FOLDER}/{names[0]}.json")
    return None


def _approved_by(ledger: "Ledger", approval: str) -> str:
    """The decision that an approval is about; "" for what is no approval."""
    statement = loads(payload_of(ledger.envelope(ledger.entry(approval))))
    return str(statement["predicate"].get("previous", ""))


def _approved(keeper: Gate, decision: str, answer: Any) -> str:
    """The decision to merge under: the gate's own, or a person's approval of it, now in the ledger."""
    if keeper.ledger.entry(decision).verdict != str(Verdict.REVIEW):
        return decision
    if not answer:
        raise MergeRefused(f"decision {decision} asks for review", "Give MergeOperator an approval.")
    return approve(keeper.ledger, decision, keeper.key, approval_of(answer))[0].decision_id


def approval_of(answer: Any) -> dict[str, Any]:
    """Who approved, when and through what, from an approval task's output. Raises MergeRefused."""
    if not isinstance(answer, Mapping) or answer.get("chosen_options") != ["Approve"]:
        raise MergeRefused("the approval task did not answer Approve", "Nothing was merged.")
    who = answer.get("responded_by_user")
    by = (who.get("name") or who.get("id")) if isinstance(who, Mapping) else who
    if not by:
        raise MergeRefused("nobody answered: the approval is a time-out's default", "Ask a person.")
    return {
        "by": str(by),
        "at": str(answer.get("responded_at") or ""),
        "reason": str((answer.get("params_input") or {}).get("reason", "")),
        "through": "airflow human-in-the-loop",
    }
