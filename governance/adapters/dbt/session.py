"""A change of one dbt project as the gate sees it: what is known of base, and a jailed worker on head."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from governance.adapters.dbt.base import Base, Bases
from governance.adapters.dbt.given import Given
from governance.adapters.dbt.state import State, render, state_of
from governance.adapters.dbt.tree import copy_tree
from governance.adapters.jail import Limits, Locks
from governance.adapters.worker import Worker
from governance.changeset import Tree
from governance.syntax.dbt.graph import Graph
from governance.syntax.dbt.layout import PROJECT_FILE

if TYPE_CHECKING:
    from governance.syntax.dbt.outputs import Outputs

_NOTHING: Mapping[str, Any] = {"sql": {}, "unrendered": {}, "wide": [], "hooks": 0}


def _no_outputs(dialect: str) -> "Outputs":
    from governance.syntax.dbt.outputs import Outputs

    return Outputs(Graph(), dialect)


def _wait(before: "Outputs") -> None:
    """Nothing else to do."""


@dataclass(frozen=True, slots=True)
class Run:
    """How building or testing one node ended, in dbt's words; `sql` is what a unit test ran."""

    status: str
    message: str = ""
    failures: int = 0
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """How many faults in the data a check was shown, and how many it noticed before the trial ended.

    A `lax` one noticed only what is absurd; one that `restates` its model notices no fault in what that
    reads.
    """

    tried: int
    noticed: int
    lax: bool = False
    restates: bool = False


@dataclass(frozen=True, slots=True)
class Trials:
    """What became of trials, by test; and by model the columns that hold one value whatever it reads.

    With each of those, whether it is null at times.
    """

    of: Mapping[str, Trial] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A built relation, handed out as a Parquet file."""

    file: str
    rows: int
    columns: Mapping[str, str] = field(default_factory=dict)


class DbtSession:
    """One dbt project, base and head, in the jail; use as a context manager.

    The project lies in the folder `root` of base. What is known of that is kept in `cache`, for other
    changes of the same base; the worker starts to read it as soon as there is a session. dbt is handed
    what is `given` on both sides.
    """

    def __init__(
        self,
        head: Path,
        base: Tree | None,
        limits: Limits,
        jail_required: bool,
        cache: Path | None = None,
        root: str = "",
        dialect: str = "",
        given: Given = Given(),
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="governance-dbt-", ignore_cleanup_errors=True)
        self.scratch = Path(self._folder.name).resolve()
        self._base = base if base and base.holds(f"{root}/{PROJECT_FILE}".lstrip("/")) else None
        self._head, self._root = head.resolve(), root
        packages = given.installed(self._head)
        self._bases = Bases(cache, dialect, given, packages)
        self._limits, self._jail_required = limits, jail_required
        try:
            self._known = self._bases.get(self._base, root) if self._base else None
            if self._known:
                self._known.hand_to(self.scratch / "saved")
            self._worker = Worker(
                "governance.adapters.dbt.worker",
                self.scratch,
                limits,
                jail_required=jail_required,
                readable=(self._head, *packages),
            )
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self) -> "DbtSession":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.kill()
        self._folder.cleanup()

    @property
    def locks(self) -> Locks | None:
        """The locks that hold the worker, once it has answered."""
        return self._worker.locks

    def state(self, meanwhile: Callable[["Outputs"], None] = _wait) -> State:
        """Parse head on top of base; no SQL is executed. `meanwhile` is called with base while dbt works."""
        if self._base is None:
            self._worker.begin("state", tree=str(self._head), given=self._bases.given.request)
            return state_of(self._worker.finish(), _no_outputs(self._bases.dialect), _NOTHING)
        with ExitStack() as stack:
            base = self._known or stack.enter_context(self._read(self._base))
            self._worker.begin("state", tree=str(self._head), given=self._bases.given.request)
            before = base.outputs
            meanwhile(before)
            return state_of(self._worker.finish(), before, base.facts, base.about["called"])

    @contextmanager
    def _read(self, tree: Tree) -> Iterator[Base]:
        """Base as nobody has read it yet, or not for long."""
        from governance.adapters.dbt.reading import read_base

        with tempfile.TemporaryDirectory(prefix="governance-dbt-", ignore_cleanup_errors=True) as folder:
            scratch = Path(folder).resolve()
            base = read_base(tree, self._root, self._bases, scratch, self._limits, self._jail_required)
            base.hand_to(self.scratch / "saved")
            yield base

    def render(self, state: State, keys: Iterable[str]) -> tuple[State, dict[str, str]]:
        """The state with nodes of head rendered, and why some could not be."""
        state, errors = render(self._worker, state, keys)
        if not state.before.dialect:
            from governance.syntax.dbt.spoken import told_dialect

            dialect = told_dialect(node.sql for node in state.head.nodes.values())
            state = replace(state, before=_no_outputs(dialect))
        return state, errors

    def build(
        self, side: str, keys: Iterable[str], export: Iterable[str], **sources: Any
    ) -> tuple[dict[str, Run], dict[str, Table]]:
        """Build nodes and run tests on one side; the tables asked for as files.

        `sources` are `Planted.for_side`: what must be there before.
        """
        if side == "base" and self._base and not (self.scratch / "base").exists():
            copy_tree(self._base.folder() / self._root, self.scratch / "base" / "tree")
        answer = self._worker.ask("build", side=side, nodes=list(keys), export=list(export), **sources)
        runs = {key: Run(**run) for key, run in answer["runs"].items()}
        tables = {key: Table(**table) for key, table in answer["tables"].items()}
        return runs, tables

    def try_tests(self, asked: Mapping[str, Mapping[str, Any]]) -> Trials:
        """Run `tests`, each given as a `SqlTest`, on damaged tables of the built head.

        Of `units`, each given as a `UnitTest`, the queries are altered, and of `models` the inputs damaged.
        """
        answer = self._worker.ask("try", **asked)
        trials = {key: Trial(**trial) for key, trial in answer["trials"].items()}
        return Trials(trials, answer["constants"])

    def compare(
        self, before: Mapping[str, Table], now: Mapping[str, Table], keys: Mapping[str, str]
    ) -> dict[str, dict[str, Any]]:
        """How built nodes of head differ from base, by counts; `keys` gives each its key column or none."""
        pairs = {
            node: {"before": before[node].file, "now": now[node].file, "key": key}
            for node, key in keys.items()
            if node in before and node in now
        }
        differences: dict[str, dict[str, Any]] = self._worker.ask("compare", pairs=pairs)["differences"]
        return differences
