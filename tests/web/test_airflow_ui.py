"""The view inside a real Airflow, started as `make ui` does it: login, permissions, navigation, the task's tab."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from governance.airflow.standalone import Place, free_port
from governance.web.api import create_app
from governance.web.local import LocalGuard
from tests.web.test_api import every_path

# All use the browser: else pytest runs those that need it apart from the others, and starts Airflow twice.
pytestmark = [
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.xdist_group("airflow"),
    pytest.mark.usefixtures("chromium"),
]

DAG = """
from airflow.sdk import dag
from governance.airflow import GateOperator


@dag(schedule=None, is_paused_upon_creation=False)
def ask():
    GateOperator(task_id="gate", sql="delete from orders", dialect="postgres")


ask()
"""
SECONDS = 120


def left(root: Path) -> list[Path]:
    """The processes that still run for this Airflow: they were all started in its folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # not ours, or gone by now
            if os.readlink(process / "cwd") == str(root):
                found.append(process)
    return found


def heard(processes: list[Path]) -> set[str]:
    """The addresses, in the kernel's notation, that these processes listen on."""
    listening = {}
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                listening[f"socket:[{fields[9]}]"] = fields[1].partition(":")[0]
    found = set()
    for process in processes:
        with contextlib.suppress(OSError):
            found |= {listening.get(os.readlink(file), "") for file in (process / "fd").iterdir()}
    return found - {""}


def until(what, seconds: float = SECONDS):
    """The first true answer. Fails when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:g} seconds")


def _heeding_interrupts() -> None:
    """A shell has what it starts in the background ignore them, and so would all that is started there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Ui:
    """`python -m governance.airflow.standalone`, and who logs in."""

    root: Path
    process: subprocess.Popen
    port: int

    @classmethod
    def start(cls, root: Path) -> "Ui":
        port = free_port()
        command = [sys.executable, "-m", "governance.airflow.standalone", "--port", str(port)]
        with (root / "said").open("wb") as said:
            process = subprocess.Popen(
                command, cwd=root, stdout=said, stderr=said, preexec_fn=_heeding_interrupts
            )
            return cls(root, process, port)

    @property
    def said(self) -> str:
        return (self.root / "said").read_text()

    @property
    def home(self) -> Path:
        return self.root / ".airflow" / "airflow"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        return re.search(r"login  admin\n +(\S+)", self.said).group(1)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def client(url: str, name: str, password: str) -> httpx.Client:
    """Logged in at Airflow's own door."""
    answer = httpx.post(f"{url}/auth/token", json={"username": name, "password": password}, trust_env=False)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30)


@pytest.fixture(scope="module")
def ui(tmp_path_factory):
    """A fresh Airflow in which the gate refused one statement."""
    root = tmp_path_factory.mktemp("ui")
    (root / "dags").mkdir()
    (root / "dags" / "ask.py").write_text(DAG)
    ui = Ui.start(root)
    try:
        until(lambda: "ledger " in ui.said or ui.process.poll() is not None)
        assert ui.process.poll() is None, ui.said
        admin = client(ui.url, "admin", ui.password)
        until(lambda: admin.get("/api/v2/dags/ask").status_code == 200)
        run = {"logical_date": None, "dag_run_id": "first"}
        assert admin.post("/api/v2/dags/ask/dagRuns", json=run).status_code == 200
        until(lambda: admin.get("/api/v2/dags/ask/dagRuns/first").json()["state"] == "failed")
        yield ui
    finally:
        if ui.process.poll() is None:
            ui.stop()


@pytest.fixture(scope="module")
def refused(ui) -> str:
    """The decision that the gate recorded."""
    rows = client(ui.url, "admin", ui.password).get("/governance/api/decisions").json()["rows"]
    assert [(row["verdict"], row["dag_id"], row["task_id"]) for row in rows] == [("block", "ask", "gate")]
    return rows[0]["id"]


def paths(decision: str) -> list[str]:
    return every_path(create_app(None, None, LocalGuard()), decision)


def test_every_route_answers_401_without_login(ui, refused):
    with httpx.Client(base_url=ui.url, trust_env=False) as stranger:
        for path in paths(refused):
            assert stranger.get(f"/governance{path}").status_code == 401, path
            forged = {"Authorization": "Bearer e30.e30.e30"}
            assert stranger.get(f"/governance{path}", headers=forged).status_code in (401, 403), path
        assert (
            stranger.get("/plugin/governance").status_code == 200
        )  # Airflow's own shell, which asks to log in


def test_it_listens_on_the_loopback_and_nowhere_else(ui):
    assert heard(left(ui.root)) == {"0100007F"}


