"""The worker that parses, renders and builds a dbt project in the jail: `python -m` this module.

It may read base and head and write to neither, has a profile of its own that points at a throw-away
DuckDB, and runs none of the project's hooks. Parsing executes no SQL; rendering and building execute only
what the screen has let through. What is saved of base is written by a worker that has seen nothing of head.
"""

import contextlib
import json
from collections.abc import Mapping
from functools import cached_property, partial
from importlib import import_module
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from governance.adapters.comparison import compare
from governance.adapters.dbt import saved
from governance.adapters.dbt.given import Given
from governance.adapters.dbt.nodes import (
    BUILT,
    NOTHING,
    Parsed,
    describe,
    described_names,
    differences,
    known_by_path,
    reads_project,
)
from governance.adapters.dbt.project import Project
from governance.adapters.trial import SqlTest, Trials, UnitTest
from governance.adapters.worker import Handler, serve

PACKAGES = ("dbt.adapters.duckdb", "dbt.cli.main")


class Session:
    """What the worker knows between requests. `saved` below the scratch folder is what is known of base.

    If that is there from the start, it is read at once, while whoever asks has other work to do.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._saved = scratch / "saved" / saved.MANIFEST
        self._read = saved.read(self._saved) if self._saved.is_file() else None
        self._given = Given()
        self._head: Project

    @cached_property
    def _base(self) -> Project:
        """Base as it was saved, without its hooks, ready to be built."""
        project = Project(self._scratch / "base" / "tree", self._scratch / "base", self._given)
        project.manifest = saved.placed(saved.read(self._saved), project.tree)
        project.manifest.build_flat_graph()
        project.forget_hooks()
        return project

    def save(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Parse base and render all of it; both are kept as files, for this change and those to come."""
        self._given = Given.of(request)
        project = Project(Path(request["tree"]), self._scratch / "base", self._given)
        with saved.uncollected():
            project.parse()
        parsed = Parsed.of(project.manifest)
        nodes = _described({**parsed.nodes, **parsed.others}, project)
        wide = _wide(parsed)
        self._saved.parent.mkdir()
        saved.save(project.manifest, self._saved)  # with its hooks, which dbt compares
        hooks = project.forget_hooks()
        sql, unrendered = project.render(key for key in nodes if nodes[key]["type"] in (*BUILT, "test"))
        facts = {"nodes": nodes, "sql": sql, "unrendered": unrendered, "hooks": hooks, "wide": wide}
        (self._saved.parent / saved.NODES).write_text(json.dumps(facts), "utf-8")
        return {}

    def state(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Parse head on top of base; what differs from base, and how. It is saved in the folder `keep`."""
        self._given = Given.of(request)
        self._head = Project(Path(request["tree"]), self._scratch / "head", self._given)
        with saved.uncollected():
            base, before = self._parse_head()
        now = Parsed.of(self._head.manifest)
        modified = differences(now, before)
        known = {**before.nodes, **before.others}
        other = {
            key: node
            for key, node in {**now.nodes, **now.others}.items()
            if node is not known.get(key) or known_by_path(node)
        }
        kept = {}
        if folder := request.get("keep"):
            (self._scratch / folder).mkdir()
            saved.save(self._head.manifest, self._scratch / folder / saved.MANIFEST)
            kept = {"wide": _wide(now), "afresh": self._head.manifest is not base}
        answer = {
            "modified": modified,
            "removed": sorted(set(before.nodes) - set(now.nodes)),
            "gone": sorted(set(known) - set(now.nodes) - set(now.others)),
            "nodes": _described(other, self._head),
        }
        return answer | kept | {"hooks": self._head.forget_hooks()}

    def _parse_head(self) -> tuple[Any, Parsed]:
        """Base, and what it held before dbt parsed head into it, where that can be done.

        Other macros are no partial matter; and dbt would leave a new node without the tests and settings of
        properties that are older than it.
        """
        if not self._saved.is_file():
            self._head.parse()
            return None, NOTHING
        base = saved.placed(self._read or saved.read(self._saved), self._head.tree)
        self._read = None  # it becomes head
        before, described = Parsed.of(base), described_names(base)
        self._head.parse(base)
        now = Parsed.of(base)
        late = any(node.name in described for key, node in now.nodes.items() if key not in before.nodes)
        if self._head.manifest is base and (late or now.macros != before.macros):
            before = Parsed.of(saved.placed(saved.read(self._saved), self._head.tree))
            self._head.parse()
        return base, before

    def render(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rendered SQL of the nodes of head asked for, and why others have none."""
        sql, errors = self._head.render(request["nodes"])
        return {"sql": sql, "errors": errors}

    def build(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Build nodes of one side and run their tests; the tables of `export` as Parquet files."""
        head = request["side"] == "head"
        project = self._head if head else self._base
        runs = project.build(first) if (first := request.get("first")) else {}
        if sources := request.get("sources"):
            project.plant(sources)
        runs |= (project.build_apart if request.get("apart") else project.build)(request["nodes"])
        folder = self._scratch / ("tables" if head else "base_tables")
        return {"runs": runs, "tables": project.export(request["export"], folder)}

    def try_tests(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whether tests of the built head notice faults that are put into the tables they read."""
        with self._head.open_warehouse() as connection:
            trials = Trials(connection)
            tests = {key: SqlTest(**asked) for key, asked in request["tests"].items()}
            fails = {key: partial(test.fails, connection) for key, test in tests.items()}
            answers = {
                key: trials.judge(test.relations, test.column, fails[key]) for key, test in tests.items()
            }
            answers |= {key: trials.judge_unit(UnitTest(**asked)) for key, asked in request["units"].items()}
            constants = {key: trials.constants(**asked) for key, asked in request["models"].items()}
            for key, test in tests.items():  # last, since it takes longest and matters least
                if answers[key]["noticed"] and not answers[key]["lax"] and test.made:
                    answers[key]["restates"] = trials.restates(test.made, test.inputs, fails[key])
        return {"trials": answers, "constants": constants}

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


_SMALL = {
    "dbt_project.yml": "name: small\nversion: '1.0'\nprofile: small\n",
    "seeds/planted.csv": "a,b\n1,x\n2,y\n",
    "models/seen.sql": "select * from {{ ref('planted') }}",
    "models/kept.sql": "{{ config(materialized='table') }} select * from {{ ref('seen') }}",
    "models/grown.sql": "{{ config(materialized='incremental') }} select * from {{ ref('kept') }}",
    "models/all.yml": """\
models:
  - name: kept
    columns:
      - {name: a, data_tests: [unique, not_null, {relationships: {arguments: {to: ref('seen'), field: a}}}]}
      - {name: b, data_tests: [{accepted_values: {arguments: {values: [x, y]}}}]}
""",
}


def warm(scratch: Path) -> None:
    """Have dbt parse a small project of ours twice and build it: it makes classes and templates as it goes.

    Those of its own macros stay, which are what takes long. Its static parser starts threads, which a fork
    would be without.
    """
    for path, text in _SMALL.items():
        file = scratch / "small" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    project = Project(scratch / "small", scratch / "warm")
    project.parse(None, "--no-static-parser")
    (project.tree / "models" / "seen.sql").write_text("select a, b from {{ ref('planted') }}")
    project.parse(project.manifest, "--no-static-parser")
    nodes = list(project.manifest.nodes)
    project.render(nodes)
    project.build(nodes)
    project.export((key for key in nodes if key.startswith(BUILT)), scratch / "tables")
    project.let_go()
    resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]  # a fork must not write to its pipe


def _wide(parsed: Parsed) -> list[str]:
    return [key for key, node in parsed.nodes.items() if reads_project(parsed, node)]


def _described(nodes: Mapping[str, Any], project: Project) -> dict[str, dict[str, Any]]:
    described = {key: describe(node, project.tree) for key, node in nodes.items()}
    for key in described.keys() & project.given.columns.keys():
        facts = described[key]
        facts["columns"] = project.given.columns_of(key, facts["type"], facts["columns"])
    return described


def _parquet(file: str) -> str:
    return "read_parquet('" + file.replace("'", "''") + "')"


def prepare(scratch: Path) -> Mapping[str, Handler]:
    """Import dbt (the slow part) and offer what it can do."""
    for package in PACKAGES:
        import_module(package)
    session = Session(scratch)
    return {
        "save": session.save,
        "state": session.state,
        "render": session.render,
        "build": session.build,
        "try": session.try_tests,
        "compare": session.compare,
    }


if __name__ == "__main__":
    serve(prepare)
