"""What `check`, `replay` and `monitor` do."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from governance.changeset import Authorship, ChangeSet
from governance.cli import COULD_NOT_DECIDE
from governance.errors import GovernanceError, InvalidInput
from governance.finding import Verdict
from governance.gate import sql_ground, verdict_of
from governance.policy import POLICY_FILE, Policy, file_text

if TYPE_CHECKING:
    from governance.decision import Decision
    from governance.trace import Trace

T = TypeVar("T")
EXIT = {Verdict.PASS: 0, Verdict.BLOCK: 1, Verdict.REVIEW: 3}
_SAYS_MORE = (0, 3, COULD_NOT_DECIDE, 1)


@dataclass(frozen=True, slots=True)
class Request:
    """What `governance check` was asked, one field for each option."""

    paths: tuple[Path, ...]
    sql: str
    dialect: str
    profile: str
    tables: str | None
    schema: tuple[str, ...]
    base: str
    head: str
    trace: str
    by_hand: bool
    record: bool
    policy: str
    form: str
    data_docs: str = ""
    manifest: str = ""


def run_check(request: Request) -> int:
    """Judge what was asked, print the report, and return the exit status."""
    from governance.govern import Gate
    from governance.report import render

    pages = Path(request.data_docs) if request.data_docs else None
    if pages:
        from governance.adapters.data_docs import refuse_used

        refuse_used(pages)  # known before minutes are spent on a build
    with _change(request) as (changeset, policy, ground):
        gate = Gate(policy, ground=ground)
        if request.record:
            record = gate.decide(changeset)
            decision = record.decision
            print(f"recorded as {record.decision_id}", file=sys.stderr)
        else:
            decision = gate.check(changeset)
        sys.stdout.write(render(decision, changeset, request.form))
    if pages and not _drawn(decision, policy, pages):
        return max(EXIT[decision.verdict], COULD_NOT_DECIDE, key=_SAYS_MORE.index)
    return EXIT[decision.verdict]


def _drawn(decision: "Decision", policy: Policy, folder: Path) -> bool:
    """Whether Great Expectations' pages of what was validated are written; if not, what is wrong is told."""
    from governance.cli import complain
    from governance.govern import write_data_docs

    sys.stdout.flush()
    try:
        count = write_data_docs(decision, policy, folder)
    except GovernanceError as error:  # the verdict stands, and is on the screen already
        complain(error.message, error.remedy)
        return False
    models = f"{count} model{'' if count == 1 else 's'}"
    print(f"wrote pages of {models}: {folder / 'index.html'}", file=sys.stderr)
    return True


@contextmanager
def _change(request: Request) -> Iterator[tuple[ChangeSet, Policy, Policy]]:
    """What is judged, the policy, and the ground on which it is judged."""
    if request.base:
        if request.paths or request.sql:
            raise InvalidInput("--base judges a branch; it takes no paths and no --sql", "Drop one of them.")
        with _branch(request) as found:
            yield found
        return
    if not request.paths and not request.sql:
        raise InvalidInput("nothing to check", "Name files, or use --sql TEXT or --base REV.")
    if request.manifest:
        raise InvalidInput("--manifest belongs to --base", "Use --schema to judge files by a manifest.")
    from governance.govern import loose_changeset

    policy = settled(
        local_policy(request.policy), request.dialect, request.profile, request.tables, request.schema
    )
    changeset = loose_changeset(request.paths, request.sql, request.dialect)
    if request.trace:
        changeset = replace(changeset, trace=read_transcript(request.trace), authorship=Authorship.AGENT)
    yield changeset, policy, policy


@contextmanager
def _branch(request: Request) -> Iterator[tuple[ChangeSet, Policy, Policy]]:
    from governance.adapters.git import Repository
    from governance.govern import branch_changeset, cache_folder, policy_at, with_manifest

    repository = Repository.at()
    base = repository.commit(request.base)
    policy = policy_at(repository, base, request.policy)
    policy = settled(policy, request.dialect, request.profile, request.tables, request.schema)
    ground, file = policy, request.manifest
    if file:
        ground = with_manifest(policy, file_text(file), file, repository, base)
    trace = read_transcript(request.trace) if request.trace else None
    author = Authorship.BY_HAND if request.by_hand else Authorship.AGENT
    with branch_changeset(
        repository,
        request.base,
        request.head or None,
        trace,
        author,
        cache=cache_folder(policy),
        packages=policy.dbt.packages,
    ) as changeset:
        yield changeset, policy, ground


