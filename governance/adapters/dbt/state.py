"""Both sides of a change as the worker tells them: the nodes of each, and which of head must be rendered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from governance.adapters.worker import Worker, WorkerRefused
from governance.syntax.dbt.graph import Graph, Node

if TYPE_CHECKING:
    from governance.syntax.dbt.outputs import Outputs

WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class State:
    """Both sides of a change as dbt parses them, and which nodes of head differ from base, and how.

    Base, with what its nodes put out, is rendered as far as it can be, and `unrendered` holds the rest. A
    node of head has the SQL of base until it is rendered itself, and is the same object where its facts
    are the same. Nodes in `wide` look at the whole project while they render; `called` are the names of
    functions that the SQL of base calls.
    """

    before: "Outputs"
    head: Graph
    modified: Mapping[str, tuple[str, ...]]
    removed: tuple[str, ...] = ()
    hooks: int = 0
    unrendered: frozenset[str] = frozenset()
    wide: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()

    @property
    def base(self) -> Graph:
        """The nodes of base."""
        return self.before.graph


def state_of(
    answer: Mapping[str, Any], before: "Outputs", facts: Mapping[str, Any], called: Iterable[str] = ()
) -> State:
    """What the worker says of head, over what is known of base; raises WorkerRefused for a circle."""
    base = before.graph
    other = read_nodes(answer["nodes"], facts["sql"])
    head = {key: node for key, node in base.nodes.items() if key not in answer["gone"]}
    head |= {key: node for key, node in other.items() if node != base.nodes.get(key)}
    graph = Graph(head)
    refuse_circle(graph, "state")
    return State(
        before,
        graph,
        {key: tuple(ways) for key, ways in answer["modified"].items()},
        tuple(answer["removed"]),
        answer["hooks"] + facts["hooks"],
        frozenset(facts["unrendered"]),
        frozenset(facts["wide"]),
        frozenset(called),
    )


def refuse_circle(graph: Graph, operation: str) -> None:
    """Raises WorkerRefused where models read each other in a circle: dbt parses them and builds none."""
    named = [f"{graph.nodes[key].name} ({graph.nodes[key].path})" for key in graph.circle[:5]]
    if named:
        raise WorkerRefused(f"{operation}: models read each other in a circle: {', '.join(named)}")


def render(worker: Worker, state: State, keys: Iterable[str]) -> tuple[State, dict[str, str]]:
    """The state with nodes of head rendered, and why some could not be."""
    wanted = list(keys)
    answer = worker.ask("render", nodes=wanted)
    nodes = dict(state.head.nodes)
    for key in wanted:
        nodes[key] = replace(nodes[key], sql=answer["sql"].get(key, ""))
    return replace(state, head=Graph(nodes)), answer["errors"]


def stale_nodes(state: State, modified: Iterable[str]) -> set[str]:
    """Modified nodes; those that name one that is another now; those that look at the whole project.

    A node names its parents, and through ephemeral ones, whose SQL stands in its own, their parents.
    What could not be rendered on base and is concerned is tried again, so that it is told.
    """
    head, base = state.head.nodes, state.base.nodes
    found = {*modified, *state.wide} & set(head)
    ahead = [key for key, node in head.items() if key in found or node is not base.get(key)]
    seen = set(ahead)
    while ahead:
        for child in state.head.children.get(ahead.pop(), ()):
            found.add(child)
            if child not in seen and head[child].facts.get("materialized") == "ephemeral":
                seen.add(child)
                ahead.append(child)
    concerned = {*state.head.descendants(found), *state.head.ancestors(found)}
    return found | (concerned & state.unrendered)


def read_nodes(described: Mapping[str, Any], sql: Mapping[str, str]) -> dict[str, Node]:
    """Nodes from what the worker says of them."""
    return {key: _node(key, facts, sql.get(key, "")) for key, facts in described.items()}


def _node(key: str, facts: Mapping[str, Any], sql: str) -> Node:
    relation = ""
    if "identifier" in facts:
        relation = ".".join((facts.get("database") or WAREHOUSE, facts["schema"], facts["identifier"]))
    parents = tuple(facts["parents"])
    return Node(
        key, facts["name"], facts["type"], facts["path"], parents, relation, facts["columns"], sql, facts
    )
