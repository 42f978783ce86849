"""The audit behind the dbt checks: screen, parse, render, build and validate, once for all of them.

The checks of one run share an `Audit`, so that the project is parsed and built once. When the
screen holds a change, nothing is rendered and the later checks are told why.
"""

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.adapters.dbt import (
    NOTHING_PLANTED,
    DbtSession,
    Given,
    Planted,
    Run,
    State,
    Table,
    Trial,
    Trials,
    source_rows,
    stale_nodes,
)
from governance.adapters.jail import Limits
from governance.adapters.worker import Worker, WorkerFailed
from governance.changeset import ChangeSet
from governance.checks import unproven
from governance.checks.dbt_screen import Look, Seen, first_look, holds
from governance.checks.dbt_words import fault_of, place_of, plain
from governance.checks.suites import Suite, suite_of
from governance.checks.trials import suites_edited, trials_asked
from governance.fault import CHECK_CRASHED, NOT_RENDERED
from governance.finding import Finding, Location, Position
from governance.syntax.dbt import DbtChange, DbtKind
from governance.syntax.dbt.failures import file_named
from governance.syntax.dbt.graph import BUILT, Node
from governance.syntax.dbt.layout import project_roots

if TYPE_CHECKING:
    from governance.syntax.dbt.outputs import Outputs

_FORESEEN = 10
_TESTS = ("test", "unit_test")
_UNBUILT = (DbtKind.DOCS, DbtKind.ANALYSIS)


@dataclass(frozen=True, slots=True)
class DbtOptions:
    """How a dbt change is audited. `accepted` are fingerprints of screen findings that policy waives.

    Without `jail_required` the project is rendered even where the kernel offers no jail; without
    `render` it is only screened, and what it would do stays unknown. What is known of a base is kept
    in `cache`. The project's SQL is in `dialect`; without one it is told from the project. `connection`
    names the variable with the URL of a warehouse from which `rows` rows of each source are read at most;
    without it they are made up. dbt is handed what is `given`.
    """

    limits: Limits = Limits()
    jail_required: bool = True
    render: bool = True
    build: bool = True
    minimum_rows: int = 1
    samples: int = 0
    accepted: frozenset[str] = frozenset()
    cache: Path | None = None
    dialect: str = ""
    given: Given = Given()
    connection: str = ""
    rows: int = 10_000


@dataclass
class ProjectAudit:
    """What became of one dbt project: how far the audit got, and what each stage found out."""

    root: str
    changes: tuple[DbtChange, ...]
    stopped: str = ""
    fault: Finding | None = None
    state: State | None = None
    unrendered: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    runs: Mapping[str, Run] = field(default_factory=dict)
    base_runs: Mapping[str, Run] = field(default_factory=dict)
    trials: Trials = Trials()
    differences: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    suite_trials: Mapping[str, tuple[Trial, ...]] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    suites: Mapping[str, Suite] = field(default_factory=dict)
    outcomes: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    output_fault: Finding | None = None
    locks: Mapping[str, Any] = field(default_factory=dict)
    planted: Planted = NOTHING_PLANTED
    made_up: frozenset[str] = frozenset()
    sampled: frozenset[str] = frozenset()
    base_tables: Mapping[str, Table] = field(default_factory=dict)
    old_failures: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def path(self, path: str) -> str:
        """A path of the project as a path of the repository."""
        return f"{self.root}/{path}".lstrip("/")

    @property
    def judged(self) -> tuple[str, ...]:
        """Nodes whose relations are judged: changed ones, then their children; not those without one."""
        assert self.state is not None
        nodes = self.state.head.nodes
        keys = (*self.targets, *self.below)
        return tuple(key for key in keys if nodes[key].facts.get("materialized") != "ephemeral")

    @property
    def place(self) -> Location:
        """Where a finding about the project as a whole points: its first changed file."""
        return Location(self.changes[0].path)


