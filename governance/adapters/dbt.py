"""dbt as the gate sees it: copies of base and head in a scratch folder, and a jailed worker on them."""

import csv
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from governance.adapters.jail import Limits, Locks
from governance.adapters.worker import Worker
from governance.syntax.dbt.graph import Graph, Node
from governance.syntax.dbt.layout import PROJECT_FILE

_LEFT_OUT = shutil.ignore_patterns(".git", "target", "logs", "*.duckdb", "*.wal", ".venv", "node_modules")
WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class State:
    """Both sides of a change as dbt parses them, and which nodes of head differ from base, and how."""

    base: Graph
    head: Graph
    modified: Mapping[str, tuple[str, ...]]
    removed: tuple[str, ...] = ()
    hooks: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """How building or testing one node ended, in dbt's words."""

    status: str
    message: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """How many faults in the data a check was shown, and how many it noticed before the trial ended."""

    tried: int
    noticed: int


@dataclass(frozen=True, slots=True)
class Table:
    """A built relation, handed out as a Parquet file."""

    file: str
    rows: int
    columns: Mapping[str, str] = field(default_factory=dict)


class DbtSession:
    """One dbt project, base and head, in the jail; use as a context manager."""

    def __init__(self, head: Path, base: Path | None, limits: Limits, jail_required: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="governance-dbt-", ignore_cleanup_errors=True)
        self.scratch = Path(self._folder.name).resolve()
        try:
            for side, tree in (("base", base), ("head", head)):
                if tree is not None and (side == "head" or (tree / PROJECT_FILE).is_file()):
                    shutil.copytree(tree, self.scratch / side, symlinks=True, ignore=_LEFT_OUT)
            self._worker = Worker(
                "governance.adapters.dbt_worker", self.scratch, limits, jail_required=jail_required
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

    def state(self) -> State:
        """Parse both sides; no SQL is executed."""
        answer = self._worker.ask("state")
        others = {**answer["sources"], **answer["exposures"]}
        head = self._graph("head", {**answer["nodes"], **others})
        base = self._graph("base", {**answer["base_nodes"], **answer["sources"]})
        modified = {key: tuple(ways) for key, ways in answer["modified"].items()}
        return State(base, head, modified, tuple(answer["removed"]), answer["hooks"])

    def render(self, state: State, keys: Iterable[str]) -> tuple[State, dict[str, str]]:
        """The state with rendered SQL, and why nodes could not be rendered at head."""
        answer = self._worker.ask("render", nodes=list(keys))
        head = _with_sql(state.head, answer["head"]["sql"])
        base = _with_sql(state.base, answer.get("base", {"sql": {}})["sql"])
        errors: dict[str, str] = answer["head"]["errors"]
        return replace(state, head=head, base=base), errors

    def build(
        self, side: str, keys: Iterable[str], export: Iterable[str]
    ) -> tuple[dict[str, Run], dict[str, Table]]:
        """Build nodes and run tests on one side; the tables asked for as files."""
        answer = self._worker.ask("build", side=side, nodes=list(keys), export=list(export))
        runs = {key: Run(**run) for key, run in answer["runs"].items()}
        tables = {key: Table(**table) for key, table in answer["tables"].items()}
        return runs, tables

    def try_tests(self, tests: Mapping[str, Mapping[str, Any]]) -> dict[str, Trial]:
        """Run tests, each given as a `SqlTest`, on damaged tables of the built head."""
        answer = self._worker.ask("try", tests=tests)
        return {key: Trial(**trial) for key, trial in answer["trials"].items()}

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

    def _graph(self, side: str, described: Mapping[str, Any]) -> Graph:
        return Graph({key: self._node(side, key, facts) for key, facts in described.items()})

    def _node(self, side: str, key: str, facts: Mapping[str, Any]) -> Node:
        relation = ""
        if "identifier" in facts:
            relation = ".".join((facts.get("database") or WAREHOUSE, facts["schema"], facts["identifier"]))
        columns = dict(facts["columns"])
        if facts["type"] == "seed":
            columns = _header(self.scratch / side / facts["path"], facts.get("column_types") or {})
        parents = tuple(facts["parents"])
        return Node(key, facts["name"], facts["type"], facts["path"], parents, relation, columns, facts=facts)


def _with_sql(graph: Graph, sql: Mapping[str, str]) -> Graph:
    return Graph({key: replace(node, sql=sql.get(key, "")) for key, node in graph.nodes.items()})


def _header(path: Path, types: Mapping[str, str]) -> dict[str, str]:
    """Columns of a seed, from the first line of its file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    return {name: str(types.get(name, "")) for name in names}