def read_transcript(path: str) -> "Trace":
    """The trace in a transcript file. Raises InvalidInput or UnreadableTrace."""
    from governance.transcripts import read_trace

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{path}: cannot be read: {error.strerror}", "Check the path of the transcript."
        ) from error
    return read_trace(data, path)


def local_policy(given: str) -> Policy:
    """The policy file given, else the one in the current folder, else the strict default."""
    if given:
        return Policy.load(given)
    return Policy.load(POLICY_FILE) if os.path.lexists(POLICY_FILE) else Policy()


def settled(
    policy: Policy, dialect: str, profile: str, tables: str | None, schema: tuple[str, ...]
) -> Policy:
    """The policy with what the command line says about SQL."""
    sql = policy.sql
    if dialect:
        from governance.syntax.dialect import dialect_named  # raises for a name that is none

        sql = replace(sql, dialect=dialect_named(dialect).name)
    if profile:
        sql = replace(sql, profile=profile)
    if tables is not None:
        sql = replace(sql, tables=tuple(name.strip() for name in tables.split(",") if name.strip()))
    if schema:
        sql = replace(sql, schema=schema).resolved()
    dbt = replace(policy.dbt, dialect=sql.dialect) if dialect else policy.dbt
    return policy if sql is policy.sql else replace(policy, sql=sql, dbt=dbt)


@dataclass
class Summary:
    """What was said so far: verdicts and rules, counted."""

    verdicts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)

    def add(self, result: Mapping[str, Any]) -> None:
        """Count one result."""
        self.verdicts[result["verdict"]] += 1
        self.rules.update(sorted({finding["code"] for finding in result["findings"]}))

    @property
    def worst(self) -> Verdict:
        """The gravest verdict so far."""
        return max(map(Verdict.parse, self.verdicts), default=Verdict.PASS)

    def __str__(self) -> str:
        total = sum(self.verdicts.values())
        counts = ", ".join(f"{self.verdicts[str(v)]:,} {v}" for v in Verdict)
        rules = "  ".join(f"{code} {count:,}" for code, count in self.rules.most_common(10))
        return f"{total:,} judged: {counts}" + (f"\nmost often: {rules}" if rules else "")


def run_replay(
    file: Path,
    dialect: str,
    profile: str,
    tables: str | None,
    schema: tuple[str, ...],
    policy_file: str,
    jobs: int,
) -> int:
    """Judge each line of a JSONL file; results to standard output, a summary to standard error."""
    from governance.replay import replay

    policy = settled(local_policy(policy_file), dialect, profile, tables, schema)
    defaults = sql_ground(policy)
    judge = partial(verdict_of, policy=policy)
    with _opened(file) as lines:
        judged = replay(lines, defaults, judge, any_profile=bool(profile), jobs=jobs)
        summary = _write_all(progress(judged, lines, file.stat().st_size))
    if not summary.verdicts:
        raise InvalidInput(f"{file}: no statement in it", "One JSON object with `sql` per line is expected.")
    return EXIT[summary.worst]


def _opened(file: Path) -> BinaryIO:
    try:
        stream = file.open("rb")
        stream.peek()  # a folder opens, and cannot be read
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read: {error.strerror}", "Check the path.") from error
    return stream


def run_monitor(files: list[Path], policy_file: str) -> int:
    """Scan each trace of each file; one JSON object per trace to standard output."""
    from governance.monitor import monitor_files

    for file in files:
        if not file.is_file():
            what = "not a file" if file.exists() else "no such file"
            raise InvalidInput(f"{file}: {what}", "Name the transcripts one by one, or with a pattern.")
    policy = local_policy(policy_file)
    return EXIT[_write_all(monitor_files(files, partial(verdict_of, policy=policy))).worst]


def _write_all(results: Iterable[Mapping[str, Any]]) -> Summary:
    summary = Summary()
    for result in results:
        summary.add(result)
        sys.stdout.write(json.dumps(result) + "\n")
    print(summary, file=sys.stderr)
    return summary


def progress(results: Iterable[T], stream: BinaryIO, size: int) -> Iterator[T]:
    """The same results, with a bar over the bytes read while somebody is watching."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    started = time.monotonic()
    # Left to itself the bar takes what is written to standard output, a file or a pipe, for the terminal's.
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("judging", total=size)
        for count, result in enumerate(results, 1):
            rate = count / max(time.monotonic() - started, 0.001)
            bar.update(task, completed=stream.tell(), description=f"{count:,} judged, {rate:,.0f}/s")
            yield result