class Audit:
    """Audits each change set once, however many checks ask."""

    def __init__(self, options: DbtOptions = DbtOptions(), look: Look = first_look) -> None:
        self.options = options
        self._look = look
        self._done: tuple[ChangeSet, list[ProjectAudit]] | None = None
        self._begun: dict[str, DbtSession] = {}

    def begin(self, changeset: ChangeSet) -> None:
        """Start a worker ahead of the screen: it imports dbt and reads what is kept of base meanwhile.

        To be called by a thread that lives until the change is judged, since a worker dies with the thread
        that has started it. Of several projects none is begun, and neither is what cannot be: `of` tells why.
        """
        paths = [artifact.path for artifact in changeset.artifacts]
        roots = project_roots(paths, Path(changeset.workdir)) if changeset.workdir else set()
        if self.options.render and len(roots) == 1:
            with suppress(OSError, WorkerFailed):
                self._begun = {root: self._session(root, changeset) for root in roots}

    def of(self, changeset: ChangeSet) -> list[ProjectAudit]:
        """The audits of the dbt projects that a change set touches."""
        if self._done is None or self._done[0] is not changeset:
            with ExitStack() as stack:
                for session in self._begun.values():
                    stack.enter_context(session)
                self._done = (changeset, list(self._projects(changeset)))
        return self._done[1]

    def _session(self, root: str, changeset: ChangeSet) -> DbtSession:
        options, head = self.options, Path(changeset.workdir) / root
        return DbtSession(
            *(head, changeset.base, options.limits, options.jail_required, options.cache),
            root=root,
            dialect=options.dialect,
            given=options.given,
        )

    def _projects(self, changeset: ChangeSet) -> list[ProjectAudit]:
        grouped: dict[str, list[Seen]] = {}
        for each in self._look(changeset):
            grouped.setdefault(each.change.project.root, []).append(each)
        audits = []
        for root, seen in grouped.items():
            if all(each.change.kind in _UNBUILT for each in seen):
                continue
            audit = ProjectAudit(root, tuple(each.change for each in seen))
            held = holds((f for each in seen for f in each.findings), self.options.accepted)
            self._run(audit, changeset, held)
            audits.append(audit)
        return audits

    def _run(self, audit: ProjectAudit, changeset: ChangeSet, held: tuple[Finding, ...]) -> None:
        if held:
            first = held[0]
            audit.stopped = f"the screen holds it: {first.code} {first.name} at {first.location}"
        elif not self.options.render:
            audit.stopped = "the policy switches rendering off"
        elif not changeset.workdir:
            audit.stopped = "there is no checkout of the project at hand"
        if audit.stopped:
            audit.fault = NOT_RENDERED.finding(f"nothing was rendered, since {audit.stopped}", audit.place)
            return
        try:
            self._stages(audit, changeset)
        except WorkerFailed as error:
            audit.fault = _stopped(audit, error, Path(changeset.workdir) / audit.root)
        except Exception as error:  # told once, and not by each check that asks
            message = f"the audit could not run: {type(error).__name__}: {error}"
            audit.fault = CHECK_CRASHED.finding(message, audit.place)

    def _stages(self, audit: ProjectAudit, changeset: ChangeSet) -> None:
        options, head = self.options, Path(changeset.workdir) / audit.root
        with ExitStack() as stack:
            begun = self._begun.get(audit.root)
            session = begun or stack.enter_context(self._session(audit.root, changeset))
            validator = None
            if options.build:  # starts while dbt parses
                module, scratch = "governance.adapters.great_expectations", session.scratch / "outputs"
                scratch.mkdir()
                validator = stack.enter_context(
                    Worker(module, scratch, options.limits, jail_required=options.jail_required)
                )
            self._parse_and_render(audit, session)
            if validator is not None and (audit.targets or audit.below):
                self._build(audit, session, head)
                self._validate(audit, validator, head, session.scratch / "tables", scratch)

    def _parse_and_render(self, audit: ProjectAudit, session: DbtSession) -> None:
        state = session.state(partial(_look_ahead, audit))
        audit.locks = _as_dict(session.locks)
        modified = {key for key in state.modified if key in state.head.nodes}
        modified |= suites_edited(audit, state.head) | _seeds(audit, state)
        tests = [state.head.nodes[key] for key in modified if state.head.nodes[key].kind in _TESTS]
        touched = {tested for test in tests for tested in _tested(test)}
        built = {key for key in modified if state.head.nodes[key].kind in BUILT}
        below = {child for key in built for child in state.head.children.get(key, ())}
        audit.targets = tuple(key for key in state.head.order if key in built)
        audit.below = tuple(
            key
            for key in state.head.order
            if key in (below | touched) - built and state.head.nodes[key].kind in BUILT
        )
        stale = set(state.head.nodes) if _reaches_everything(audit.changes) else stale_nodes(state, modified)
        rendered = sorted(key for key in stale if state.head.nodes[key].kind in (*BUILT, "test"))
        audit.state, audit.unrendered = session.render(state, rendered)
        self._rendered_otherwise(audit)

    @staticmethod
    def _rendered_otherwise(audit: ProjectAudit) -> None:
        """Count models as changed whose rendered SQL differs, though their file and settings do not."""
        assert audit.state is not None
        base, head = audit.state.base.nodes, audit.state.head.nodes
        other = {
            key
            for key, node in head.items()
            if node.kind in BUILT
            and key in base
            and node is not base[key]
            and node.sql.split() != base[key].sql.split()
        }
        targets = {*audit.targets, *other}
        audit.targets = tuple(key for key in audit.state.head.order if key in targets)
        audit.below = tuple(key for key in audit.below if key not in targets)

    def _build(self, audit: ProjectAudit, session: DbtSession, tree: Path) -> None:
        assert audit.state is not None
        head = audit.state.head
        unknown = {*audit.unrendered, *head.descendants(audit.unrendered)}
        changed = {*audit.targets, *audit.below} - unknown  # ephemeral ones too, for the tests that read them
        tests = {
            key for key, node in head.nodes.items() if node.kind in _TESTS and changed & set(node.parents)
        }
        wanted = changed | tests
        wanted |= {key for key in head.ancestors(wanted) if head.nodes[key].kind in BUILT}
        wanted -= unknown
        if not wanted:
            return
        exported = [key for key in head.order if key in wanted and head.nodes[key].kind in BUILT]
        base = audit.state.base
        audit.planted = planted = source_rows(
            audit.state, wanted, session.scratch, tree, self.options.connection, self.options.rows
        )
        audit.made_up = planted.below(audit.state, "generated")
        audit.sampled = planted.below(audit.state, "sampled")
        audit.runs, audit.tables = session.build("head", sorted(wanted), exported, **planted.for_side(head))
        failed = [key for key, run in audit.runs.items() if unproven.failed(run, key in audit.made_up)]
        keys = _keys(audit)
        beside = unproven.beside(audit)
        known = {*(key for key in failed if key in base.nodes), *keys, *beside}
        if known:
            known |= {key for key in base.ancestors(known) if base.nodes[key].kind in BUILT}
            there = planted.for_side(base)
            shown = list(dict.fromkeys((*keys, *beside)))
            audit.base_runs, tables = session.build("base", sorted(known), shown, **there)
            audit.base_tables = tables
            audit.differences = session.compare(tables, audit.tables, keys) if keys else {}
        asked = trials_asked(audit)
        audit.trials = session.try_tests(asked) if any(asked.values()) else Trials()

    def _validate(
        self, audit: ProjectAudit, validator: Worker, tree: Path, tables: Path, scratch: Path
    ) -> None:
        assert audit.state is not None
        for folder in (tables, tables.with_name(f"base_{tables.name}")):
            if folder.is_dir():
                folder.rename(scratch / folder.name)
        files = {key: str(scratch / "tables" / Path(table.file).name) for key, table in audit.tables.items()}
        suites, outcomes, trials, old = {}, {}, {}, {}
        edited = {change.path for change in audit.changes if change.kind is DbtKind.EXPECTATIONS}
        for key in audit.judged:
            suite = suite_of(audit.state.head, key, tree, files)
            suites[key] = suite
            table = audit.tables.get(key)
            if table is None or not suite.expectations or table.rows < self.options.minimum_rows:
                continue
            try:
                asked = [expectation.request() for expectation in suite.expectations]
                answer = validator.ask(
                    "validate",
                    table=key,
                    file=files[key],
                    expectations=asked,
                    samples=self.options.samples,
                )
                outcomes[key] = answer["outcomes"]
                before = audit.base_tables.get(key)
                if key in audit.made_up and before and audit.path(suite.path) not in edited:
                    file = str(scratch / "base_tables" / Path(before.file).name)
                    old[key] = unproven.old_failures(validator, key, file, asked, outcomes[key])
                if audit.path(suite.path) in edited:
                    answer = validator.ask("try", table=key, file=files[key], expectations=asked)
                    trials[key] = tuple(Trial(**trial) for trial in answer["trials"])
            except WorkerFailed as error:
                audit.output_fault = _stopped(audit, error, tree)
                break
        audit.suites, audit.outcomes, audit.suite_trials = suites, outcomes, trials
        audit.old_failures = old


