"""The worker that parses, renders and builds a dbt project in the jail: `python -m` this module.

It sees copies of base and head, a profile of its own that points at a throw-away DuckDB, and none
of the project's hooks. Parsing executes no SQL; rendering and building execute only what the
screen has let through.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from governance.adapters.comparison import compare
from governance.adapters.trial import SqlTest, Trials
from governance.adapters.worker import Handler, Refused, serve

BUILT = ("model", "seed", "snapshot")
_ONE_BY_ONE = 80
_SIDES = ("base", "head")
_ENV_VAR = re.compile(r"env_var\(\s*['\"]([A-Za-z_]\w*)['\"]\s*\)")
_FLAGS = (
    "--quiet",
    "--no-send-anonymous-usage-stats",
    "--no-version-check",
    "--no-write-json",
    "--no-partial-parse",
    "--no-use-colors",
    "--log-level=none",
    "--log-level-file=none",
)
PACKAGES = ("dbt.adapters.duckdb", "dbt.cli.main")


class Project:
    """One side of the change: a project tree, its manifest, and its throw-away warehouse."""

    def __init__(self, scratch: Path, side: str) -> None:
        self.tree = scratch / side
        self.warehouse = scratch / "warehouse" / side / "warehouse.duckdb"
        self.profiles = scratch / "profiles" / side
        self.target = scratch / "target" / side
        for folder in (self.warehouse.parent, self.profiles, self.target):
            folder.mkdir(parents=True, exist_ok=True)
        self._write_profile(_name_profile(self.tree))
        self.manifest: Any = None

    def _write_profile(self, name: str) -> None:
        import yaml

        output = {
            "type": "duckdb",
            "path": str(self.warehouse),
            "threads": 2,
            "settings": {"memory_limit": "1GB", "autoinstall_known_extensions": False},
        }
        profile = {name: {"target": "dev", "outputs": {"dev": output}}}
        (self.profiles / "profiles.yml").write_text(yaml.safe_dump(profile))

    def invoke(self, command: str, *arguments: str) -> Any:
        """Run one dbt command; its result, or an exception that says what dbt says."""
        from dbt.cli.main import dbtRunner

        places = [
            f"--project-dir={self.tree}",
            f"--profiles-dir={self.profiles}",
            f"--target-path={self.target}",
            f"--log-path={self.target}",
        ]
        outcome = dbtRunner(manifest=self.manifest).invoke([command, *_FLAGS, *places, *arguments])
        if outcome.exception is not None:
            raise Refused(str(outcome.exception).strip())
        return outcome.result

    def parse(self) -> None:
        """Read the project without executing any SQL, then forget its hooks."""
        _fill_environment(self.tree)
        self.manifest = self.invoke("parse")

    def forget_hooks(self) -> int:
        """Take the hooks out: they change a warehouse, not the data under judgement."""
        nodes = self.manifest.nodes
        operations = [key for key, node in nodes.items() if str(node.resource_type) == "operation"]
        for key in operations:
            del nodes[key]
        count = len(operations)
        for node in nodes.values():
            for hooks in ("pre_hook", "post_hook"):
                count += len(getattr(node.config, hooks, None) or ())
                if hasattr(node.config, hooks):
                    setattr(node.config, hooks, [])
        return count

    def forget_rendering(self) -> None:
        """Have the next command render all nodes again: dbt adds an ephemeral model's SQL only once."""
        for node in self.manifest.nodes.values():
            if getattr(node, "extra_ctes_injected", False):
                node.extra_ctes_injected, node.extra_ctes = False, []


