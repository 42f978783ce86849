"""What a model puts out when not all columns of its sources are declared: those that are read are there."""

from dataclasses import replace

from governance.syntax.column_lineage import Output
from governance.syntax.dbt.graph import Graph
from governance.syntax.dbt.outputs import Outputs
from governance.syntax.dbt.sources.reading import Readers, readers_of

Told = Output | str | None


def told_widely(key: str, before: Outputs, after: Outputs) -> tuple[Told, Told] | None:
    """What a model puts out on each side, over sources with all columns that either side reads.

    `None` where that proves nothing: it reads no sources, or a star passes on columns of theirs that nobody
    has named, so that one which is gone would not be missed.
    """
    graphs = [before.graph, after.graph]
    above = [{key, *graph.ancestors([key])} if key in graph.nodes else set() for graph in graphs]
    sides = list(zip(graphs, above, strict=True))
    read: dict[str, dict[str, None]] = {}
    for graph, keys in sides:
        sources = {each for each in keys if graph.nodes[each].kind == "source"}
        if not sources:
            continue
        readers = Readers(graph, readers_of(graph, [key], sources) & keys, before.dialect)
        if not readers.names_all(key):
            return None
        for source, columns in readers.reading().columns.items():
            read.setdefault(source, {}).update(columns)
        for source in sources:
            read.setdefault(source, {}).update(dict.fromkeys(readers.filled(source)))
    if not any(read.values()):
        return None
    old, new = (Outputs(_with(graph, keys, read), before.dialect).told(key) for graph, keys in sides)
    return old, new


def _with(graph: Graph, keys: set[str], read: dict[str, dict[str, None]]) -> Graph:
    """A part of a graph, its sources with the columns that are read and those that are declared."""
    nodes = {each: graph.nodes[each] for each in keys}
    for source, columns in read.items():
        if source in nodes:
            known = {name.lower(): kind for name, kind in nodes[source].columns.items()}
            nodes[source] = replace(nodes[source], columns=dict.fromkeys(columns, "") | known)
    return Graph(nodes)
