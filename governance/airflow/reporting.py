"""Finding a task's decision in the ledger, for reports that are made after the task has ended."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from governance.adapters.git import Repository
from governance.airflow.settings import loose_policy, settled
from governance.attestation import payload_of
from governance.govern import ledger_exists, open_ledger, policy_at
from governance.ledger.index import Query
from governance.policy import Policy
from governance.wire import loads

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from governance.ledger.store import Entry, Ledger

_WAIT = 2  # seconds for a ledger that others write; a report is not worth more


def lineage_of(operator: Any, task_instance: Any) -> "OperatorLineage[Any, Any] | None":
    """The facets of the decision that this try recorded; None when it recorded none.

    There are no outputs: what was judged is proposed, and only a merge or an execution makes it so.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage

    from governance.adapters.openlineage import decision_facets

    policy = settled(policy_of(operator))
    if not ledger_exists(policy):
        return None
    found = find_decision(open_ledger(policy, _WAIT), task_instance)
    if found is None:
        return None
    entry, envelope, statement = found
    facets = decision_facets(entry.decision_id, entry.position, envelope, statement)
    return OperatorLineage(run_facets=facets)


def policy_of(operator: Any) -> Policy:
    """The policy under which an operator judges."""
    if not getattr(operator, "repo", ""):
        return loose_policy(operator.policy)
    repository = Repository.at(operator.repo)
    return policy_at(repository, repository.commit(operator.base), operator.policy)


def find_decision(
    ledger: "Ledger", task_instance: Any
) -> "tuple[Entry, Mapping[str, Any], Mapping[str, Any]] | None":
    """Entry, envelope and statement of the decision that this try of a task recorded."""
    index = task_instance.map_index
    query = Query(
        dag_id=task_instance.dag_id,
        task_id=task_instance.task_id,
        run_id=task_instance.run_id,
        map_index=-1 if index is None else index,
    )
    for entry in ledger.entries(query):
        envelope = ledger.envelope(entry)
        statement: Mapping[str, Any] = loads(payload_of(envelope))
        if statement["predicate"]["origin"]["run"].get("ti_id") == str(task_instance.id):
            return entry, envelope, statement
    return None
