"""A real Airflow with a home of its own, in which the DAGs of the cases run once for all tests."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from governance.keys import SigningKey, Trust
from governance.ledger.index import Query
from governance.ledger.store import Ledger

HERE = Path(__file__).parent
SECONDS = 240


def run_to_end(command: list[str], environment: dict[str, str], log: Path, seconds: float = SECONDS) -> int:
    """Run a program with its output in a file; past its time the whole process group is killed."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return process.wait(seconds)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@dataclass(frozen=True)
class Task:
    """How a task ended."""

    state: str
    tries: int
    id: str
    xcom: dict[str, Any]


@dataclass(frozen=True)
class Story:
    """What came of the DAGs: tasks by name, the log, the repository, the ledger and the events sent."""

    place: Path
    runs: dict[str, Any]

    def task(self, dag: str, name: str) -> Task:
        told = self.runs[dag]["tasks"][name]
        return Task(told["state"], told["try"], told["id"], told["xcom"])

    @property
    def log(self) -> str:
        return (self.place / "airflow.log").read_text(errors="replace")

    def log_of(self, dag: str, name: str) -> str:
        """What was logged while one task of a DAG ran."""
        before = self.log.split(f"PLAYED {dag} in", 1)[0].rsplit("PLAYED ", 1)[-1]
        return before.split(f"starting task_id={name} ", 1)[1].split(f"end task task_id={name} ", 1)[0]

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(f"sqlite:///{self.place / 'ledger.db'}", str(self.place / "bodies"))

    def entry(self, dag: str, name: str, map_index: int = -1):
        found = self.ledger.entries(Query(dag_id=dag, task_id=name, map_index=map_index))
        assert len(found) == 1, f"{dag}.{name} recorded {len(found)} decisions"
        return found[0]

    def findings(self, dag: str, name: str) -> list[tuple[str, str]]:
        """Code and path of every finding that did not pass."""
        position = self.entry(dag, name).position
        found = self.ledger.findings([position])[position]
        return [(finding["code"], finding["path"]) for finding in found if finding["verdict"] != "pass"]

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.place / "repository"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def events(self, dag: str, name: str) -> list[dict[str, Any]]:
        lines = (self.place / "events.jsonl").read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["job"]["name"] == f"{dag}.{name}"]


@pytest.fixture(scope="session")
def airflow_environment(tmp_path_factory) -> dict[str, str]:
    """A migrated, private Airflow and a place for the cases; the environment to start programs in it."""
    place = tmp_path_factory.mktemp("cases")
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "GOVERNANCE"))
        },
        "AIRFLOW_HOME": str(place / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "tests",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(place / "events.jsonl"), "append": True}
        ),
        "AIRFLOW_CONN_MODEL": json.dumps({"conn_type": "pydanticai", "extra": {"model": "test"}}),
        "CASES": str(place),
        "DO_NOT_TRACK": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GOVERNANCE_KEY": str(place / "key.pem"),
        "GOVERNANCE_LEDGER": f"sqlite:///{place / 'ledger.db'}",
        "PYTHONPATH": str(HERE / "dags"),
    }
    log = place / "airflow.log"
    status = run_to_end([sys.executable, "-m", "airflow", "db", "migrate"], environment, log)
    assert status == 0, log.read_text(errors="replace")[-3000:]
    return environment


@pytest.fixture(scope="session")
def story(airflow_environment) -> Story:
    """The cases, played once."""
    place = Path(airflow_environment["CASES"])
    furnish(place)
    log = place / "airflow.log"
    status = run_to_end([sys.executable, str(HERE / "play.py")], airflow_environment, log)
    assert status == 0, log.read_text(errors="replace")[-6000:]
    return Story(place, json.loads((place / "story.json").read_text()))


