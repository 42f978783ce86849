"""What a dbt change means, as evidence: each changed model and column with its class, and who reads it."""

from collections.abc import Iterable, Sequence
from typing import Any

from governance.checks.dbt_audit import ProjectAudit
from governance.syntax.dbt.column_change import CLASS_OF, ChangeClass, ColumnImpact, change_class
from governance.syntax.dbt.graph import BUILT, Node

_MOST = 50


def changes(project: ProjectAudit, impacts: Sequence[ColumnImpact]) -> dict[str, Any]:
    """By dbt's unique id: name, path and class of each node that differs, what differs, and its readers."""
    assert project.state is not None
    head, base = project.state.head.nodes, project.state.base
    found = {}
    for key in dict.fromkeys((*project.targets, *(impact.node.key for impact in impacts))):
        own = [impact for impact in impacts if impact.node.key == key]
        grade = ChangeClass.UNKNOWN if key in project.unrendered else change_class(own)
        fresh = key not in base.nodes
        found[key] = _named(head[key], project) | {
            "class": str(ChangeClass.ADDITIVE if fresh and grade is ChangeClass.NONE else grade),
            "new": fresh,
            "columns": [_column(impact, project) for impact in own],
        }
    for key in project.state.removed:
        node = base.nodes.get(key)
        if node is not None and node.kind in BUILT:
            left = [head[child] for child in base.children.get(key, ()) if child in head]
            gone = {"class": str(ChangeClass.BREAKING if left else ChangeClass.SEMANTIC), "removed": True}
            found[key] = _named(node, project) | gone | {"columns": [], **_readers(left, (), project)}
    return found


def _column(impact: ColumnImpact, project: ProjectAudit) -> dict[str, Any]:
    """One difference; expressions stay out, which may be pages long and stand in the finding."""
    told = {"column": impact.column, "change": str(impact.change), "class": str(CLASS_OF[impact.change])}
    became = {"became": impact.after} if impact.change in ("renamed", "retyped") else {}
    return told | became | _readers(impact.users, impact.made, project)


def _readers(users: Sequence[Node], made: Iterable[tuple[str, str]], project: ProjectAudit) -> dict[str, Any]:
    columns: dict[str, list[str]] = {}
    for key, column in made:
        columns.setdefault(key, []).append(column)
    listed = [
        _named(user, project) | {"columns": columns.get(user.key, [])[:_MOST], "contract": _promised(user)}
        for user in users[:_MOST]
    ]
    return {"readers": listed, "more_readers": max(len(users) - _MOST, 0)}


def _named(node: Node, project: ProjectAudit) -> dict[str, Any]:
    return {"name": node.name, "kind": node.kind, "path": project.path(node.path)}


def _promised(node: Node) -> bool:
    """Whether a contract holds a model to its columns and types."""
    contract = node.facts.get("settings", {}).get("config", {}).get("contract") or {}
    return bool(contract.get("enforced")) if isinstance(contract, dict) else False
