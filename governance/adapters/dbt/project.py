"""One side of a change as the worker holds it: a project tree, its manifest, its throw-away warehouse."""

import contextlib
import errno
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from governance.adapters.dbt.given import Given
from governance.adapters.dbt.nodes import looks_at_graph
from governance.adapters.dbt.saved import on_top_of
from governance.adapters.dbt.spared import spared
from governance.adapters.dbt.tree import files_of
from governance.adapters.worker import Refused

_ENV_VAR = re.compile(rb"env_var\(\s*['\"]([A-Za-z_]\w*)['\"]\s*\)")
_FLAGS = (
    "--quiet",
    "--no-send-anonymous-usage-stats",
    "--no-version-check",
    "--no-write-json",
    "--no-use-colors",
    "--log-level=none",
    "--log-level-file=none",
)


class Project:
    """A project whose files are in `tree`; what is made of it is written below `place`."""

    def __init__(self, tree: Path, place: Path, given: Given = Given()) -> None:
        self.tree = tree
        self.given = given
        self.warehouse = place / "warehouse.duckdb"
        self.profiles = place / "profiles"
        self.target = place / "target"
        for folder in (self.profiles, self.target):
            folder.mkdir(parents=True, exist_ok=True)
        self._place = place
        self._attached: dict[str, Path] = {}
        self._write_profile(_name_profile(self.tree))
        self.manifest: Any = None
        self._config: Any = None

    def _write_profile(self, name: str) -> None:
        import yaml

        output: dict[str, Any] = {
            "type": "duckdb",
            "path": str(self.warehouse),
            "threads": 2,
            "settings": {"memory_limit": "1GB", "autoinstall_known_extensions": False},
        }
        if self._attached:
            output["attach"] = [{"path": str(f), "alias": quoted(name)} for name, f in self._attached.items()]
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
            "--target=dev",  # whatever DBT_TARGET is given
            *self.given.arguments,
        ]
        os.chdir(self.tree)
        complaints: list[str] = []

        def hear(event: Any) -> None:
            if event.info.name == "SemanticValidationFailure":  # of which the exception says nothing
                complaints.append(str(event.info.msg))

        runner = dbtRunner(manifest=self.manifest, callbacks=[hear])
        outcome = runner.invoke([command, *_FLAGS, *places, *arguments])
        if outcome.exception is not None:
            if isinstance(outcome.exception, MemoryError | SystemError):
                raise outcome.exception
            if getattr(outcome.exception, "errno", None) == errno.ENOMEM:
                raise MemoryError from outcome.exception
            raise Refused("\n".join([_words(outcome.exception, self.tree), *complaints]))
        return outcome.result

    def parse(self, saved: Any = None, *arguments: str) -> None:
        """Read the project without executing any SQL, on top of a saved manifest where there is one."""
        os.environ.update(self.given.environment)
        _fill_environment(self.tree)
        self.manifest = None  # dbt would take it for the answer
        with on_top_of(saved) as told, spared():
            self.manifest = self.invoke("parse", *arguments)
        self._config = told["config"]
        if looks_at_graph(self.manifest):
            self.manifest.build_flat_graph()

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

    def render(self, wanted: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        """The rendered SQL of nodes, and why others have none; one that fails spoils no other."""
        from dbt.compilation import Compiler

        adapter, compiler = self._adapter(), Compiler(self._config)
        sql: dict[str, str] = {}
        errors: dict[str, str] = {}
        for key in wanted:
            node = self.manifest.nodes.get(key)
            if node is None or str(node.resource_type) == "seed":
                continue
            try:
                with adapter.connection_named(key, node):
                    code = compiler.compile_node(node, self.manifest, {}, write=False).compiled_code
            except Exception as error:  # whatever a template raises is the reason why it has no SQL
                errors[key] = str(error).strip()[:500] or type(error).__name__
            else:
                sql |= {key: code} if code else {}
        return sql, errors

    def _adapter(self) -> Any:
        """dbt's adapter with this project's macros: it has one at a time, that of the last command."""
        from dbt.adapters.factory import get_adapter, register_adapter, reset_adapters
        from dbt.mp_context import get_mp_context

        adapter: Any = get_adapter(self._config)
        if adapter.config is not self._config:
            reset_adapters()  # type: ignore[no-untyped-call]
            register_adapter(self._config, get_mp_context())
            adapter = get_adapter(self._config)
            adapter.set_macro_resolver(self.manifest)
        return adapter

    def build(self, wanted: Iterable[str], command: str = "build") -> dict[str, dict[str, Any]]:
        """Build nodes and run tests; for each node how that ended."""
        self.forget_rendering()
        manifest = self.manifest
        known = {**manifest.nodes, **manifest.unit_tests}
        keys = dict.fromkeys(wanted)
        selected = [part for key in keys for part in ("--select", "fqn:" + ".".join(known[key].fqn))]
        for key, test in manifest.unit_tests.items():  # whose name may begin with that of a model
            selected += ["--exclude", "fqn:" + ".".join(test.fqn)] if key not in keys else []
        result = self.invoke(command, "--indirect-selection=empty", *selected)
        return {run.node.unique_id: _outcome(run) for run in result.results}

    def build_apart(self, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The same, but a test that fails keeps nothing else from its turn: dbt skips what is below it."""
        nodes = list(wanted)
        tests = [key for key in nodes if key.startswith("test.")]
        runs = self.build(key for key in nodes if not key.startswith("test."))
        absent = {key for key, run in runs.items() if run["status"] in ("error", "skipped")}
        idle = {key for key in tests if absent & set(self.manifest.nodes[key].depends_on.nodes)}
        ready = [key for key in tests if key not in idle]
        nothing = {"status": "skipped", "message": "", "failures": 0}
        return runs | (self.build(ready, "test") if ready else {}) | dict.fromkeys(idle, nothing)

    def plant(self, tables: Iterable[Mapping[str, Any]]) -> None:
        """Put rows where sources are: of each its `relation` in three parts, and the Parquet `file`."""
        tables = list(tables)
        databases = {table["relation"][0].lower() for table in tables} - {self.warehouse.stem}
        files = (self._place / f"of_source{n}.duckdb" for n in itertools.count())
        self._attached = dict(zip(sorted(databases), files, strict=False))
        self._write_profile(_name_profile(self.tree))
        with self.open_warehouse() as connection:
            for table in tables:
                database, schema, name = map(quoted, table["relation"])
                file = str(table["file"]).replace("'", "''")
                connection.execute(f"create schema if not exists {database}.{schema}")
                connection.execute(
                    f"create or replace table {database}.{schema}.{name} as from read_parquet('{file}')"
                )

    def let_go(self) -> None:
        """Close what dbt has opened, which it keeps until the next command, and the warehouse for longer."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.adapters.factory import reset_adapters

        reset_adapters()  # type: ignore[no-untyped-call]
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]

    @contextlib.contextmanager
    def open_warehouse(self) -> Iterator[Any]:
        """A connection to what was built, once dbt has let go of the file."""
        import duckdb

        self.let_go()
        with contextlib.closing(duckdb.connect(str(self.warehouse))) as connection:
            for name, file in self._attached.items():
                path = str(file).replace("'", "''")
                connection.execute(f"attach '{path}' as {quoted(name)}")
            yield connection

    def export(self, wanted: Iterable[str], folder: Path) -> dict[str, dict[str, Any]]:
        """Built relations as Parquet files in a folder, with their columns and number of rows."""
        import duckdb

        folder.mkdir(exist_ok=True)
        tables = {}
        with self.open_warehouse() as connection:
            for number, key in enumerate(wanted):
                node = self.manifest.nodes[key]
                relation = f'"{node.schema}"."{node.identifier}"'.replace("'", "''")
                file = folder / f"{number}.parquet"
                with contextlib.suppress(duckdb.Error):  # not built; its run says why
                    described = connection.execute(f"describe select * from {relation}").fetchall()
                    connection.execute(f"copy (select * from {relation}) to '{file}' (format parquet)")
                    count = connection.execute(f"select count(*) from {relation}").fetchone()
                    columns = {name: kind for name, kind, *_ in described}
                    tables[key] = {"file": str(file), "rows": count and count[0], "columns": columns}
        return tables


def quoted(name: str) -> str:
    """A name as DuckDB reads it, whatever it consists of."""
    return '"' + name.replace('"', '""') + '"'


def _outcome(run: Any) -> dict[str, Any]:
    message = (run.message or "").strip()
    unit = str(run.node.resource_type) == "unit_test"
    sql = (getattr(run.node, "compiled_code", None) or "") if unit else ""
    return {"status": str(run.status), "message": message[:2000], "failures": run.failures or 0, "sql": sql}


def _words(error: BaseException, tree: Path) -> str:
    """What dbt says, with the file where it has not named that."""
    if isinstance(error, UnicodeDecodeError):
        for path in files_of(tree):
            with open(path, "rb") as file:
                content = file.read()
            if content == error.object or error.object in content:
                return f"{os.path.relpath(path, tree)} is not UTF-8 text (byte {error.start})"
    own = type(error).__module__.startswith("dbt")
    return str(error).strip() if own else f"dbt fails on the project: {type(error).__name__}: {error}"


def _name_profile(tree: Path) -> str:
    import yaml

    try:
        project = yaml.safe_load((tree / "dbt_project.yml").read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused(f"dbt_project.yml is not UTF-8 text (byte {error.start})") from error
    except (OSError, yaml.YAMLError) as error:
        raise Refused(f"dbt_project.yml cannot be read: {error}") from error
    if not isinstance(project, dict):
        raise Refused("dbt_project.yml is no mapping of settings")
    name = project.get("profile") or project.get("name") or "default"
    if not isinstance(name, str):
        raise Refused("dbt_project.yml: the profile is no name")
    return name


def _fill_environment(tree: Path) -> None:
    """Stand-ins for variables that the project demands; the real ones never enter the jail."""
    for path in files_of(tree):
        if path.endswith((".sql", ".yml", ".yaml")) and os.path.isfile(path):
            with open(path, "rb") as file:
                text = file.read()
            for name in _ENV_VAR.findall(text) if b"env_var" in text else ():
                os.environ.setdefault(name.decode(), name.decode().lower())
