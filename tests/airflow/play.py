"""Runs the DAGs of the cases with `dag.test()`, each under its own conditions, and writes down how they ended."""

import contextlib
import json
import os
import sqlite3
import sys
import threading
import time
from pathlib import Path

PLACE = Path(os.environ["CASES"])


@contextlib.contextmanager
def environment(**variables):
    """The variables set (None: unset) for a while."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables):
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def locked():
    """Another writer that holds the ledger and does not let go."""
    file = PLACE / "locked.db"
    from governance.ledger.store import Ledger

    Ledger.open(f"sqlite:///{file}", str(PLACE / "bodies"))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("begin immediate")
        with environment(GOVERNANCE_LEDGER=f"sqlite:///{file}"):
            yield


@contextlib.contextmanager
def answered():
    """A person who answers what waits for approval, through Airflow's own API."""
    stop = threading.Event()
    person = threading.Thread(target=_answer, args=(stop,), daemon=True)
    person.start()
    try:
        yield
    finally:
        stop.set()
        person.join(30)


def _answer(stop):
    """Answer until nothing waits any more; while Airflow writes, its API may fail, so it is asked again."""
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    waiting = {"approve": "Approve", "reject": "Reject"}
    with TestClient(create_app(apps="core"), raise_server_exceptions=False) as client:
        login = client.get("/auth/token")
        client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        while waiting and not stop.is_set():
            listed = client.get("/api/v2/dags/approvals/dagRuns/~/hitlDetails")
            for detail in listed.json()["hitl_details"] if listed.is_success else ():
                instance = detail["task_instance"]
                choice = waiting.get(instance["task_id"])
                if choice is None or detail.get("response_received"):
                    continue
                path = f"dags/approvals/dagRuns/{instance['dag_run_id']}/taskInstances/{instance['task_id']}"
                body = {"chosen_options": [choice], "params_input": {}}
                reply = client.patch(f"/api/v2/{path}/-1/hitlDetails", json=body)
                if reply.is_success:
                    del waiting[instance["task_id"]]
            time.sleep(0.3)


CONDITIONS = {
    "agents": contextlib.nullcontext,
    "gates": contextlib.nullcontext,
    "cosmos": contextlib.nullcontext,
    "functions": contextlib.nullcontext,
    "approvals": answered,
    "keyless": lambda: environment(GOVERNANCE_KEY=str(PLACE / "nowhere.pem")),
    "locked": locked,
    "configured": lambda: environment(
        GOVERNANCE_LEDGER=None,
        AIRFLOW__GOVERNANCE__LEDGER_URL=f"sqlite:///{PLACE / 'configured.db'}",
        AIRFLOW__GOVERNANCE__BODIES=str(PLACE / "configured-bodies"),
        AIRFLOW__GOVERNANCE__POLICY=str(PLACE / "lenient.yml"),
    ),
}


def told(run):
    """State, tries, id and XComs of every task of a run."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        tasks = {_name(ti): _task(ti) for ti in run.get_task_instances(session=session)}
        for xcom in session.scalars(
            select(XComModel).where(XComModel.run_id == run.run_id, XComModel.dag_id == run.dag_id)
        ):
            tasks[_name(xcom)]["xcom"][xcom.key] = XComModel.deserialize_value(xcom)
    return {"run_id": run.run_id, "tasks": tasks}


def _name(row):
    return row.task_id if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"


def _task(ti):
    return {"state": str(ti.state), "try": ti.try_number, "id": str(ti.id), "xcom": {}}


def main():
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    assert not bag.import_errors, bag.import_errors
    story = {}
    for name, conditions in CONDITIONS.items():
        started = time.time()
        with conditions():
            story[name] = told(bag.dags[name].test())
        print(f"PLAYED {name} in {time.time() - started:.1f} s", flush=True)
    (PLACE / "story.json").write_text(json.dumps(story, default=str))


if __name__ == "__main__":
    sys.exit(main())
