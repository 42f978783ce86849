"""What the nodes of a project put out: columns in canonical form, with DuckDB's types where it knows them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from governance.errors import InvalidInput
from governance.syntax.column_lineage import Output, Source, output_columns, used_columns
from governance.syntax.dbt.graph import BUILT, Graph, Node
from governance.syntax.sql.native.empty import EmptyTables, NotBound

Columns = Mapping[str, str]
_Frozen = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


class Outputs:
    """The outputs of some nodes of one side of a change and of all above them, parents first.

    `told` holds an Output, or the reason why there is none; `refused` why DuckDB does not bind a query
    whose tables are all known; `bound` the nodes whose types are DuckDB's or declared, not inferred.
    """

    def __init__(self, graph: Graph, wanted: Iterable[str], dialect: str) -> None:
        self.graph = graph
        self.dialect = dialect
        self.told: dict[str, Output | str] = {}
        self.refused: dict[str, NotBound] = {}
        self.bound: set[str] = set()
        self._columns: dict[str, Columns] = {}
        self._tables = EmptyTables()
        some = {key for key in wanted if key in graph.nodes}
        some |= set(graph.ancestors(some))
        for key in graph.order:
            if key in some:
                self._tell(graph.nodes[key])

    def schema(self, node: Node) -> dict[str, Columns]:
        """The columns of every relation that a node's SQL may name."""
        return {
            parent.relation: self._columns[parent.key]
            for parent in _read_by(self.graph, node)
            if parent.relation and self._columns.get(parent.key)
        }

    def columns(self, key: str) -> Columns:
        """The columns of a node by name, with their types where known."""
        return self._columns.get(key, {})

    def _tell(self, node: Node) -> None:
        if not node.sql:
            self._columns[node.key] = dict(node.columns)
            self._put(node)
            return
        bound = self._described(node)
        if node.kind not in BUILT:
            return
        try:
            output = _output(node.sql, self.dialect, _frozen(self.schema(node)))
        except InvalidInput as error:
            self.told[node.key] = error.message
            self._columns[node.key] = bound or dict(node.columns)
        else:
            self.told[node.key] = output = _typed(output, bound)
            self._columns[node.key] = {name: column.kind for name, column in output.columns.items()}
        if bound:
            self._put(node)

    def _put(self, node: Node) -> None:
        if node.relation and self._tables.put(node.relation, self._columns[node.key]):
            self.bound.add(node.key)

    def _described(self, node: Node) -> Columns:
        """What DuckDB says that a query puts out; nothing unless it knows all tables that it reads."""
        if self.dialect != "duckdb" or any(p.key not in self.bound for p in _read_by(self.graph, node)):
            return {}
        try:
            return self._tables.described(node.sql) or {}
        except NotBound as refusal:
            self.refused[node.key] = refusal
            return {}


def used_by_query(sql: str, dialect: str, schema: Mapping[str, Columns]) -> frozenset[Source]:
    """Every column of a table that a query uses; raises InvalidInput when they cannot be told."""
    return _used(sql, dialect, _frozen(schema))


def made_by_query(sql: str, dialect: str, schema: Mapping[str, Columns]) -> Output:
    """What a query puts out over some tables; raises InvalidInput when it cannot be told."""
    return _output(sql, dialect, _frozen(schema))


def _read_by(graph: Graph, node: Node) -> Iterator[Node]:
    """The nodes that a query may name: its parents, and those of ephemeral ones, whose SQL stands in it."""
    ahead, seen = list(node.parents), set()
    while ahead:
        key = ahead.pop()
        parent = graph.nodes.get(key)
        if parent is None or key in seen:
            continue
        seen.add(key)
        yield parent
        if parent.facts.get("materialized") == "ephemeral":
            ahead.extend(parent.parents)


def _typed(output: Output, bound: Columns) -> Output:
    """The output with the types that DuckDB found."""
    kinds = {name.lower(): kind for name, kind in bound.items()}
    columns = {
        name: replace(column, kind=kinds.get(name.lower(), column.kind))
        for name, column in output.columns.items()
    }
    return Output(columns, output.rows)


def _frozen(schema: Mapping[str, Columns]) -> _Frozen:
    return tuple(sorted((name, tuple(columns.items())) for name, columns in schema.items()))


def _thawed(schema: _Frozen) -> dict[str, dict[str, str]]:
    return {name: dict(columns) for name, columns in schema}


@lru_cache(maxsize=8192)  # most models are the same on both sides of a change
def _output(sql: str, dialect: str, schema: _Frozen) -> Output:
    return output_columns(sql, dialect, _thawed(schema))


@lru_cache(maxsize=8192)
def _used(sql: str, dialect: str, schema: _Frozen) -> frozenset[Source]:
    return used_columns(sql, dialect, _thawed(schema))
