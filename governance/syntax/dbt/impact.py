"""What a change of models means for their columns, and who uses those."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from governance.errors import InvalidInput
from governance.syntax.column_lineage import Output
from governance.syntax.dbt.column_change import CLASS_OF, ChangeClass, ColumnChange, ColumnImpact
from governance.syntax.dbt.graph import BUILT, Graph, Node
from governance.syntax.dbt.outputs import Outputs, made_by_query, read_by, same_columns, used_by_query
from governance.syntax.dbt.sources.widened import told_widely

_TESTS = ("test", "unit_test")
_WORD = re.compile(r"\w+")


def column_impacts(before: Outputs, head: Graph, modified: Iterable[str]) -> Iterator[ColumnImpact]:
    """Every changed column of the modified models, and what that breaks below, in the order of the graph.

    A node with the same SQL over the same columns puts out the same, and is not looked at.
    """
    base = before.graph
    changed = set(modified)
    concerned = changed | set(head.descendants(changed))
    other = {key for key, node in head.nodes.items() if node is not base.nodes.get(key)}
    after = Outputs(head, before.dialect, before.known, other | changed)
    explained: set[str] = set()  # nodes that a breaking change above is known to concern
    for key in head.order:
        node, old = head.nodes[key], base.nodes.get(key)
        if key not in concerned:
            continue
        same = old is not None and old.sql.split() == node.sql.split()
        if same and key not in changed and not any(p.key in after.other for p in read_by(head, node)):
            continue
        after.other.add(key)
        if old is None or not node.sql:
            continue
        found: list[ColumnImpact] = []
        if key in changed and node.kind in BUILT and not same:
            found += _own(node, before, after)
        elif key not in explained and same:
            found += _carried(node, before, after)
        if key not in explained:
            found += _broken(node, before, after)
        breaking = [impact for impact in found if CLASS_OF[impact.change] is ChangeClass.BREAKING]
        explained |= {user.key for impact in breaking for user in impact.users}
        if node.kind not in BUILT or same_columns(before.columns(key), after.columns(key)):
            after.other.discard(key)
        yield from found


def _told(key: str, before: Outputs, after: Outputs) -> tuple[Output | str | None, Output | str | None]:
    """What a model puts out on each side; where that cannot be told, over all that is read of its sources."""
    old, new = before.told(key), after.told(key)
    if isinstance(old, str) or isinstance(new, str):
        return told_widely(key, before, after) or (old, new)
    return old, new


def _own(node: Node, before: Outputs, after: Outputs) -> Iterator[ColumnImpact]:
    """What became of a model whose SQL is another."""
    old, new = _told(node.key, before, after)
    if isinstance(old, Output) and isinstance(new, Output):
        one_sided = (node.key in before.bound) != (node.key in after.bound)
        for impact in _compare(node, old, new, typed=not one_sided):
            yield _with_users(impact, before, after)
    else:
        reason = next((told for told in (old, new) if isinstance(told, str)), "nothing rendered")
        users = _below(after.graph, node.key)
        yield ColumnImpact(node, ColumnChange.UNKNOWN, after=reason, users=users)


def _carried(node: Node, before: Outputs, after: Outputs) -> Iterator[ColumnImpact]:
    """What a change above means for a query that is the same: its stars stand for other columns."""
    old, new = _told(node.key, before, after)
    if isinstance(old, Output) and isinstance(new, Output):
        kept = old.columns.keys() & new.columns.keys()
        one_sided = (node.key in before.bound) != (node.key in after.bound)
        for impact in _compare(node, old, new, typed=not one_sided):
            name = impact.column
            other = name in kept and old.columns[name].expression != new.columns[name].expression
            if other or impact.change is ColumnChange.ROWS:
                yield _with_users(impact, before, after)


def _broken(node: Node, before: Outputs, after: Outputs) -> Iterator[ColumnImpact]:
    """A model or test that DuckDB bound on base and refuses now."""
    refusal = after.refused(node.key)
    if refusal and refusal.certain and before.refused(node.key) is None:
        users = _below(after.graph, node.key)
        yield ColumnImpact(node, ColumnChange.BROKEN, after=str(refusal), users=users)


def _compare(node: Node, old: Output, new: Output, typed: bool = True) -> Iterator[ColumnImpact]:
    """Column by column; types only where both sides have them from the same teller."""
    added = {c.expression: name for name, c in new.columns.items() if name not in old.columns}
    for name in (name for name in new.columns if name not in old.columns):
        yield ColumnImpact(node, ColumnChange.ADDED, name, after=new.columns[name].expression)
    for name, was in old.columns.items():
        now = new.columns.get(name)
        if now is None:
            successor = added.get(was.expression, "")
            change = ColumnChange.RENAMED if successor else ColumnChange.REMOVED
            yield ColumnImpact(node, change, name, was.expression, successor)
        elif typed and was.kind and now.kind and was.kind != now.kind:
            yield ColumnImpact(node, ColumnChange.RETYPED, name, was.kind, now.kind)
        elif was.expression != now.expression:
            yield ColumnImpact(node, ColumnChange.RECOMPUTED, name, was.expression, now.expression)
    if old.rows != new.rows:
        yield ColumnImpact(node, ColumnChange.ROWS, before=old.rows, after=new.rows)


def _with_users(impact: ColumnImpact, before: Outputs, after: Outputs) -> ColumnImpact:
    if impact.change is ColumnChange.ADDED:
        return impact
    if impact.change is ColumnChange.ROWS:
        return replace(impact, users=_below(after.graph, impact.node.key))
    made: list[tuple[str, str]] = []
    users = tuple(_users(impact.node, impact.column, before, after, made))
    return replace(impact, users=users, made=tuple(made))


def _below(head: Graph, key: str) -> tuple[Node, ...]:
    below = (head.nodes[k] for k in head.descendants([key]))
    return tuple(node for node in below if node.kind not in _TESTS)


def _users(
    node: Node, column: str, before: Outputs, after: Outputs, made_of: list[tuple[str, str]]
) -> Iterator[Node]:
    """Nodes below that use a column, directly or through columns made of it, which `made_of` gathers."""
    head = after.graph
    own = {node.relation: {**before.columns(node.key), **after.columns(node.key)}}
    touched: set[tuple[str, str]] = {(node.relation, column)}
    reached = {node.key}
    for key in head.descendants([node.key]):
        below = head.nodes[key]
        if not reached & set(below.parents):
            continue
        if below.kind in ("exposure", "metric"):
            reached |= {key} if below.kind == "metric" else set()
            yield below
            continue
        if below.kind == "semantic_model":
            if _says(below, {name for relation, name in touched if relation in _read(below, head)}):
                reached.add(key)
                yield below
            continue
        if below.kind in _TESTS and not below.sql:
            continue  # a unit test runs on rows of its own, and fails by itself
        schema = after.schema(below) | own
        try:
            used = used_by_query(below.sql, after.dialect, schema) & touched
            columns = made_by_query(below.sql, after.dialect, schema).columns if used else {}
            made = {name for name, c in columns.items() if c.sources & touched}
            in_values = frozenset().union(*(c.sources for c in columns.values()))
            if used - in_values:
                made = set(columns)  # a filter or a join decides over every row
        except InvalidInput:
            used, made = frozenset(touched), set(below.columns)  # what cannot be told may use it
        if used:
            reached.add(key)
            touched |= {(below.relation, name) for name in made}
            made_of += [(key, name) for name in sorted(made)]
            yield below


def _read(node: Node, graph: Graph) -> set[str]:
    return {parent.relation for parent in read_by(graph, node)}


def _says(semantic_model: Node, columns: Iterable[str]) -> bool:
    """Whether the expressions of a semantic model name one of the columns."""
    words = {word.lower() for text in semantic_model.facts.get("reads", ()) for word in _WORD.findall(text)}
    return any(column.lower() in words for column in columns)
