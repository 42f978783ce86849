"""The operators: run an agent behind the gate, judge what a task made, merge what was allowed."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from airflow.sdk import BaseOperator

from governance.airflow.lineage import DecisionFacets
from governance.airflow.link import DecisionLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from governance.adapters.agents import Agent


class ProjectConfig(Protocol):
    """What Cosmos' class of this name offers, as far as it is used, so that nothing is said twice.

    Checked against astronomer-cosmos 1.15.1, of which nothing is imported: any such object will do. The
    repository is the one that holds `dbt_project_path`. `dbt_vars` and `env_vars` are handed to dbt, and may
    be templates of Airflow's; `manifest_path` tells tables and columns, as `dbt.manifest` in a policy does.
    """

    dbt_project_path: Any
    manifest_path: Any
    dbt_vars: Any
    env_vars: Any


def review_word(word: str) -> str:
    """What a task does with a change that needs review. Raises ValueError when it is no such word."""
    if word not in ("fail", "hold"):
        raise ValueError(f"on_review is {word!r}; use 'fail' or 'hold'")
    return word


def told_apart(repo: Any) -> tuple[Any, dict[str, Any]]:
    """The path of a repository, or of the project in it, and what is to be handed to dbt, as plain data.

    An operator keeps plain data: an object would look like another one each time its DAG is read. Raises
    ValueError for a project without a folder, since there is no repository to judge then.
    """
    if not hasattr(repo, "dbt_project_path"):
        return repo, {}
    if not repo.dbt_project_path:
        raise ValueError("repo has no dbt_project_path, so there is no repository to judge; give one")
    manifest = getattr(repo, "manifest_path", None)
    given = {
        "vars": dict(getattr(repo, "dbt_vars", None) or {}),
        "environment": dict(getattr(repo, "env_vars", None) or {}),
        "manifest": str(manifest or ""),
        "manifest_connection": getattr(manifest, "conn_id", None) or "",
    }
    return os.fspath(repo.dbt_project_path), {key: value for key, value in given.items() if value}


class GovernedAgentOperator(DecisionFacets, BaseOperator):
    """Runs an agent in a work tree of `base` and lets through only what the gate passes.

    The agent's files and trace become a change set, which is judged under `policy` (a file; by
    default `governance.yml` of `base`), signed and stored before anything else happens. A blocked
    task fails without retry and leaves no artifact. `on_review` says what a change that needs
    review does: `fail` (default), or `hold`, which succeeds and leaves it to an approval task and
    to MergeOperator's `approval`. `repo` is a path in a git repository, or Cosmos' `ProjectConfig`, whose
    variables are handed to dbt and whose manifest says what tables there are.

    Returns the outcome: decision, verdict, head (the commit with the change) and paths.
    """

    template_fields: Sequence[str] = ("task", "repo", "base", "policy")
    operator_extra_links = (DecisionLink(),)
    ui_color = "#e8f0ec"

    def __init__(
        self,
        *,
        agent: "Agent",
        repo: "str | ProjectConfig",
        base: str = "main",
        task: str = "",
        policy: str = "",
        on_review: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.agent = agent
        self.repo, self.project = told_apart(repo)
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
    `by_hand` says that a person wrote it. `repo`, failing and returning are GovernedAgentOperator's.
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
        repo: "str | ProjectConfig" = "",
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
        self.repo, self.project = told_apart(repo)
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
    also needs `approval`: the output of an approval task, which is signed into the ledger. `repo` is that
    of the gate task, a path or a `ProjectConfig`.
    """

    template_fields: Sequence[str] = ("outcome", "approval", "repo", "into", "policy")
    ui_color = "#e8f0ec"

    def __init__(
        self,
        *,
        outcome: Any,
        repo: "str | ProjectConfig",
        into: str = "main",
        approval: Any = None,
        policy: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.outcome = outcome
        self.repo, self.project = told_apart(repo)
        self.into = into
        self.approval = approval
        self.policy = policy

    def execute(self, context: "Context") -> dict[str, Any]:
        """Merge, or fail without having touched the branch."""
        from governance.airflow.merging import merge_outcome

        return merge_outcome(self, context)
