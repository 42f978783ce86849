"""A view with real decisions behind it, on a real socket, and a real Chromium to look at it."""

import os
import shutil
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from governance.cli.serve import own_names
from governance.ledger.store import Ledger
from governance.web.local import LocalGuard, local_app
from tests.web.cases import gate, long_trace, orders_change, statement

CHROMIUM = os.environ.get("GOVERNANCE_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Served:
    """The standalone view on a free port."""

    def __init__(self, ledger, trust) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.guard = LocalGuard()
        app = local_app(lambda: ledger, lambda: trust, self.guard, own_names("127.0.0.1", self.port))
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def login(self) -> str:
        return f"{self.url}/login/{self.guard.ticket}"

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture
def serve():
    """Starts views; all are stopped in the end."""
    running = []

    def start(ledger, trust) -> Served:
        running.append(Served(ledger, trust))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture(scope="session")
def furnished(tmp_path_factory, key):
    """A ledger with a hostile change, an honest one, a blocked statement and a very long trace."""
    place = tmp_path_factory.mktemp("furnished")
    keeper = gate(Ledger.open(f"sqlite:///{place}/ledger.db", str(place / "bodies")), key)
    made = {
        "blocked": keeper.decide(statement("delete from orders")),
        "honest": keeper.decide(orders_change()),
        "long": keeper.decide(replace(orders_change("tidy"), trace=long_trace(10_000))),
        "hostile": keeper.decide(orders_change("shop", hostile=True)),
    }
    return place, {name: record.decision_id for name, record in made.items()}


@pytest.fixture
def ledger(tmp_path, request):
    """A ledger of the test's own; with decisions in it where the test asks for `decisions`."""
    if "decisions" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("furnished")[0], tmp_path, dirs_exist_ok=True)
    return Ledger.open(f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "bodies"))


@pytest.fixture
def decisions(furnished, ledger):
    """The ids of the furnished ledger's decisions, by what they are there for."""
    return furnished[1]


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests of a process."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail("CI must have a Chromium")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A fresh window; `page.problems` collects what the console and the security policy complain about."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.problems = []
    page.on(
        "console", lambda message: page.problems.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    context.close()
