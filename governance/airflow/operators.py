"""The operators: run an agent behind the gate, judge what a task made, merge what was allowed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from governance.airflow.lineage import DecisionFacets
from governance.airflow.link import DecisionLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from governance.adapters.agents import Agent


def review_word(word: str) -> str:
    """What a task does with a change that needs review. Raises ValueError when it is no such word."""
    if word not in ("fail", "hold"):
        raise ValueError(f"on_review is {word!r}; use 'fail' or 'hold'")
    return word


class GovernedAgentOperator(DecisionFacets, BaseOperator):
    """Runs an agent in a work tree of `base` and lets through only what the gate passes.

    The agent's files and trace become a change set, which is judged under `policy` (a file; by
    default `governance.yml` of `base`), signed and stored before anything else happens. A blocked
    task fails without retry and leaves no artifact. `on_review` says what a change that needs
    review does: `fail` (default), or `hold`, which succeeds and leaves it to an approval task and
    to MergeOperator's `approval`.

    Returns the outcome: decision, verdict, head (the commit with the change) and paths.
    """

    template_fields: Sequence[str] = ("task", "repo", "base", "policy")
    operator_extra_links = (DecisionLink(),)
    ui_color = "#e8f0ec"

    def __init__(
        self,
        *,
        agent: "Agent",
        repo: str,
        base: str = "main",
        task: str = "",
        policy: str = "",
        on_review: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.agent = agent
        self.repo = repo
        self.base = base
        self.task = task
        self.policy = policy
        self.on_review = review_word(on_review)

    def execute(self, context: "Context") -> dict[str, Any]:
        """Run the agent, judge, record, and return the outcome or fail."""
        from governance.airflow.work import govern_agent

        return govern_agent(self, context)


class GateOperator(DecisionFacets, BaseOperator):
    """Judges what an upstream task produced: SQL, files, or a branch of a repository.

    Give exactly one of `sql`, `files` (path to text) or `repo` with `head`. `transcript` names the
    agent's transcript; without one the change is judged as an agent's without a trace, unless
    `by_hand` says that a person wrote it. Fails and returns as GovernedAgentOperator does.
    """

    template_fields: Sequence[str] = ("sql", "files", "repo", "base", "head", "transcript", "policy")
    operator_extra_links = (DecisionLink(),)
    ui_color = "#e8f0ec"

    def __init__(
        self,
        *,
        sql: str = "",
        dialect: str = "",
        files: Mapping[str, str] | None = None,
        repo: str = "",
        base: str = "main",
        head: str = "",
        transcript: str = "",
        by_hand: bool = False,
        policy: str = "",
        on_review: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.dialect = dialect
        self.files = files
        self.repo = repo
        self.base = base
        self.head = head
        self.transcript = transcript
        self.by_hand = by_hand
        self.policy = policy
        self.on_review = review_word(on_review)

    def execute(self, context: "Context") -> dict[str, Any]:
        """Judge, record, and return the outcome or fail."""
        from governance.airflow.work import govern_artifacts

        return govern_artifacts(self, context)


class MergeOperator(BaseOperator):
    """Merges a judged change into a branch; refuses without a valid decision for exactly these bytes.

    `outcome` is what the gate task returned, usually `gate.output`. A decision that asks for review
    also needs `approval`: the output of an approval task, which is signed into the ledger.
    """

    template_fields: Sequence[str] = ("outcome", "approval", "repo", "into", "policy")
    ui_color = "#e8f0ec"

    def __init__(
        self,
        *,
        outcome: Any,
        repo: str,
        into: str = "main",
        approval: Any = None,
        policy: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.outcome = outcome
        self.repo = repo
        self.into = into
        self.approval = approval
        self.policy = policy

    def execute(self, context: "Context") -> dict[str, Any]:
        """Merge, or fail without having touched the branch."""
        from governance.airflow.merging import merge_outcome

        return merge_outcome(self, context)
