"""What a change of models means for their columns, and who uses those."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from governance.errors import InvalidInput
from governance.finding import Position
from governance.syntax.column_lineage import Output, output_columns, used_columns
from governance.syntax.dbt.graph import BUILT, Graph, Node


class ColumnChange(StrEnum):
    """How a column of a model, or the model's rows, differ from base."""

    REMOVED = "removed"
    RENAMED = "renamed"
    RETYPED = "retyped"
    RECOMPUTED = "recomputed"
    ROWS = "rows"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ColumnImpact:
    """One changed column of a model with the nodes and exposures that use it."""

    node: Node
    change: ColumnChange
    column: str = ""
    before: str = ""
    after: str = ""
    users: tuple[Node, ...] = ()
    place: Position | None = None

    @property
    def exposures(self) -> tuple[Node, ...]:
        """The exposures among the users."""
        return tuple(user for user in self.users if user.kind == "exposure")


def column_impacts(base: Graph, head: Graph, modified: Iterable[str], dialect: str) -> Iterator[ColumnImpact]:
    """Every changed column of the modified models, in the order of the graph."""
    changed = set(modified)
    before, after = _outputs(base, dialect), _outputs(head, dialect)
    for key in head.order:
        node, old = head.nodes[key], base.nodes.get(key)
        if key not in changed or old is None or node.kind not in BUILT or old.sql.split() == node.sql.split():
            continue
        if not isinstance(before.get(key), Output) or not isinstance(after.get(key), Output):
            reason = next(
                (o for o in (before.get(key), after.get(key)) if isinstance(o, str)), "nothing rendered"
            )
            yield ColumnImpact(node, ColumnChange.UNKNOWN, after=str(reason), users=_below(head, key))
            continue
        for impact in _compare(node, before[key], after[key]):
            yield _with_users(impact, head, before, after, dialect)


def _compare(node: Node, old: Output | str, new: Output | str) -> Iterator[ColumnImpact]:
    assert isinstance(old, Output)
    assert isinstance(new, Output)
    added = {c.expression: name for name, c in new.columns.items() if name not in old.columns}
    for name, was in old.columns.items():
        now = new.columns.get(name)
        if now is None:
            successor = added.get(was.expression, "")
            change = ColumnChange.RENAMED if successor else ColumnChange.REMOVED
            yield ColumnImpact(node, change, name, was.expression, successor)
        elif was.kind and now.kind and was.kind != now.kind:
            yield ColumnImpact(node, ColumnChange.RETYPED, name, was.kind, now.kind)
        elif was.expression != now.expression:
            yield ColumnImpact(node, ColumnChange.RECOMPUTED, name, was.expression, now.expression)
    if old.rows != new.rows:
        yield ColumnImpact(node, ColumnChange.ROWS, before=old.rows, after=new.rows)


def _with_users(
    impact: ColumnImpact,
    head: Graph,
    before: Mapping[str, Output | str],
    after: Mapping[str, Output | str],
    dialect: str,
) -> ColumnImpact:
    node = impact.node
    if impact.change is ColumnChange.ROWS:
        users = _below(head, node.key)
    else:
        users = tuple(_users(node, impact.column, head, before, after, dialect))
    return ColumnImpact(node, impact.change, impact.column, impact.before, impact.after, users)


def _below(head: Graph, key: str) -> tuple[Node, ...]:
    return tuple(head.nodes[k] for k in head.descendants([key]) if head.nodes[k].kind != "test")


def _users(
    node: Node,
    column: str,
    head: Graph,
    before: Mapping[str, Output | str],
    after: Mapping[str, Output | str],
    dialect: str,
) -> Iterator[Node]:
    """Nodes below that use a column, directly or through columns made of it."""
    schema = schema_of(head, after) | {node.relation: _names(before, node) | _names(after, node)}
    touched: set[tuple[str, str]] = {(node.relation, column)}
    reached = {node.key}
    for key in head.descendants([node.key]):
        below = head.nodes[key]
        if not reached & set(below.parents):
            continue
        if below.kind == "exposure":
            yield below
            continue
        if below.kind == "test" and not below.sql:
            continue
        try:
            used = used_columns(below.sql, dialect, schema) & touched
            columns = output_columns(below.sql, dialect, schema).columns if used else {}
            made = {name for name, c in columns.items() if c.sources & touched}
            in_values = frozenset().union(*(c.sources for c in columns.values()))
            if used - in_values:
                made = set(columns)  # a filter or a join decides over every row
        except InvalidInput:
            used, made = frozenset(touched), set(below.columns)  # what cannot be told may use it
        if used:
            reached.add(key)
            touched |= {(below.relation, name) for name in made}
            yield below


def schema_of(graph: Graph, outputs: Mapping[str, Output | str]) -> dict[str, dict[str, str]]:
    """Columns of every relation, from what its query puts out, else from what the project declares."""
    schema = {}
    for node in graph.nodes.values():
        columns = _names(outputs, node) or dict(node.columns)
        if node.relation and columns:
            schema[node.relation] = columns
    return schema


def _names(outputs: Mapping[str, Output | str], node: Node) -> dict[str, str]:
    output = outputs.get(node.key)
    return {name: c.kind for name, c in output.columns.items()} if isinstance(output, Output) else {}


def _outputs(graph: Graph, dialect: str) -> dict[str, Output | str]:
    """What each node puts out, parents first, or why that cannot be told."""
    outputs: dict[str, Output | str] = {}
    schema = {
        n.relation: dict(n.columns) for n in graph.nodes.values() if n.relation and n.columns and not n.sql
    }
    for key in graph.order:
        node = graph.nodes[key]
        if node.kind in BUILT and node.sql:
            try:
                output = output_columns(node.sql, dialect, schema)
            except InvalidInput as error:
                outputs[key] = error.message
            else:
                outputs[key] = output
                schema[node.relation] = {name: column.kind for name, column in output.columns.items()}
    return outputs
