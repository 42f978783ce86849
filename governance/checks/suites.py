"""Suites of expectations for a model: the YAML file beside it, else what its dbt tests demand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from governance.finding import Position, Severity
from governance.syntax.dbt.declared import declared, declared_at, properties
from governance.syntax.dbt.graph import Graph, Node
from governance.syntax.dbt.yaml import read_yaml

_GRADES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "error": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "warning": Severity.MEDIUM,
    "warn": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.LOW,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation in Great Expectations' words, and how grave it is when not met.

    One that a dbt test stands for stands where that is declared, in the file `path` and not in the suite's.
    """

    kind: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.HIGH
    start: Position | None = None
    values_from: Mapping[str, str] | None = None
    path: str = ""

    def request(self) -> dict[str, Any]:
        """What the worker is asked."""
        request: dict[str, Any] = {"type": self.kind, "kwargs": dict(self.kwargs)}
        return request | ({"values_from": dict(self.values_from)} if self.values_from else {})


@dataclass(frozen=True, slots=True)
class Suite:
    """The expectations of one model. `path` is the file they stand in; `problem` why it is unreadable."""

    expectations: tuple[Expectation, ...] = ()
    path: str = ""
    problem: str = ""
    tests: int = 0


def suite_of(graph: Graph, key: str, tree: Path, files: Mapping[str, str]) -> Suite:
    """The suite of a model in a checkout; `files` holds built tables by node, for relationships."""
    node = graph.nodes[key]
    tests = [graph.nodes[child] for child in graph.children.get(key, ()) if graph.nodes[child].kind == "test"]
    for suffix in (".expectations.yml", ".expectations.yaml"):
        path = tree / Path(node.path).with_name(node.name + suffix)
        if path.is_file():
            relative = str(Path(node.path).with_name(node.name + suffix))
            return _read(path, relative, len(tests))
    derived = tuple(_placed(e, node, test, tree) for test in tests for e in _derive(graph, key, test, files))
    return Suite(derived, node.path, tests=len(tests))


def _placed(expectation: Expectation, node: Node, test: Node, tree: Path) -> Expectation:
    file = tree / test.path
    if file.is_symlink() or not file.is_file():
        return expectation
    document = properties(file.read_text("utf-8", "replace"))
    return replace(expectation, start=declared_at(document, declared(test, node.name)), path=test.path)


def _read(path: Path, relative: str, tests: int) -> Suite:
    document = read_yaml(path.read_bytes().decode("utf-8", "replace"))
    data: Any = document.data
    listed: Any = data.get("expectations") if isinstance(data, dict) else data
    problem = document.problem or ("" if isinstance(listed, list) and listed else "it lists no expectations")
    if problem:
        return Suite(path=relative, problem=problem, tests=tests)
    found = []
    for number, item in enumerate(listed):
        place = listed.places[number]
        kind = (item.get("type") or item.get("expectation_type")) if isinstance(item, dict) else None
        kwargs = (item.get("kwargs") or {}) if isinstance(item, dict) else None
        grade = _GRADES.get(str(item.get("severity", "high")).lower()) if isinstance(item, dict) else None
        if not isinstance(kind, str) or not isinstance(kwargs, dict) or grade is None:
            return Suite(path=relative, problem=f"item {number + 1} is no expectation")
        found.append(Expectation(kind, kwargs, grade, place))
    return Suite(tuple(found), relative, tests=tests)


def _derive(graph: Graph, key: str, test: Node, files: Mapping[str, str]) -> Iterator[Expectation]:
    """The expectation that says the same as a generic dbt test, where there is one."""
    facts = test.facts.get("test") or {}
    name, kwargs = facts.get("name"), facts.get("kwargs") or {}
    column = test.facts.get("column") or kwargs.get("column_name")
    if not column or test.facts.get("attached") != key or test.facts.get("narrowed"):
        return
    severity = Severity.LOW if test.facts.get("warns") else Severity.HIGH
    match name:
        case "unique":
            yield Expectation("expect_column_values_to_be_unique", {"column": column}, severity)
        case "not_null":
            yield Expectation("expect_column_values_to_not_be_null", {"column": column}, severity)
        case "accepted_values":
            values = {"column": column, "value_set": kwargs.get("values", [])}
            yield Expectation("expect_column_values_to_be_in_set", values, severity)
        case "relationships":
            parent = next((p for p in test.parents if p != key and p in files), None)
            if parent and kwargs.get("field"):
                origin = {"file": files[parent], "column": str(kwargs["field"])}
                kind = "expect_column_values_to_be_in_set"
                yield Expectation(kind, {"column": column}, severity, values_from=origin)
