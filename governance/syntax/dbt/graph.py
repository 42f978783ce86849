"""A parsed dbt project as a graph: nodes with their parents, relations, columns and rendered SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

RENDERED_FOR = "duckdb"
"""The engine whose SQL dbt's own macros make here, whatever warehouse a project is meant for."""
BUILT = ("model", "seed", "snapshot")


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the project. `relation` is its table as rendered SQL names it."""

    key: str
    name: str
    kind: str
    path: str
    parents: tuple[str, ...] = ()
    relation: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    sql: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """The nodes of one side of a change, by dbt's unique id."""

    nodes: Mapping[str, Node] = field(default_factory=dict)

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """For each node the nodes that read it."""
        found: dict[str, list[str]] = {}
        for key, node in self.nodes.items():
            for parent in node.parents:
                found.setdefault(parent, []).append(key)
        return {key: tuple(sorted(names)) for key, names in found.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every node after its parents."""
        done: dict[str, None] = {}
        for start in sorted(self.nodes):
            stack = [start]
            while stack:
                key = stack[-1]
                waiting = [
                    p for p in self.nodes[key].parents if p in self.nodes and p not in done and p not in stack
                ]
                if waiting:
                    stack.append(waiting[0])
                else:
                    done.setdefault(stack.pop())
        return tuple(done)

    @cached_property
    def circle(self) -> tuple[str, ...]:
        """The nodes that read each other in a circle, one such circle's if there are several."""
        places = {key: place for place, key in enumerate(self.order)}
        for key, place in places.items():
            if any(places.get(parent, -1) >= place for parent in self.nodes[key].parents):
                return tuple(sorted({*self.ancestors([key])} & {*self.descendants([key])}))
        return ()

    def descendants(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Everything below the given nodes, parents first."""
        found = self._reach(keys, self.children)
        return tuple(key for key in self.order if key in found)

    def ancestors(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Everything above the given nodes, parents first."""
        found = self._reach(keys, {key: node.parents for key, node in self.nodes.items()})
        return tuple(key for key in self.order if key in found)

    @staticmethod
    def _reach(keys: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> set[str]:
        found: set[str] = set()
        ahead = [near for key in keys for near in edges.get(key, ())]
        while ahead:
            key = ahead.pop()
            if key not in found:
                found.add(key)
                ahead.extend(edges.get(key, ()))
        return found