def _keys(audit: ProjectAudit) -> dict[str, str]:
    """Changed models that both sides build, each with a column that identifies its rows, or none."""
    assert audit.state is not None
    nodes, children = audit.state.head.nodes, audit.state.head.children
    found = {}
    for key in audit.targets:
        if key in audit.tables and nodes[key].kind == "model" and key in audit.state.base.nodes:
            tests = [nodes[child] for child in children.get(key, ()) if nodes[child].kind == "test"]
            unique = [t for t in tests if (t.facts.get("test") or {}).get("name") == "unique"]
            found[key] = next((t.facts["column"] for t in unique if t.facts.get("attached") == key), "")
    return found


def _stopped(audit: ProjectAudit, error: WorkerFailed, folder: Path) -> Finding:
    """The finding about a worker that failed, at the file that it names."""
    changed, named = _named_place(audit, error.message), place_of(error.message, folder, audit.root)
    closest = changed if changed and (named is None or named.path == changed.path) else named
    return unproven.stopped(audit, fault_of(error), plain(error.message), closest or audit.place)


def _named_place(audit: ProjectAudit, message: str) -> Location | None:
    """The changed file that dbt names in what it says."""
    named = file_named(message)
    for change in audit.changes:
        if named and change.path == audit.path(named.path):
            text = change.head.text  # of which dbt reads no blank lines at the start
            skipped = text[: len(text) - len(text.lstrip())].count("\n")
            return Location(change.path, Position(named.line + skipped) if named.line else None)
    return None


