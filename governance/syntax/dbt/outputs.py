"""What the nodes of a project put out: columns in canonical form, with DuckDB's types where it knows them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from governance.errors import InvalidInput
from governance.syntax.column_lineage import Output, Source, output_columns, used_columns
from governance.syntax.dbt.graph import BUILT, RENDERED_FOR, Graph, Node
from governance.syntax.dbt.spoken import in_dialect
from governance.syntax.sql.native.empty import EmptyTables, NotBound

Columns = Mapping[str, str]
_Frozen = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """The columns of nodes as told before, and which of them are DuckDB's types or declared ones."""

    columns: Mapping[str, Columns] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()


class Outputs:
    """What the nodes of one side of a change put out, told when it is asked for.

    `bound` holds the nodes whose types are DuckDB's or declared, not inferred. `known` is believed of
    every node but those in `other`, to which the caller adds, parents first, what is no longer so.
    """

    def __init__(self, graph: Graph, dialect: str, known: Known = Known(), other: Iterable[str] = ()) -> None:
        self.graph = graph
        self.dialect = dialect
        self.bound: set[str] = set()
        self.other = set(other)
        self.known = known
        self._columns: dict[str, Columns] = {}
        self._told: dict[str, Output | str] = {}
        self._refused: dict[str, NotBound] = {}
        self._tables = EmptyTables()

    def told(self, key: str) -> Output | str | None:
        """The output of a model, the reason why there is none, or `None` for what is no query."""
        node = self.graph.nodes.get(key)
        if node is not None and key not in self._told and node.sql and node.kind in BUILT:
            self._tell(node)
        return self._told.get(key)

    def refused(self, key: str) -> NotBound | None:
        """Why DuckDB does not bind a query whose tables are all known."""
        node = self.graph.nodes.get(key)
        if node is not None and node.sql and node.kind not in BUILT and key not in self._refused:
            self._described(node)
        self.told(key)
        return self._refused.get(key)

    def columns(self, key: str) -> Columns:
        """The columns of a node by name, with their types where known."""
        if key not in self._columns and (node := self.graph.nodes.get(key)) is not None:
            if key in self.known.columns and key not in self.other:
                self._columns[key] = self.known.columns[key]
                if key in self.known.bound:
                    self._put(node)
            elif node.sql and node.kind in BUILT:
                self._tell(node)
            else:
                self._columns[key] = dict(node.columns)
                self._put(node)
        return self._columns.get(key, {})

    def schema(self, node: Node) -> dict[str, Columns]:
        """The columns of every relation that a node's SQL may name."""
        parents = [parent for parent in read_by(self.graph, node) if parent.relation]
        return {parent.relation: found for parent in parents if (found := self.columns(parent.key))}

    def _tell(self, node: Node) -> None:
        schema = self.schema(node)  # tells its parents first, and puts them where DuckDB sees them
        bound = self._described(node)
        try:
            output = _output(node.sql, self.dialect, _frozen(schema))
        except InvalidInput as error:
            self._told[node.key] = error.message
            self._columns[node.key] = bound or dict(node.columns)
        else:
            self._told[node.key] = output = _typed(output, bound)
            self._columns[node.key] = {name: column.kind for name, column in output.columns.items()}
        if bound:
            self._put(node)

    def _put(self, node: Node) -> None:
        if node.relation and self._tables.put(node.relation, self._columns[node.key]):
            self.bound.add(node.key)

    def _described(self, node: Node) -> Columns:
        """What DuckDB says that a query puts out; nothing unless it knows all tables that it reads."""
        parents = [parent.key for parent in read_by(self.graph, node)]
        for key in parents:
            self.columns(key)
        if self.dialect != RENDERED_FOR or any(key not in self.bound for key in parents):
            return {}
        try:
            return self._tables.described(node.sql) or {}
        except NotBound as refusal:  # kept without its traceback, which holds the connection
            self._refused[node.key] = NotBound(str(refusal), refusal.certain)
            return {}


def known_columns(graph: Graph, dialect: str) -> Known:
    """The columns of every node of a project that is built or read."""
    outputs = Outputs(graph, dialect)
    columns = {key: outputs.columns(key) for key in graph.order if graph.nodes[key].relation}
    return Known(columns, frozenset(outputs.bound))


def same_columns(some: Columns, others: Columns) -> bool:
    """Whether these are the same columns in the same places: a union reads them by those."""
    return list(some.items()) == list(others.items())


def used_by_query(sql: str, dialect: str, schema: Mapping[str, Columns]) -> frozenset[Source]:
    """Every column of a table that a query uses; raises InvalidInput when they cannot be told."""
    return _used(sql, dialect, _frozen(schema))


def made_by_query(sql: str, dialect: str, schema: Mapping[str, Columns]) -> Output:
    """What a query puts out over some tables; raises InvalidInput when it cannot be told."""
    return _output(sql, dialect, _frozen(schema))


def read_by(graph: Graph, node: Node) -> Iterator[Node]:
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
    return output_columns(in_dialect(sql, dialect), dialect, _thawed(schema))


@lru_cache(maxsize=8192)
def _used(sql: str, dialect: str, schema: _Frozen) -> frozenset[Source]:
    return used_columns(in_dialect(sql, dialect), dialect, _thawed(schema))
