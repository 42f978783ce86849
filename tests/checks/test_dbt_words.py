"""What dbt and its workers say, in one line of words, and the file that they name."""

from pathlib import Path

import pytest

from governance.adapters.worker import WorkerFailed, WorkerLacks, WorkerRefused
from governance.checks.dbt_words import fault_of, place_of, plain
from governance.finding import Location, Position

SAID = [
    (
        "state: Compilation Error in model odd (models/odd.sql)\n  no such mode\n  \n  > in macro m (macros/m.sql)\n",
        "parsing the change: models/odd.sql: no such mode",
    ),
    (
        "save: Parsing Error\n  Error reading shop: marts/a.yml - Runtime Error\n    Syntax error near line 3\n"
        "    -----------\n    3  |    columns: [\n    ^\n    Raw Error:\n    -----------\n    while parsing",
        "reading base: Error reading shop: marts/a.yml - Runtime Error Syntax error near line 3 while parsing",
    ),
    ("Runtime Error\n  at path []: no name\n\nError in /tmp/x/base/dbt_project.yml", "at path []: no name Error in dbt_project.yml"),
    ("build: Database Error\n  See https://docs.example/a/b", "building: See https://docs.example/a/b"),
    ("state took longer than 20 s and was stopped", "parsing the change took longer than 20 s and was stopped"),
    ("the worker died during build: it ended with status 1", "the worker died while building: it ended with status 1"),
    ("the worker died before try: gone", "the worker died before trying checks: gone"),
    ("start: dbt.adapters.duckdb is not installed", "starting: dbt.adapters.duckdb is not installed (pip install 'airflow-governance[dbt]')"),
    ("model: what is no stage stays", "model: what is no stage stays"),
    ("", "no reason given"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "words"), SAID, ids=[words[:40] for _, words in SAID])
def test_words(message: str, words: str) -> None:
    assert plain(message) == words


def test_no_message_is_endless() -> None:
    assert len(plain("render: " + "x " * 100_000)) <= 600


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("state: Compilation Error in model odd (models/odd.sql)\n line 3\n x", Location("shop/models/odd.sql", Position(3))),
        ("state: Error reading s: marts/a.yml - no", Location("shop/models/marts/a.yml")),
        ("state: Compilation Error in model gone (models/gone.sql)\n x", Location("shop/changed.sql")),
        ("save: Compilation Error in model gone (models/gone.sql)\n x", Location("shop/models/gone.sql")),
        ("state: nothing is named", Location("shop/changed.sql")),
        ("state: ../../etc/secret.yml", Location("shop/changed.sql")),
    ],
)  # fmt: skip
def test_the_file_that_is_named(tmp_path: Path, message: str, place: Location) -> None:
    for path in ("models/odd.sql", "models/marts/a.yml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    assert (place_of(message, tmp_path, "shop") or Location("shop/changed.sql")) == place


def test_each_failure_has_its_fault() -> None:
    codes = {kind: fault_of(kind("x")).code for kind in (WorkerFailed, WorkerLacks, WorkerRefused)}
    assert codes == {WorkerFailed: "GOV002", WorkerLacks: "GOV004", WorkerRefused: "GOV023"}
