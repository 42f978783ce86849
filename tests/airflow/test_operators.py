"""The operators in a real Airflow: what passes goes on, what does not fails once and leaves its evidence."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from governance.airflow import GateOperator, MergeOperator
from governance.attestation import payload_of, verify_envelope
from governance.keys import SigningKey, Trust

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

VERDICTS = [  # dag, task, verdict, gravest findings
    ("agents", "honest", "pass", []),
    ("agents", "pydantic_agent", "pass", []),
    ("agents", "blocked", "block", [("SQL010", "wipe.sql"), ("SQL401", "wipe.sql"), ("GOV010", "")]),
    ("agents", "review_fails", "review", [("GOV010", "")]),
    ("agents", "review_held", "review", [("GOV010", "")]),
    ("agents", "killed", "review", [("GOV010", ""), ("GOV014", "")]),
    ("agents", "timed_out", "review", [("GOV010", ""), ("GOV014", "")]),
    ("agents", "half_done", "review", [("GOV014", "")]),
    ("agents", "pydantic_agent_fails", "review", [("GOV014", ""), ("GOV015", "half.sql")]),
    ("agents", "connection_agent", "review", [("GOV008", "a")]),
    ("agents", "broken_transcript", "block", [("GOV013", ""), ("GOV010", "")]),
    ("agents", "says_no_task", "review", [("GOV015", "one.sql")]),
    ("agents", "own_git", "review", [("GOV010", "")]),
    ("agents", "symlink", "block", [("GOV007", "passwords.sql"), ("GOV010", "")]),
    ("agents", "own_policy", "block", [("SQL403", "a.sql"), ("GOV032", "governance.yml"), ("GOV010", "")]),
    ("agents", "deleting", "review", [("GOV010", "")]),
    ("gates", "sql_passes", "pass", []),
    ("gates", "sql_blocks", "block", [("SQL403", "<sql>")]),
    ("gates", "sql_unknown_dialect", "block", [("SQL002", "<sql>")]),
    ("gates", "sql_without_trace", "review", [("GOV010", "")]),
    ("gates", "sql_of_upstream", "block", [("SQL403", "<sql>"), ("GOV010", "")]),
    ("gates", "files_pass", "pass", []),
    ("gates", "files_block", "block", [("SQL403", "b.sql")]),
    ("gates", "branch_passes", "pass", []),
    ("gates", "branch_with_transcript", "pass", []),
    ("gates", "transcript_unreadable", "block", [("GOV013", ""), ("GOV010", "")]),
]


@pytest.mark.parametrize(
    ("dag", "name", "verdict", "findings"), VERDICTS, ids=[f"{c[0]}-{c[1]}" for c in VERDICTS]
)
def test_each_change_is_decided_for_its_own_reasons(story, dag, name, verdict, findings):
    assert story.entry(dag, name).verdict == verdict
    assert story.findings(dag, name) == findings


@pytest.mark.parametrize(
    ("dag", "name", "verdict", "findings"), VERDICTS, ids=[f"{c[0]}-{c[1]}" for c in VERDICTS]
)
def test_only_what_may_go_on_succeeds_and_nothing_is_tried_twice(story, dag, name, verdict, findings):
    task = story.task(dag, name)
    held = name in ("review_held", "deleting", "connection_agent")
    assert task.state == ("success" if verdict == "pass" or held else "failed")
    assert task.tries == 1
    assert ("return_value" in task.xcom) == (task.state == "success")


@pytest.mark.parametrize(
    ("dag", "name"), [("agents", "honest"), ("agents", "blocked"), ("gates", "sql_blocks")]
)
def test_evidence_names_the_try_and_is_linked(story, dag, name):
    task, entry = story.task(dag, name), story.entry(dag, name)
    assert task.xcom["governance_decision"] == entry.decision_id
    assert task.xcom["_link_DecisionLink"] == f"/governance/#/decisions/{entry.decision_id}"
    run = json.loads(payload_of(story.ledger.envelope(entry)))["predicate"]["origin"]["run"]
    assert run == {
        "dag_id": dag,
        "task_id": name,
        "run_id": story.runs[dag]["run_id"],
        "map_index": "-1",
        "try_number": "1",
        "ti_id": task.id,
    }


def test_evidence_is_signed(story):
    key = SigningKey.load(story.place / "key.pem")
    envelope = story.ledger.envelope(story.entry("agents", "blocked"))
    assert verify_envelope(envelope, Trust({}).with_key(key, "tests")).predicate["verdict"] == "block"


def test_the_log_of_a_blocked_task_has_its_findings_as_a_table(story):
    decision = story.entry("agents", "blocked").decision_id
    table = story.log_of("agents", "blocked").split(f"decision {decision}: block\n", 1)[1].splitlines()
    assert table[0].split() == ["verdict", "rule", "where", "what"]
    assert table[1].split()[:4] == ["block", "SQL010", "write-in-query", "wipe.sql:1:1"]
    assert table[2].split()[:4] == ["block", "SQL401", "unbounded-write", "wipe.sql:1:1"]


@pytest.mark.parametrize(
    ("dag", "name"),
    [
        ("agents", "shown_blocked"),
        ("agents", "merge_blocked"),
        ("gates", "shown_upstream"),
        ("functions", "shown_wiped"),
    ],
)
def test_nothing_downstream_of_a_block_runs(story, dag, name):
    task = story.task(dag, name)
    assert (task.state, task.tries, task.xcom) == ("upstream_failed", 0, {})


def test_the_outcome_arrives_downstream(story):
    outcome = story.task("agents", "shown_honest").xcom["return_value"]
    assert outcome["paths"] == ["reports/honest.sql"]
    assert outcome["verdict"] == "pass"
    assert story.git("show", f"{outcome['head']}:reports/honest.sql") == "select 1 as a"
    assert story.git("rev-parse", f"refs/governance/{outcome['decision']}") == outcome["head"]


def test_the_change_carries_the_trace_of_its_agent(story):
    reasoning = [
        step.reasoning.text
        for name in ("honest", "pydantic_agent")
        for step in story.ledger.trace(story.entry("agents", name)).trace.steps
        if step.reasoning
    ]
    assert reasoning == ["I was asked for a report, so I write one.", "orders has all that is asked for"]


def test_a_transcript_that_lacks_the_task_is_told_it(story):
    trace = story.ledger.trace(story.entry("agents", "says_no_task")).trace
    assert [step.text for step in trace.steps] == ["Add a report.", "Added a report."]


def test_an_agent_on_a_connection_writes_with_its_tools(story):
    outcome = story.task("agents", "connection_agent").xcom["return_value"]
    assert outcome["paths"] == ["a"]  # the test model makes up its arguments
    trace = story.ledger.trace(story.entry("agents", "connection_agent")).trace
    assert [step.call.name for step in trace.steps if step.call] == ["write_file"]
    assert trace.source.model == "test"


def test_an_agent_that_removes_a_file_deletes_it_in_the_change(story):
    head = story.task("agents", "deleting").xcom["return_value"]["head"]
    assert story.git("diff", "--name-status", "main", head) == "D\torders.sql"


def test_what_an_agent_does_to_its_own_git_has_no_effect(story):
    paths = {s["path"] for s in story.ledger.subjects(story.entry("agents", "own_git").position)}
    assert paths == {"one.sql"}


def test_mapped_tasks_have_decisions_of_their_own(story):
    decisions = [story.entry("agents", "mapped", index).decision_id for index in (0, 1)]
    assert decisions == [story.task("agents", f"mapped[{i}]").xcom["governance_decision"] for i in (0, 1)]
    assert len(set(decisions)) == 2


REFUSED = [  # dag, task, what the log says
    ("agents", "missing_program", "no-such-agent: No such file or directory"),
    ("agents", "missing_repository", "nowhere: not a git repository"),
    ("agents", "missing_base", "no revision 'nowhere'"),
    ("agents", "broken_policy", "broken.yml:2:1: not YAML"),
    ("agents", "pydantic_agent_absent", "agent 'agents:absent': module 'agents' has no attribute 'absent'"),
    ("gates", "transcript_missing", "nowhere.json: cannot be read: No such file or directory"),
    ("gates", "no_source", "give exactly one of sql, files and repo, not none"),
    ("gates", "two_sources", "give exactly one of sql, files and repo, not ['sql', 'files']"),
    ("gates", "sql_is_a_list", "the gate judges SQL (text) or files (path to text), not list"),
    ("gates", "files_hold_numbers", "the gate judges SQL (text) or files (path to text), not dict"),
    ("cosmos", "foreign_manifest", "foreign.json: it is of the dbt project 'huge', which"),
    ("cosmos", "missing_manifest", "none.json: the manifest cannot be read: FileNotFoundError"),
    ("cosmos", "broken_manifest", "broken.yml: no manifest of dbt"),
    ("cosmos", "own_path", "env_vars: PATH is the worker's own"),
    ("keyless", "honest", "no signing key at"),
    ("locked", "honest", "database is locked"),
]


@pytest.mark.parametrize(("dag", "name", "message"), REFUSED, ids=[c[1] for c in REFUSED])
def test_what_cannot_be_judged_fails_once_with_a_clear_message(story, dag, name, message):
    task = story.task(dag, name)
    assert (task.state, task.tries) == ("failed", 1)
    assert "return_value" not in task.xcom
    assert "governance_decision" not in task.xcom
    assert message in story.log_of(dag, name)


def test_a_project_of_cosmos_needs_no_second_configuration(story):
    """Its variables are handed to dbt, those of templates rendered; the repository is the one around it."""
    assert story.entry("cosmos", "configured").verdict == "pass"
    assert story.task("cosmos", "merge_configured").state == "success"
    assert story.entry("cosmos", "plain_path").verdict == "review"
    assert set(story.findings("cosmos", "plain_path")) == {("GOV023", "dbt/models/fresh.sql")}


def test_a_project_without_a_folder_is_refused_when_the_dag_is_read():
    config = SimpleNamespace(dbt_project_path=None, manifest_path="m.json", dbt_vars=None, env_vars=None)
    with pytest.raises(ValueError, match="no dbt_project_path"):
        GateOperator(task_id="gate", repo=config)


def test_an_operator_keeps_plain_data_of_a_project():
    """An object would be another one each time the file is read, and its DAG another version."""
    known = {"manifest_path": Path("m.json"), "dbt_vars": {"a": 1}, "env_vars": None}
    made = MergeOperator(task_id="m", outcome=None, repo=SimpleNamespace(dbt_project_path=Path("p"), **known))
    assert (made.repo, made.project) == ("p", {"vars": {"a": 1}, "manifest": "m.json"})


MERGES = [  # task, what the log says
    ("merge_of_unknown_decision", "decision '0000000000000000' is not in the ledger"),
    ("merge_without_outcome", "the gate task returned no outcome, so there is nothing to merge"),
    ("merge_of_text", "the gate task returned no outcome, so there is nothing to merge"),
    ("merge_into_nothing", "no revision 'nowhere'"),
    ("merge_foreign", "is not about these bytes: reports/honest.sql"),
    ("merge_blocked_anyway", "does not allow this merge: the decision was block"),
    ("merge_unapproved", "asks for review"),
    ("merge_rejected", "the approval task did not answer Approve"),
    ("merge_approved_by_text", "the approval task did not answer Approve"),
    ("merge_approved_by_nobody", "nobody answered: the approval is a time-out's default"),
]


@pytest.mark.parametrize(("name", "message"), MERGES, ids=[c[0] for c in MERGES])
def test_a_merge_without_a_valid_decision_is_refused(story, name, message):
    task = story.task("agents", name)
    assert (task.state, task.tries, task.xcom) == ("failed", 1, {})
    assert message in story.log_of("agents", name)


@pytest.mark.parametrize("branch", ["foreign", "blocked", "held", "reject", "unlucky", "main"])
def test_a_refused_merge_leaves_the_branch_as_it_was(story, branch):
    assert story.git("rev-parse", branch) == story.git("rev-list", "--max-parents=0", "main")


def test_an_allowed_merge_brings_exactly_the_judged_files_and_their_evidence(story):
    done = story.task("agents", "merge_honest").xcom["return_value"]
    head = story.task("agents", "honest").xcom["return_value"]["head"]
    assert story.git("rev-parse", "honest") == done["commit"]
    changed = story.git("diff", "--name-only", "main", "honest").splitlines()
    assert changed == [done["evidence"], "reports/honest.sql"]
    assert story.git("rev-parse", "honest:reports/honest.sql") == story.git(
        "rev-parse", f"{head}:reports/honest.sql"
    )


def test_a_merge_that_runs_again_finds_itself_done(story):
    again, first = (story.task("agents", name) for name in ("merge_twice", "merge_honest"))
    assert again.state == "success"
    assert again.xcom["return_value"] == first.xcom["return_value"]


def test_a_person_approves_a_review_through_airflow(story):
    merged = story.task("approvals", "merged_approve").xcom["return_value"]
    assert story.git("show", "approve:approve.sql") == "select 1 as a"
    entry = story.ledger.entry(merged["decision"])
    predicate = json.loads(payload_of(story.ledger.envelope(entry)))["predicate"]
    asked = story.task("approvals", "proposed_approve").xcom["governance_decision"]
    assert predicate["previous"] == asked
    assert predicate["approval"]["by"]
    assert predicate["approval"]["at"]
    assert predicate["approval"]["through"] == "airflow human-in-the-loop"


def test_a_person_rejects_a_review_and_nothing_is_merged(story):
    assert story.task("approvals", "reject").state == "success"
    assert story.task("approvals", "merged_reject").state == "skipped"


@pytest.mark.parametrize("dag", ["keyless", "locked"])
def test_without_evidence_nothing_is_merged(story, dag):
    assert story.task(dag, "merge_it").state == "upstream_failed"
    assert dag not in {entry.dag_id for entry in story.ledger.every_entry()}