def _tested(test: Node) -> tuple[str, ...]:
    """What a test is about: the node it is attached to, else all that it reads."""
    attached = test.facts.get("attached")
    return (attached,) if attached else test.parents


def _reaches_everything(changes: tuple[DbtChange, ...]) -> bool:
    """Whether a change can alter what any model renders to: the project file, packages, sources."""
    return any(
        change.kind in (DbtKind.PROJECT, DbtKind.PACKAGES, DbtKind.LOCK)
        or any(entry.path[:1] == ("sources",) for entry in (*change.new_entries, *change.gone_entries))
        for change in changes
    )


def _look_ahead(audit: ProjectAudit, before: "Outputs") -> None:
    """Tell what the changed nodes of base put out, which will be asked for; as much as fits into a wait."""
    paths = {change.path for change in audit.changes}
    nodes, children = before.graph.nodes, before.graph.children
    changed = [key for key, node in nodes.items() if audit.path(node.path) in paths][:_FORESEEN]
    below = [child for key in changed for child in children.get(key, ())[:_FORESEEN]]
    for key in (*changed, *below):
        before.told(key)


def _seeds(audit: ProjectAudit, state: State) -> set[str]:
    """Seeds whose file changed: dbt does not read those of over a megabyte to find out."""
    paths = {change.path for change in audit.changes}
    return {
        key
        for key, node in state.head.nodes.items()
        if node.kind == "seed" and audit.path(node.path) in paths
    }


def _as_dict(locks: Any) -> dict[str, Any]:
    if locks is None:
        return {}
    return {"namespace": locks.namespace, "seccomp": locks.seccomp, "landlock": locks.landlock}
