"""Which nodes of head must be rendered anew, since what they render to may differ from base."""

from collections.abc import Iterable

from governance.adapters.dbt import State


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