class Session:
    """What the worker knows between requests."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.sides = {side: Project(scratch, side) for side in _SIDES if (scratch / side).is_dir()}

    def state(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Parse both sides and tell which nodes of head differ from base, and how."""
        for project in self.sides.values():
            project.parse()
        head = self.sides["head"].manifest
        base = self.sides["base"].manifest if "base" in self.sides else None
        answer = {
            "modified": {key: how for key in head.nodes if (how := _difference(head, base, key))},
            "removed": sorted(set(base.nodes) - set(head.nodes)) if base else [],
            "nodes": {key: _describe(node) for key, node in head.nodes.items()},
            "base_nodes": {key: _describe(node) for key, node in base.nodes.items()} if base else {},
            "sources": {key: _describe(node) for key, node in head.sources.items()},
            "exposures": {key: _describe(node) for key, node in head.exposures.items()},
        }
        return answer | {"hooks": sum(project.forget_hooks() for project in self.sides.values())}

    def render(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rendered SQL of the nodes asked for, on each side, and why others have none."""
        return {side: self._render_all(project, request["nodes"]) for side, project in self.sides.items()}

    def _render_all(self, project: Project, wanted: list[str]) -> Mapping[str, Any]:
        """All at once; when one node spoils the rest, one by one, so that only it stays unknown."""
        try:
            return self._render(project, wanted)
        except Refused as error:
            if len(wanted) > _ONE_BY_ONE:
                return {"sql": {}, "errors": dict.fromkeys(wanted, str(error)[:500])}
        sql: dict[str, str] = {}
        errors: dict[str, str] = {}
        for key in wanted:
            try:
                answer = self._render(project, [key])
            except Refused as error:
                errors[key] = str(error)[:500]
            else:
                sql |= answer["sql"]
                errors |= answer["errors"]
        return {"sql": sql, "errors": errors}

    def _render(self, project: Project, wanted: Iterable[str]) -> Mapping[str, Any]:
        present = [key for key in wanted if key in project.manifest.nodes]
        if not present:
            return {"sql": {}, "errors": {}}
        result = project.invoke("compile", "--no-introspect", *_selection(project.manifest, present))
        done = {run.node.unique_id: run for run in result.results}
        sql = {key: run.node.compiled_code for key, run in done.items() if run.node.compiled_code}
        errors = {key: str(run.message) for key, run in done.items() if str(run.status) == "error"}
        missing = {key: "dbt left it out" for key in present if key not in done}
        return {"sql": sql, "errors": errors | missing}

    def build(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Build nodes of one side and run their tests; the tables of `export` as Parquet files."""
        project = self.sides[request["side"]]
        project.forget_rendering()
        selection = _selection(project.manifest, request["nodes"])
        result = project.invoke("build", "--indirect-selection=empty", *selection)
        runs = {run.node.unique_id: _outcome(run) for run in result.results}
        return {"runs": runs, "tables": self._export(project, request["export"])}

    def try_tests(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whether tests of the built head notice faults that are put into the tables they read."""
        import duckdb
        from dbt.adapters.factory import reset_adapters

        project = self.sides["head"]
        reset_adapters()  # type: ignore[no-untyped-call]  # lets go of the database file
        with contextlib.closing(duckdb.connect(str(project.warehouse))) as connection:
            trials = Trials(connection)
            answers = {}
            for key, asked in request["tests"].items():
                test = SqlTest(**asked)
                answers[key] = trials.judge(test.relations, test.column, partial(test.fails, connection))
        return {"trials": answers}

    def compare(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """How exported tables of head differ from those of base, each by the key column given for it."""
        import duckdb

        with contextlib.closing(duckdb.connect()) as connection:
            return {
                "differences": {
                    node: compare(connection, _parquet(pair["before"]), _parquet(pair["now"]), pair["key"])
                    for node, pair in request["pairs"].items()
                }
            }

    def _export(self, project: Project, wanted: Iterable[str]) -> Mapping[str, Any]:
        import duckdb
        from dbt.adapters.factory import reset_adapters

        reset_adapters()  # type: ignore[no-untyped-call]  # lets go of the database file
        folder = self.scratch / ("tables" if project is self.sides["head"] else "base_tables")
        folder.mkdir(exist_ok=True)
        tables: dict[str, Any] = {}
        with contextlib.closing(duckdb.connect(str(project.warehouse))) as connection:
            for number, key in enumerate(wanted):
                node = project.manifest.nodes[key]
                relation = f'"{node.schema}"."{node.identifier}"'.replace("'", "''")
                file = folder / f"{number}.parquet"
                with contextlib.suppress(duckdb.Error):  # not built; its run says why
                    described = connection.execute(f"describe select * from {relation}").fetchall()
                    connection.execute(f"copy (select * from {relation}) to '{file}' (format parquet)")
                    count = connection.execute(f"select count(*) from {relation}").fetchone()
                    columns = {name: kind for name, kind, *_ in described}
                    tables[key] = {"file": str(file), "rows": count and count[0], "columns": columns}
        return tables


def _parquet(file: str) -> str:
    return "read_parquet('" + file.replace("'", "''") + "')"


def _name_profile(tree: Path) -> str:
    import yaml

    try:
        project = yaml.safe_load((tree / "dbt_project.yml").read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Refused(f"dbt_project.yml cannot be read: {error}") from error
    if not isinstance(project, dict):
        raise Refused("dbt_project.yml is no mapping of settings")
    return str(project.get("profile") or project.get("name") or "default")


def _fill_environment(tree: Path) -> None:
    """Stand-ins for variables that the project demands; the real ones never enter the jail."""
    for path in tree.rglob("*"):
        if path.suffix in (".sql", ".yml", ".yaml") and path.is_file():
            for name in _ENV_VAR.findall(path.read_text("utf-8", "replace")):
                os.environ.setdefault(name, name.lower())


def _difference(head: Any, base: Any, key: str) -> list[str]:
    """In what ways a node differs from base: added, body, config, contract, macro, description."""
    node, before = head.nodes[key], base.nodes.get(key) if base else None
    if before is None:
        return ["added"]
    ways = []
    if not node.same_body(before):
        ways.append("body")
    if _settings(node) != _settings(before):
        ways.append("config")
    if str(node.resource_type) == "model" and (
        node.contract != before.contract or _column_types(node) != _column_types(before)
    ):
        ways.append("contract")
    if _macros(head, node) != _macros(base, before):
        ways.append("macro")
    if _parents(node) != _parents(before):
        ways.append("inputs")
    return ways


def _parents(node: Any) -> list[str]:
    return sorted(getattr(getattr(node, "depends_on", None), "nodes", ()))


def _settings(node: Any) -> Any:
    return node.config.to_dict(omit_none=True)


def _column_types(node: Any) -> dict[str, Any]:
    return {name: column.data_type for name, column in node.columns.items()}


def _macros(manifest: Any, node: Any) -> dict[str, str]:
    """Text of every macro that a node calls, directly or through others."""
    found: dict[str, str] = {}
    ahead = list(node.depends_on.macros)
    while ahead:
        key = ahead.pop()
        macro = manifest.macros.get(key)
        if key in found or macro is None:
            continue
        found[key] = macro.macro_sql
        ahead.extend(macro.depends_on.macros)
    return found


def _describe(node: Any) -> dict[str, Any]:
    kind = str(node.resource_type)
    described: dict[str, Any] = {
        "name": node.name,
        "type": kind,
        "path": node.original_file_path,
        "parents": _parents(node),
        "columns": {name: column.data_type or "" for name, column in getattr(node, "columns", {}).items()},
        "meta": getattr(node, "meta", None) or {},
    }
    if kind in BUILT or kind == "test":
        described["settings"] = _pasted(node)
    if kind in BUILT or kind == "source":
        described |= {"database": node.database, "schema": node.schema, "identifier": node.identifier}
        described["column_types"] = dict(getattr(node.config, "column_types", None) or {})
        described["language"] = getattr(node, "language", "sql") or "sql"
        described["materialized"] = getattr(node.config, "materialized", "") or ""
    if kind == "test":
        described["column"] = getattr(node, "column_name", None) or ""
        described["attached"] = getattr(node, "attached_node", None) or ""
        metadata = getattr(node, "test_metadata", None)
        described["counted"] = node.config.fail_calc or "count(*)"
        described["alarms"] = [node.config.warn_if, node.config.error_if]
        described["test"] = {"name": metadata.name, "kwargs": _plain(metadata.kwargs)} if metadata else {}
        described["narrowed"] = bool(node.config.where or node.config.limit)
        described["warns"] = str(node.config.severity).lower() == "warn"
    return described


def _pasted(node: Any) -> dict[str, Any]:
    """What dbt pastes into SQL of its own for a node, apart from the node's name and code."""
    metadata = getattr(node, "test_metadata", None)
    pasted = {
        "config": node.config.to_dict(omit_none=True),
        "columns": [column.to_dict(omit_none=True) for column in node.columns.values()],
        "constraints": [each.to_dict(omit_none=True) for each in getattr(node, "constraints", ())],
        "tests": {"arguments": metadata.kwargs if metadata else {}},
    }
    plain: dict[str, Any] = _plain(pasted)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _selection(manifest: Any, keys: Iterable[str]) -> list[str]:
    return [part for key in keys for part in ("--select", "fqn:" + ".".join(manifest.nodes[key].fqn))]


def _outcome(run: Any) -> dict[str, Any]:
    message = (run.message or "").strip()
    return {"status": str(run.status), "message": message[:2000], "failures": run.failures or 0}


def prepare(scratch: Path) -> Mapping[str, Handler]:
    """Import dbt (the slow part) and offer what it can do."""
    for package in PACKAGES:
        import_module(package)
    session = Session(scratch)
    return {
        "state": session.state,
        "render": session.render,
        "build": session.build,
        "try": session.try_tests,
        "compare": session.compare,
    }


if __name__ == "__main__":
    serve(prepare)
