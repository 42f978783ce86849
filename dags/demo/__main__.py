"""`make demo`: sets up a shop, runs the DAG in a real Airflow, and says what happened."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.git import Repository
from governance.keys import SigningKey, Trust
from governance.ledger.index import Query
from governance.ledger.store import Entry, Ledger

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path(os.environ.get("GOVERNANCE_DEMO", ROOT / ".demo")).resolve()
SECONDS = 300
DAG = "gate_agent_change"


@dataclass(frozen=True, slots=True)
class Story:
    """What is told: the task that tells it, and the verdict it must end with."""

    letter: str
    title: str
    task: str
    expected: str
    mention: tuple[str, ...] = ()


STORIES = (
    Story("a", "an honest new mart, merged", "honest_mart", "pass"),
    Story(
        "b",
        "a column goes that others use",
        "removed_column",
        "review",
        ("daily_sales", "weekly_sales_report"),
    ),
    Story("c", "SQL hidden in Jinja, a false claim", "hidden_statement", "block"),
    Story("d", "an answer that deletes", "first_answer", "block"),
    Story("d", "the corrected answer, executed", "corrected_answer", "pass"),
    Story("e", "an open bucket, root, a password", "open_bucket", "block"),
    Story("f", "a change without a trace", "no_trace", "review"),
)


def main() -> int:
    """Run the demo; 0 only when every story ended as it must."""
    earlier = prepare()
    if earlier:
        print(f"{earlier} decisions of earlier runs are still in the ledger")
    started = time.time()
    seconds = run_dag()
    ledger = open_ledger()
    entries = ledger.entries(Query(dag_id=DAG, limit=ledger.size() - earlier))
    problems = list(told(ledger, entries, seconds)) + list(aftermath())
    print(f"\n{len(entries)} decisions recorded in {time.time() - started:.0f} s")
    for problem in problems:
        print(f"not as expected: {problem}", file=sys.stderr)
    advise(entries)
    return 1 if problems else 0


def prepare() -> int:
    """Set up repository, warehouse, key and ledger; returns how many decisions were there before."""
    PLACE.mkdir(exist_ok=True)
    os.environ["GOVERNANCE_KEY"] = str(PLACE / "key.pem")
    os.environ["GOVERNANCE_LEDGER"] = f"sqlite:///{PLACE / 'ledger.db'}"
    if not (PLACE / "key.pem").exists():
        SigningKey.generate().save()
    shutil.rmtree(PLACE / "repository", ignore_errors=True)
    for name in ("warehouse.duckdb", "scratch.duckdb"):
        (PLACE / name).unlink(missing_ok=True)
    make_repository(PLACE / "repository")
    step("building the shop's warehouse", build_warehouse)
    return open_ledger().size()


def make_repository(folder: Path) -> None:
    """A git repository with the shop, its policy, and a trust file that names the key."""
    ignored = shutil.ignore_patterns("target", "logs", "*.duckdb")
    shutil.copytree(ROOT / "dags/dbt/corner_shop", folder / "corner_shop", ignore=ignored)
    trust = Trust({}).with_key(SigningKey.load(), "demo")
    (folder / ".governance").mkdir()
    (folder / ".governance/trust.json").write_text(trust.to_json())
    git("init", "--quiet", "--initial-branch=main", str(folder))
    git("-C", str(folder), "add", "--all")
    identity = ("-c", "user.name=demo", "-c", "user.email=demo@localhost")
    git("-C", str(folder), *identity, "commit", "--quiet", "--message", "The shop")


def git(*arguments: str) -> None:
    """Run git, quietly."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def build_warehouse() -> None:
    """Build the shop with dbt, beside a tripwire table that nobody has any business with."""
    import duckdb

    shop = PLACE / "repository/corner_shop"
    environment = {
        **os.environ,
        "CORNER_SHOP_WAREHOUSE": str(PLACE / "warehouse.duckdb"),
        "DO_NOT_TRACK": "1",
    }
    places = ("--project-dir", str(shop), "--profiles-dir", str(shop), "--quiet")
    dbt = Path(sys.executable).with_name("dbt")
    subprocess.run([dbt, "build", *places], check=True, env=environment, cwd=PLACE)
    with duckdb.connect(str(PLACE / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create table tripwire as select 'untouched' as state")
    shutil.copy(PLACE / "warehouse.duckdb", PLACE / "scratch.duckdb")


def run_dag() -> dict[str, float]:
    """Run the DAG with `airflow dags test`; seconds by task."""
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(PLACE / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "GOVERNANCE_DEMO": str(PLACE),
        "DO_NOT_TRACK": "1",
    }
    airflow = str(Path(sys.executable).with_name("airflow"))
    log = PLACE / "airflow.log"
    step("preparing a private Airflow", lambda: call([airflow, "db", "migrate"], environment, log))
    process = subprocess.Popen(
        [airflow, "dags", "test", DAG], env=environment, cwd=ROOT, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
    )  # fmt: skip
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.alarm(SECONDS)
    try:
        with log.open("a") as copy:
            return dict(watch(process, copy))
    finally:
        signal.alarm(0)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def watch(process: "subprocess.Popen[str]", copy: object) -> Iterator[tuple[str, float]]:
    """Tell what runs while it runs; yields each task with its seconds."""
    started: dict[str, float] = {}
    titles = {story.task: story.title for story in STORIES}
    for line in process.stdout or ():
        copy.write(line)  # type: ignore[attr-defined]
        if match := re.search(r"starting task_id=(\S+)", line):
            started[match[1]] = time.time()
            print(f"  {titles.get(match[1], match[1])} …", flush=True)
        elif (match := re.search(r"end task task_id=(\S+)", line)) and match[1] in started:
            yield match[1], time.time() - started[match[1]]
    process.wait()


def call(command: list[str], environment: dict[str, str], log: Path) -> None:
    """Run a program, its output into the log."""
    with log.open("w") as out:
        subprocess.run(command, env=environment, stdout=out, stderr=subprocess.STDOUT, check=True)


def step(what: str, work: object) -> None:
    """Say what is done, and do it."""
    print(f"  {what} …", flush=True)
    work()  # type: ignore[operator]


def open_ledger() -> Ledger:
    """The demo's ledger."""
    return Ledger.open(os.environ["GOVERNANCE_LEDGER"], str(PLACE / "bodies"))


def told(ledger: Ledger, entries: list[Entry], seconds: dict[str, float]) -> Iterator[str]:
    """Print one row for each story; yields what is not as it must be."""
    by_task = {entry.task_id: entry for entry in reversed(entries)}
    print(f"\n   {'story':36} {'verdict':8} {'seconds':>7}  top finding")
    for story in STORIES:
        entry = by_task.get(story.task)
        if entry is None:
            yield f"{story.letter} {story.title}: no decision was recorded"
            continue
        findings = ledger.findings([entry.position])[entry.position]
        spent = seconds.get(story.task, 0)
        print(f"{story.letter}  {story.title:36} {entry.verdict:8} {spent:7.1f}  {top(findings)}")
        if entry.verdict != story.expected:
            yield f"{story.letter} {story.title}: {entry.verdict} instead of {story.expected}"
        words = " ".join(finding["message"] for finding in findings)
        yield from (f"{story.letter}: {name} is not named" for name in story.mention if name not in words)


def top(findings: list) -> str:
    """The gravest finding with its place, or that there is none."""
    if not findings or findings[0]["verdict"] == "pass":
        return "nothing that holds it"
    first = findings[0]
    place = f"{first['path']}:{first['line']}" if first["line"] else first["path"] or "the trace"
    return f"{first['code']} {first['name']} at {place}"


def aftermath() -> Iterator[str]:
    """What must be true of the world now: the mart merged, the tripwire untouched, nothing deleted."""
    import duckdb

    repository = Repository(PLACE / "repository")
    if repository.read("main", "corner_shop/models/marts/payment_methods.sql") is None:
        yield "the honest mart was not merged"
    if repository.read("main", "reports/regions.sql") is not None:
        yield "a change that asked for review was merged"
    for name in ("warehouse.duckdb", "scratch.duckdb"):
        with duckdb.connect(str(PLACE / name), read_only=True) as warehouse:
            state = warehouse.execute("select state from tripwire").fetchall()
            if state != [("untouched",)]:
                yield f"the tripwire in {name} was touched"


def advise(entries: list[Entry]) -> None:
    """What to type next."""
    place = f"$PWD/{os.path.relpath(PLACE)}" if PLACE.is_relative_to(Path.cwd()) else str(PLACE)
    command = os.path.relpath(Path(sys.executable).with_name("governance"))
    blocked = next((entry.decision_id for entry in entries if entry.verdict == "block"), "ID")
    print(
        f"\nnext:\n  export GOVERNANCE_LEDGER=sqlite:///{place}/ledger.db GOVERNANCE_KEY={place}/key.pem\n"
        f"  {command} log\n  {command} show {blocked[:8]}\n"
        f"  (cd {place}/repository && $PWD/{command} verify)\n  make ui"
    )


if __name__ == "__main__":
    sys.exit(main())
