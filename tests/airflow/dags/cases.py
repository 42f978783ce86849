"""DAGs that do what users do with the operators, right and wrong; `play.py` runs them in a real Airflow."""

import os
from datetime import timedelta
from pathlib import Path

import agents
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, ObjectStoragePath, task

from governance.airflow import (
    CommandAgent,
    GateOperator,
    GovernedAgentOperator,
    MergeOperator,
    PydanticAgent,
    PydanticConnection,
    RecordedSession,
)

PLACE = Path(os.environ["CASES"])
REPO = str(PLACE / "repository")
WAREHOUSE = f"duckdb:///{PLACE / 'warehouse.duckdb'}"
HONEST = RecordedSession(str(PLACE / "honest.json"))
RETRYING = {"retries": 3, "retry_delay": timedelta(0)}


def shell(script: str, **options) -> CommandAgent:
    return CommandAgent(["sh", "-c", script], **options)


def governed(name: str, agent, **options) -> GovernedAgentOperator:
    return GovernedAgentOperator(task_id=name, agent=agent, task="Add a report.", **{"repo": REPO, **options})


def merge(name: str, outcome, into: str, **options) -> MergeOperator:
    return MergeOperator(task_id=name, outcome=outcome, repo=REPO, into=into, **options)


def gate(name: str, **options) -> GateOperator:
    return GateOperator(task_id=name, **options)


@task
def shown(outcome):
    return outcome


with DAG("agents", schedule=None):
    honest = governed("honest", HONEST)
    shown.override(task_id="shown_honest")(honest.output)
    merge("merge_honest", honest.output, "honest")
    merge("merge_twice", honest.output, "honest").set_upstream(honest.dag.get_task("merge_honest"))

    foreign = agents.smuggle.override(task_id="foreign_bytes")(honest.output, REPO)
    merge("merge_foreign", foreign, "foreign")
    merge("merge_of_unknown_decision", {"decision": "0" * 16, "head": "main"}, "foreign")
    merge("merge_without_outcome", None, "foreign")
    merge("merge_of_text", "pass", "foreign")
    merge("merge_into_nothing", honest.output, "nowhere")

    blocked = governed("blocked", shell("echo 'delete from orders' > wipe.sql"), **RETRYING)
    shown.override(task_id="shown_blocked")(blocked.output)
    merge("merge_blocked", blocked.output, "blocked")
    merge("merge_blocked_anyway", agents.forged(REPO, "blocked"), "blocked", trigger_rule="all_done")

    governed("review_fails", shell("echo 'select 1 as a' > one.sql"), **RETRYING)
    held = governed("review_held", shell("echo 'select 1 as a' > one.sql"), on_review="hold")
    merge("merge_unapproved", held.output, "held")
    person = {"id": "7", "name": "ada"}
    yes = {"chosen_options": ["Approve"], "params_input": {"reason": "seen"}, "responded_by_user": person}
    merge("merge_rejected", held.output, "held", approval={**yes, "chosen_options": ["Reject"]})
    merge("merge_approved_by_nobody", held.output, "held", approval={**yes, "responded_by_user": None})
    merge("merge_approved_by_text", held.output, "held", approval="Approve")

    governed("killed", shell("echo 'select 1 as a' > one.sql; kill -9 $$"))
    governed("timed_out", shell("echo 'select 1 as a' > one.sql; sleep 60", seconds=1))
    governed("half_done", RecordedSession(str(PLACE / "outdated.json")))
    governed("broken_transcript", shell("echo 'select 1 as a' > one.sql; echo '{\"half\": '"))
    governed("says_no_task", shell(f"echo 'select 1 as a' > one.sql; echo '{agents.SAID}'"))
    governed("missing_program", CommandAgent(["no-such-agent"]), **RETRYING)
    governed("own_git", shell("rm -rf .git; ln -s /tmp .git; echo 'select 1 as a' > one.sql"))
    governed("symlink", shell("ln -s /etc/passwd passwords.sql"))
    governed("deleting", shell("rm orders.sql"), on_review="hold")
    governed(
        "own_policy", shell("echo 'verdicts: {high: pass}' > governance.yml; echo 'drop table t' > a.sql")
    )
    governed("nothing_done", shell("true"), on_review="hold")

    governed("pydantic_agent", PydanticAgent("agents:writer"))
    governed("pydantic_agent_fails", PydanticAgent("agents:failing"))
    governed("pydantic_agent_absent", PydanticAgent("agents:absent"))
    governed(
        "connection_agent",
        PydanticConnection("model", "Write a report.", tools=agents.writing),
        on_review="hold",
    )
    GovernedAgentOperator.partial(task_id="mapped", agent=HONEST, repo=REPO).expand(task=["one", "two"])

    governed("missing_repository", HONEST, repo=str(PLACE / "nowhere"), **RETRYING)
    governed("missing_base", HONEST, base="nowhere")
    governed("broken_policy", HONEST, policy=str(PLACE / "broken.yml"), **RETRYING)


