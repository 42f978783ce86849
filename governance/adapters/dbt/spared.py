"""Two things that dbt does with all nodes after each parse, and that one changed model seldom needs.

Together they are half of the time of a parse on top of another. The flat copy of the graph is made by who
has a template that looks at it. That no two nodes share a relation is checked by dbt's own code, with dbt's
own message, whenever a cheaper look at their parts does not rule it out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def spared() -> Iterator[None]:
    """Have dbt leave both out where that makes no difference."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser import manifest as parser

    flatten, check = Manifest.build_flat_graph, parser._check_resource_uniqueness
    Manifest.build_flat_graph = lambda manifest: None  # type: ignore[method-assign]
    parser._check_resource_uniqueness = _unless_distinct(check)  # type: ignore[assignment]
    try:
        yield
    finally:
        Manifest.build_flat_graph = flatten  # type: ignore[method-assign]
        parser._check_resource_uniqueness = check


def _unless_distinct(check: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def checked(manifest: Any, config: Any) -> None:
        if not _distinct(manifest.nodes.values()):
            check(manifest, config)

    return checked


def _distinct(nodes: Any) -> bool:
    """Whether no two nodes can have one relation, or one name in one package, however they are quoted."""
    names: set[tuple[str, ...]] = set()
    relations: set[tuple[str, ...]] = set()
    count = 0
    for node in nodes:
        if node.is_relational:
            parts = (node.database or "", node.schema or "", node.identifier or "")
            if '"' in "".join(parts):
                return False
            count += 1
            relations.add(tuple(part.casefold() for part in parts))
            names.add((node.package_name, node.name))
    return len(relations) == len(names) == count
