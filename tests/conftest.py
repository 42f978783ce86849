"""What tests share: git repositories, a signing key, a ledger."""

import os
import subprocess
from pathlib import Path

import pytest

from governance.adapters.git import Repository
from governance.keys import SigningKey, Trust
from governance.ledger.store import Ledger


@pytest.fixture(scope="session")
def kept_bases(tmp_path_factory):
    """What the tests of one process know of bases, which most of them share."""
    return tmp_path_factory.mktemp("bases")


@pytest.fixture(autouse=True)
def private_home(monkeypatch, kept_bases):
    """No test reads or writes the user's key, ledger, cache or git configuration."""
    monkeypatch.setenv("GOVERNANCE_CACHE", str(kept_bases))
    for variable in ("GOVERNANCE_KEY", "GOVERNANCE_LEDGER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture(autouse=True)
def forked_workers(request, monkeypatch):
    """dbt is imported once for most tests, and not for each worker of each test."""
    own = any(request.node.get_closest_marker(name) for name in ("own_process", "airflow"))
    if request.node.get_closest_marker("dbt") and not own:
        monkeypatch.setenv("GOVERNANCE_RESIDENT", "1")


class Workshop:
    """A git repository to change in a test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.run("init", "-q", "-b", "main")
        self.run("config", "user.name", "tester")
        self.run("config", "user.email", "tester@localhost")

    @property
    def repository(self) -> Repository:
        return Repository.at(self.root)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(self.root), *arguments], check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str | bytes, content: str | bytes) -> None:
        file = os.path.join(os.fsencode(self.root), os.fsencode(path))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change") -> str:
        self.run("add", "-A")
        self.run("commit", "-q", "--allow-empty", "-m", message)
        return self.run("rev-parse", "HEAD")


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path / "repository")


@pytest.fixture(scope="session")
def key():
    return SigningKey.generate()


@pytest.fixture
def trust(key):
    return Trust({}).with_key(key, "tests")


@pytest.fixture
def ledger(tmp_path):
    return Ledger.open(f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "bodies"))