@pytest.fixture(scope="module")
def with_teams(ui):
    """A second API server over the same Airflow, in which the DAG belongs to the team `shop`."""
    with sqlite3.connect(ui.home / "airflow.db") as database:
        database.execute("insert into team (name) values ('shop'), ('finance')")
        database.execute(
            "insert into dag_bundle_team (dag_bundle_name, team_name) values ('dags-folder', 'shop')"
        )
    logins = ui.root / "teams.json"
    logins.write_text(json.dumps({"ada": "a", "bob": "b", "nobody": "n"}))
    port = free_port()
    environment = {
        **Place.in_checkout(ui.root).environment(port),
        "AIRFLOW_HOME": str(ui.root / "teams"),
        "AIRFLOW__CORE__MULTI_TEAM": "True",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "ada:viewer:shop,bob:viewer:finance,nobody:",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(logins),
    }
    with (ui.root / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "airflow", "api-server", "--port", str(port)]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/api/v2/version", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        until(answers)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def test_who_may_read_the_dag_sees_its_decision(with_teams, refused):
    ada = client(with_teams, "ada", "a")
    assert [row["id"] for row in ada.get("/governance/api/decisions").json()["rows"]] == [refused]
    assert ada.get(f"/governance/api/decisions/{refused}").json()["verdict"] == "block"


def test_who_may_not_read_the_dag_gets_403_and_an_empty_list(with_teams, refused):
    bob = client(with_teams, "bob", "b")
    of_decision = [path for path in paths(refused) if refused in path]
    assert len(of_decision) >= 7
    for path in of_decision:
        query = "?path=<sql>" if path.endswith("artifact") else ""
        assert bob.get(f"/governance{path}{query}").status_code == 403, path
    assert bob.get("/governance/api/decisions").json()["matched"] == 0


def test_who_may_read_nothing_gets_403_everywhere(with_teams, refused):
    nobody = client(with_teams, "nobody", "n")
    for path in paths(refused):
        assert nobody.get(f"/governance{path}").status_code == 403, path


@pytest.fixture
def window(page, ui):
    """A browser, logged in at Airflow's page."""
    outside = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(f"{ui.url}/plugin/governance")
    page.locator("input[name=username]").fill("admin")
    page.locator("input[type=password]").fill(ui.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/plugin/governance**")
    yield page
    assert [url for url in outside if not url.startswith((ui.url, "data:", f"blob:{ui.url}"))] == []


def test_the_navigation_leads_to_the_decisions(window, ui, refused):
    window.goto(ui.url)
    window.get_by_role("button", name="Browse").click()
    window.get_by_role("menuitem", name="Governance").click()
    view = window.frame_locator("iframe")
    expect(view.get_by_role("heading", name="Decisions")).to_be_visible()
    view.locator("a.decision").click()
    expect(view.get_by_role("heading", level=1)).to_have_text(
        "Blocked: this was neither merged nor executed."
    )
    expect(view.locator(".proof.holds summary")).to_have_text("Record verified")


def test_the_tab_of_a_task_instance_opens_its_decision(window, ui):
    window.goto(f"{ui.url}/dags/ask/runs/first/tasks/gate")
    window.get_by_role("link", name="Governance").click()
    view = window.frame_locator("iframe")
    expect(view.get_by_role("list", name="Reasons")).to_contain_text("SQL010")
    expect(view.locator(".line", has_text="delete from orders")).to_be_visible()
    view.get_by_role("link", name="Decisions").click()
    expect(view.get_by_role("heading", level=1)).to_have_text("Decisions about this task")
    expect(view.locator("a.decision")).to_have_count(1)


def test_the_tab_of_a_run_lists_its_decisions_and_no_others(window, ui):
    for run, number in (("first", 1), ("second", 0)):
        window.goto(f"{ui.url}/governance/?dag=ask&run={run}")
        expect(window.get_by_role("heading", level=1)).to_have_text("Decisions in this run")
        expect(window.locator("a.decision")).to_have_count(number)
    expect(window.get_by_role("heading", name="No decision was recorded here")).to_be_visible()


def test_the_view_wears_the_theme_of_airflow(window, ui):
    window.evaluate("localStorage.setItem('theme', 'dark')")
    window.goto(f"{ui.url}/plugin/governance")
    view = window.frame_locator("iframe").locator(":root")
    expect(view).to_have_attribute("data-theme", "dark")
    expect(view).to_have_css("background-color", "rgb(20, 22, 26)")


def test_interrupted_while_it_starts_it_leaves_no_process(tmp_path):
    ui = Ui.start(tmp_path)
    until(lambda: len(left(ui.root)) > 1)
    assert ui.stop(signal.SIGINT) == 0, ui.said
    assert left(ui.root) == []


def test_a_port_that_is_taken_is_said_so(ui, tmp_path):
    command = [sys.executable, "-m", "governance.airflow.standalone", "--port", str(ui.port)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, f"port {ui.port} is taken" in done.stderr) == (2, True)


def test_ended_it_leaves_no_process_and_no_readable_password(ui):
    assert (ui.home / "login.json").stat().st_mode & 0o077 == 0
    assert ui.stop(signal.SIGTERM) == 0, ui.said
    assert left(ui.root) == []