def furnish(place: Path) -> None:
    """What the cases work on: repository, warehouse, sessions, policies, key."""
    import duckdb

    key = SigningKey.generate()
    key.save(place / "key.pem")
    make_repository(place / "repository", Trust({}).with_key(key, "tests"))
    with duckdb.connect(str(place / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create table orders as select range as id from range(3)")
        warehouse.execute("create table scratch as select range as id from range(3)")
    write = {"path": "{worktree}/reports/honest.sql", "content": "select 1 as a\n"}
    (place / "honest.json").write_text(session("write_file", write))
    (place / "done.json").write_text(session("write_file", {**write, "path": "reports/honest.sql"}))
    edit = {"file_path": "{worktree}/orders.sql", "old_string": "no such text", "new_string": "select 2"}
    (place / "outdated.json").write_text(session("Edit", edit))
    make_project(place / "tiny", Trust({}).with_key(key, "tests"))
    for name, project in (("manifest", "tiny"), ("foreign", "huge")):
        (place / f"{name}.json").write_text(json.dumps(manifest_of(project)))
    (place / "broken.yml").write_text("verdicts: {medium: perhaps\n")
    (place / "strict.yml").write_text("version: 1\n")
    (place / "lenient.yml").write_text("rules: {SQL403: medium}\n")


def make_repository(root: Path, trust: Trust) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)

    (root / ".governance").mkdir(parents=True)
    (root / "reports").mkdir()
    (root / ".governance" / "trust.json").write_text(trust.to_json())
    (root / "orders.sql").write_text("select 1 as id\n")
    (root / "reports" / "first.sql").write_text("select 1 as id\n")
    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.name", "tester")
    git("config", "user.email", "tester@localhost")
    git("add", "--all")
    git("commit", "--quiet", "--message", "base")
    for branch in ("honest", "foreign", "blocked", "held", "approve", "reject", "unlucky", "honest-work"):
        git("branch", branch)
    git("checkout", "--quiet", "honest-work")
    (root / "reports" / "honest.sql").write_text("select 1 as a\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", "work")
    git("checkout", "--quiet", "main")


def make_project(root: Path, trust: Trust) -> None:
    """A repository with a dbt project that renders only with the variables that its users hand to dbt."""
    files = {
        "governance.yml": "dbt: {build: false, cache: ''}\n",
        ".governance/trust.json": trust.to_json(),
        "dbt/dbt_project.yml": "name: tiny\nprofile: tiny\nversion: 1.0.0\n",
        "dbt/models/seen.sql": "select {{ var('wanted') }} as a, '{{ env_var('TINY_NAME', none) or 1 / 0 }}' as b\n",
    }

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)

    def commit() -> None:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        git("add", "--all")
        git("commit", "--quiet", "--message", "project")

    root.mkdir()
    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.name", "tester")
    git("config", "user.email", "tester@localhost")
    commit()
    git("branch", "merged")
    git("checkout", "--quiet", "-b", "work")
    files = {"dbt/models/fresh.sql": "select a, b from {{ ref('seen') }}\n"}
    commit()
    git("checkout", "--quiet", "main")


def manifest_of(project: str) -> dict[str, Any]:
    """A manifest of dbt's without a node."""
    version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    metadata = {"dbt_schema_version": version, "project_name": project}
    return {"metadata": metadata, "nodes": {}, "sources": {}, "child_map": {}}


def session(tool: str, arguments: dict[str, str]) -> str:
    """A recorded session with one tool call, as ATIF."""
    call = {"tool_call_id": "call-1", "function_name": tool, "arguments": arguments}
    acted = {
        "step_id": 2,
        "source": "agent",
        "message": "",
        "reasoning_content": "I was asked for a report, so I write one.",
        "tool_calls": [call],
        "observation": {"results": [{"source_call_id": "call-1", "content": "ok"}]},
    }
    steps = [{"step_id": 1, "source": "user", "message": "Add a report."}, acted]
    agent = {"name": "scribe", "version": "1"}
    return json.dumps({"schema_version": "ATIF-v1.8", "session_id": "s", "agent": agent, "steps": steps})