with DAG("gates", schedule=None):
    gate("sql_passes", sql="select 1 as a", dialect="duckdb", by_hand=True)
    gate("sql_blocks", sql="drop table orders", dialect="duckdb", by_hand=True, **RETRYING)
    gate("sql_unknown_dialect", sql="select 1", dialect="klingon", by_hand=True)
    gate("sql_without_trace", sql="select 1 as a", dialect="duckdb")
    gate("files_pass", files={"reports/one.sql": "select 1 as a"}, by_hand=True)
    gate("files_block", files={"a.sql": "select 1 as a", "b.sql": "drop table orders"}, by_hand=True)
    gate("branch_passes", repo=REPO, head="honest-work", by_hand=True)
    gate("branch_with_transcript", repo=REPO, head="honest-work", transcript=str(PLACE / "done.json"))
    gate("transcript_missing", sql="select 1 as a", dialect="duckdb", transcript=str(PLACE / "nowhere.json"))
    gate("transcript_unreadable", sql="select 1 as a", dialect="duckdb", transcript=str(PLACE / "broken.yml"))
    gate("no_source")
    gate("two_sources", sql="select 1 as a", files={"a.sql": "select 1 as a"})
    gate("sql_is_a_list", sql=["select 1"], dialect="duckdb")
    gate("files_hold_numbers", files={"a.sql": 1})

    asked = task(lambda: "drop table orders", task_id="upstream")()
    judged = GateOperator(task_id="sql_of_upstream", sql=asked, dialect="duckdb")
    shown.override(task_id="shown_upstream")(judged.output)


class ProjectConfig:
    """Of the shape of Cosmos' class of this name (astronomer-cosmos 1.15.1), down to what is left out."""

    def __init__(self, dbt_project_path=None, manifest_path=None, env_vars=None, dbt_vars=None):
        self.dbt_project_path = Path(dbt_project_path) if dbt_project_path else None
        if manifest_path:
            self.manifest_path = ObjectStoragePath(str(manifest_path))
        self.env_vars = env_vars
        self.dbt_vars = dbt_vars

    manifest_path = None


with DAG("cosmos", schedule=None):
    tiny = PLACE / "tiny" / "dbt"
    known = {"dbt_vars": {"wanted": "{{ ti.try_number }}"}, "env_vars": {"TINY_NAME": "small"}}
    whole = ProjectConfig(tiny, PLACE / "manifest.json", **known)
    judged = gate("configured", repo=whole, head="work", by_hand=True)
    MergeOperator(task_id="merge_configured", outcome=judged.output, repo=whole, into="merged")
    gate("plain_path", repo=str(tiny), head="work", by_hand=True)
    gate("foreign_manifest", repo=ProjectConfig(tiny, PLACE / "foreign.json"), head="work", by_hand=True)
    gate("missing_manifest", repo=ProjectConfig(tiny, PLACE / "none.json"), head="work", by_hand=True)
    gate("broken_manifest", repo=ProjectConfig(tiny, PLACE / "broken.yml"), head="work", by_hand=True)
    gate("own_path", repo=ProjectConfig(tiny, env_vars={"PATH": "/x"}), head="work", by_hand=True)


with DAG("functions", schedule=None):

    @task.governed(dialect="duckdb", execute_on=WAREHOUSE)
    def counted():
        """How many orders are there?"""
        return agents.recorded("select count(*) as orders from orders")

    @task.governed(dialect="duckdb", execute_on=WAREHOUSE, **RETRYING)
    def wiped():
        """How many orders are there?"""
        return agents.recorded("delete from orders")

    @task.governed(dialect="duckdb", tables=["orders"])
    def out_of_scope():
        return agents.recorded("select * from salaries")

    @task.governed(dialect="duckdb", profile="write", execute_on=WAREHOUSE)
    def bounded_write():
        return agents.recorded("delete from scratch where id = 1")

    @task.governed(dialect="duckdb", execute_on=WAREHOUSE)
    def many_rows():
        return agents.recorded(
            "select id, id / 0.0 as share, date '2026-01-01' as day from range(1500) as t(id)"
        )

    @task.governed
    def files():
        return agents.recorded({"reports/one.sql": "select 1 as a\n"})

    @task.governed(dialect="duckdb")
    def no_trace():
        return "select 1 as a"

    @task.governed(dialect="duckdb", on_review="hold")
    def held_sql():
        return "select 1 as a"

    @task.governed
    def number():
        return 7

    @task.governed
    def nothing():
        return ""

    @task.governed(**RETRYING)
    def raising():
        raise RuntimeError("the model is away")

    @task.governed(dialect="duckdb")
    def each(limit):
        return agents.recorded(f"select id from orders limit {limit}")

    @task.governed(dialect="duckdb", execute_on="warehouse")
    def no_connection():
        return agents.recorded("select 1 as a")

    shown.override(task_id="shown_counted")(counted())
    shown.override(task_id="shown_wiped")(wiped())
    for function in (out_of_scope, bounded_write, many_rows, files, no_trace, held_sql):
        function()
    for function in (number, nothing, raising, no_connection):
        function()
    each.expand(limit=[1, 2])


with DAG("approvals", schedule=None):
    for name in ("approve", "reject"):
        proposed = governed(f"proposed_{name}", shell(f"echo 'select 1 as a' > {name}.sql"), on_review="hold")
        asked_for = ApprovalOperator(task_id=name, subject="Let it in?", fail_on_reject=False)
        merged = merge(f"merged_{name}", proposed.output, name, approval=asked_for.output)
        proposed >> asked_for >> merged


for name in ("keyless", "locked"):
    with DAG(name, schedule=None):
        made = governed("honest", HONEST)
        merge("merge_it", made.output, "unlucky")

with DAG("configured", schedule=None):
    gate("configured_policy", sql="drop table orders", dialect="duckdb", by_hand=True)
    gate(
        "named_policy",
        sql="drop table orders",
        dialect="duckdb",
        by_hand=True,
        policy=str(PLACE / "strict.yml"),
    )
