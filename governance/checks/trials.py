"""Which checks of a change are to be tried, on what, and by which rules: new and changed ones that passed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from governance.adapters.dbt import WAREHOUSE
from governance.rule import Rule
from governance.rules.dbt.lax_test import LaxTest
from governance.rules.dbt.restating_test import RestatingTest
from governance.rules.dbt.test_never_fails import TestNeverFails
from governance.syntax.dbt import DbtKind
from governance.syntax.dbt.graph import BUILT, RENDERED_FOR, Graph, Node
from governance.syntax.dbt.results import TriedTest

if TYPE_CHECKING:
    from governance.checks.dbt_audit import ProjectAudit

RULES: tuple[Rule[TriedTest], ...] = (TestNeverFails(), LaxTest(), RestatingTest())

Asked = dict[str, dict[str, dict[str, Any]]]


def trials_asked(audit: "ProjectAudit") -> Asked:
    """What to ask the worker of an audit that has built head: `tests`, `units`, `models`."""
    assert audit.state is not None
    nodes = audit.state.head.nodes
    passed = [
        nodes[key]
        for key in sorted(audit.state.modified)
        if key in nodes and key in audit.runs and audit.runs[key].status == "pass"
    ]
    data_tests = (node for node in passed if node.kind == "test" and not empty(audit, node))
    tests = {node.key: _test(audit, node) for node in data_tests}
    units = {node.key: _unit(audit, node) for node in passed if node.kind == "unit_test"}
    looked_at = suites_edited(audit, audit.state.head) | {nodes[k].facts.get("attached", "") for k in tests}
    models = {key: _made(audit, [key]) for key in looked_at if key in audit.tables}
    found = {
        key: {"relation": _relation(nodes[key]), "made": made, "inputs": inputs}
        for key, (made, inputs) in models.items()
        if made
    }
    return {"tests": {key: test for key, test in tests.items() if test}, "units": units, "models": found}


def empty(audit: "ProjectAudit", test: Node) -> Node | None:
    """A relation without rows that a test reads: whatever it says, nothing was tested."""
    assert audit.state is not None
    nodes = audit.state.head.nodes
    read = (key for key in _stored_parents(test, nodes) if key in audit.tables)
    return next((nodes[key] for key in read if not audit.tables[key].rows), None)


def _test(audit: "ProjectAudit", test: Node) -> dict[str, Any]:
    """A test as a trial wants it, or nothing when what it reads is not all there."""
    assert audit.state is not None
    nodes = audit.state.head.nodes
    parents = list(dict.fromkeys(_stored_parents(test, nodes)))
    if not parents or any(parent not in audit.tables for parent in parents):
        return {}
    made, inputs = _made(audit, parents)
    return {
        "sql": test.sql,
        "relations": [_relation(nodes[parent]) for parent in parents],
        "column": test.facts.get("column", ""),
        "count": test.facts["counted"],
        "alarms": test.facts["alarms"][: 1 if test.facts["warns"] else 2],
        "made": made,
        "inputs": inputs,
    }


def _unit(audit: "ProjectAudit", test: Node) -> dict[str, Any]:
    from governance.syntax.sql.mutants import mutants

    sql = audit.runs[test.key].sql
    logic, others = mutants(sql, RENDERED_FOR)
    return {"sql": sql, "columns": test.facts["expected"], "logic": logic, "others": others}


def _made(audit: "ProjectAudit", keys: Iterable[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The models among some relations with their queries, parents first, and what these are made of."""
    assert audit.state is not None
    nodes, wanted = audit.state.head.nodes, set(keys)
    models = [key for key in audit.state.head.order if key in wanted and _is_made(nodes[key])]
    read = [parent for key in models for parent in _stored_parents(nodes[key], nodes)]
    inputs = [key for key in dict.fromkeys((*read, *keys)) if key not in models and key in audit.tables]
    made = [(_relation(nodes[key]), nodes[key].sql) for key in models]
    return (made, [_relation(nodes[key]) for key in inputs]) if read else ([], [])


def _is_made(node: Node) -> bool:
    return node.kind == "model" and bool(node.sql.strip()) and node.facts.get("language") == "sql"


def suites_edited(audit: "ProjectAudit", head: Graph) -> set[str]:
    """Nodes whose suite of expectations changed."""
    names = {
        change.path.rpartition("/")[2].partition(".")[0]
        for change in audit.changes
        if change.kind is DbtKind.EXPECTATIONS
    }
    return {key for key, node in head.nodes.items() if node.kind in BUILT and node.name in names}


def _stored_parents(node: Node, nodes: Mapping[str, Node]) -> Iterator[str]:
    """What a node reads from the warehouse, through ephemeral models, which are not in it."""
    for key in node.parents:
        parent = nodes.get(key)
        if parent is not None and parent.facts.get("materialized") == "ephemeral":
            yield from _stored_parents(parent, nodes)
        elif parent is not None:
            yield key


def _relation(node: Node) -> str:
    """The name of a built node, each part in quotes."""
    parts = (node.facts.get("database") or WAREHOUSE, node.facts["schema"], node.facts["identifier"])
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
