"""How the models of one side of a change read its sources: which columns, and what use tells of each."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import Scope, build_scope

from governance.syntax.column_lineage import table_name
from governance.syntax.dbt.graph import BUILT, RENDERED_FOR, Graph, Node
from governance.syntax.dbt.sources.evidence import Hint, Same, Told, told
from governance.syntax.dbt.spoken import in_dialect
from governance.syntax.dialect import dialect_named
from governance.syntax.sql.outputs import Source, selected
from governance.syntax.sql.passing import Passed, Passing

Place = tuple[str, str]
"""A source or a seed, by dbt's unique id, and one of its columns in small letters."""

_RANK = {"source": 0, "snapshot": 1, "model": 1, "seed": 2}
_STORED = ("source", "seed")


@dataclass(frozen=True, slots=True)
class Origin:
    """A column of a source that a column of a model is. `whole`: a row of one is a row of the other."""

    place: Place
    whole: bool = True
    cast: bool = False


@dataclass
class Promises:
    """What dbt tests promise about columns of sources, themselves or passed on by a model.

    `strict` are those about the source itself; a model may have left rows out that break its promise.
    """

    unique: set[Place] = field(default_factory=set)
    not_null: set[Place] = field(default_factory=set)
    accepted: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    strict: set[tuple[str, Place]] = field(default_factory=set)
    parents: dict[Place, set[Place]] = field(default_factory=dict)
    together: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)


@dataclass
class Reading:
    """What is read of sources: columns by source, what each use tells, which columns are the same."""

    columns: dict[str, dict[str, None]] = field(default_factory=dict)
    uses: list[tuple[Place, Told]] = field(default_factory=list)
    same: list[tuple[Place, Place]] = field(default_factory=list)
    promises: Promises = field(default_factory=Promises)


@dataclass
class _Query:
    """One model or test with the scopes of its rendered SQL."""

    node: Node
    root: Scope
    passing: Passing

    @cached_property
    def scopes(self) -> list[Scope]:
        return list(self.root.traverse())

    @cached_property
    def scope_of(self) -> dict[int, Scope]:
        """The scope of each column that is mentioned, by the column's identity; the innermost one wins."""
        found: dict[int, Scope] = {}
        for scope in self.scopes:
            for column in scope.columns:
                found.setdefault(id(column), scope)
        return found


class Readers:
    """The models and tests of one side that read sources, parents first, whose SQL is in `dialect`.

    `nodes` are those looked at; what of them is no SQL that can be parsed tells nothing.
    """

    def __init__(self, graph: Graph, nodes: Iterable[str], dialect: str) -> None:
        self._graph = graph
        self._dialect = dialect
        self._by_relation = _by_relation(graph)
        self._queries: dict[str, _Query] = {}
        self._origins: dict[Place, tuple[Origin, ...]] = {}
        self._reading = Reading()
        wanted = set(nodes)
        for key in graph.order:
            if key in wanted and (query := self._parsed(graph.nodes[key])) is not None:
                self._queries[key] = query

    def reading(self) -> Reading:
        """All that the readers tell."""
        for query in self._queries.values():  # first what is certain, so that bare names find who has them
            with suppress(SqlglotError, RecursionError):  # what is too deep tells nothing
                self._columns(query, certain=True)
        for query in self._queries.values():
            with suppress(SqlglotError, RecursionError):
                self._columns(query, certain=False)
                self._joined(query)
        for test in self._tests():
            self._promise(test)
        return self._reading

    def names_all(self, key: str) -> bool:
        """Whether a model names all that it puts out: no star passes on columns that are not known."""
        query = self._queries.get(key)
        return query is not None and not any(item.open for item in query.passing.outputs())

    def filled(self, source: str) -> list[str]:
        """The columns of the seed that fills the table of a source, if one does."""
        holder = self._by_relation.get(self._graph.nodes[source].relation.lower())
        return list(holder.columns) if holder is not None and holder.kind == "seed" else []

    def origins(self, key: str, column: str) -> tuple[Origin, ...]:
        """The columns of sources and seeds that a column of a node is."""
        name = column.lower()
        node = self._graph.nodes.get(key)
        if node is None:
            return ()
        if node.kind in _STORED:
            holder = self._by_relation.get(node.relation.lower(), node)
            return (Origin((holder.key, name)),) if holder.kind in _STORED else self.origins(holder.key, name)
        if (key, name) not in self._origins:
            self._origins[key, name] = ()  # whatever refers to itself
            query = self._queries.get(key)
            found = self._of(query.passing.named(name)) if query is not None else ()
            self._origins[key, name] = tuple(dict.fromkeys(found))
        return self._origins[key, name]

    def _parsed(self, node: Node) -> _Query | None:
        try:
            text = in_dialect(node.sql, self._dialect)
            tree = parse_one(text, dialect=dialect_named(self._dialect).parser)
            tree = normalize_identifiers(tree, dialect=RENDERED_FOR)  # which folds the case of every name
            root = build_scope(tree) if isinstance(tree, exp.Query) else None
        except (SqlglotError, RecursionError, ValueError):
            return None
        if root is None:
            return None
        return _Query(node, root, Passing(root, self._known_columns, self._knows))

    def _known_columns(self, table: exp.Table) -> list[str] | None:
        """All columns of a table, where they are certain: of seeds, and of models without an open star."""
        node = self._by_relation.get(table_name(table).lower())
        if node is None or node.kind == "source":
            return None
        if node.kind == "seed":
            return [name.lower() for name in node.columns] or None
        query = self._queries.get(node.key)
        items = query.passing.outputs() if query is not None else []
        return [item.name for item in items] if items and all(i.name and not i.open for i in items) else None

    def _knows(self, table: exp.Table, name: str) -> bool:
        node = self._by_relation.get(table_name(table).lower())
        if node is None:
            return False
        if node.kind == "source":
            declared = {column.lower() for column in node.columns}
            return name in declared or name in self._reading.columns.get(node.key, {})
        query = self._queries.get(node.key)
        return query is not None and any(item.name == name for item in query.passing.outputs())

    def _of(self, passed: Iterable[Passed]) -> Iterator[Origin]:
        for each in passed:
            node = self._by_relation.get(table_name(each.stored.table).lower())
            for origin in self.origins(node.key, each.stored.column) if node is not None else ():
                yield Origin(origin.place, origin.whole and each.whole, origin.cast or each.cast)

    def _read(self, origins: Iterable[Origin]) -> list[Origin]:
        found = list(origins)
        for origin in found:
            key, column = origin.place
            if self._graph.nodes[key].kind == "source":
                self._reading.columns.setdefault(key, {}).setdefault(column)
        return found

    def _columns(self, query: _Query, certain: bool) -> None:
        for scope in query.scopes:
            for column in scope.columns:
                if isinstance(column.this, exp.Star) or query.scope_of[id(column)] is not scope:
                    continue
                alone = bool(column.table) or len(selected(scope)) == 1
                if certain and not alone:
                    continue
                origins = self._read(self._of(query.passing.column(scope, column)))
                if not certain and origins:
                    self._told(query, column, origins)

    def _told(self, query: _Query, column: exp.Column, origins: list[Origin]) -> None:
        """What one mention tells; a test says what must not be, so its literals are no values to be met."""
        for each in told(column):
            if isinstance(each, Same):
                scope = query.scope_of.get(id(each.other))
                others = self._read(self._of(query.passing.column(scope, each.other))) if scope else []
                self._linked(origins, others)
            elif query.node.kind != "test":
                self._reading.uses += [
                    (origin.place, each) for origin in origins if not origin.cast or not _about_type(each)
                ]
            elif _about_type(each):
                self._reading.uses += [(origin.place, each) for origin in origins if not origin.cast]

    def _linked(self, some: list[Origin], others: list[Origin]) -> None:
        self._reading.same += [(a.place, b.place) for a in some for b in others if a.place != b.place]

    def _joined(self, query: _Query) -> None:
        """What USING joins: the column of what is joined, and of the first before it that may have it."""
        for scope in query.scopes:
            sources = selected(scope)
            for number, join in enumerate(scope.expression.args.get("joins") or (), 1):
                for identifier in join.args.get("using") or ():
                    name = identifier.name
                    having = query.passing.sources(scope, name)
                    before = [s for s in sources[:number] if any(s is h for h in having)]
                    after = sources[number : number + 1]
                    if before and after:
                        left, right = (
                            self._read(self._of(query.passing.found(side, name)))
                            for side in (self._first(before, name), after[0])
                        )
                        self._linked(left, right)

    def _first(self, sources: list[Source], name: str) -> Source:
        known = [s for s in sources if isinstance(s, exp.Table) and self._knows(s, name)]
        return (known or sources)[0]

    def _tests(self) -> Iterator[Node]:
        """The tests of what is read and of what reads it."""
        about = {*self._queries, *self._reading.columns}
        about |= {key for query in self._queries.values() for key in query.node.parents}
        names = {child for key in about for child in self._graph.children.get(key, ())}
        for key in sorted(names):
            node = self._graph.nodes[key]
            if node.kind == "test" and node.facts.get("test"):
                yield node

    def _promise(self, test: Node) -> None:
        kwargs = test.facts["test"].get("kwargs") or {}
        attached, parent = self._ends(test, str(kwargs.get("to", "")))
        column = str(test.facts.get("column") or kwargs.get("column_name") or "")
        made = self._reading.promises
        origins = self._read(self.origins(attached, column)) if column else []
        name = str(test.facts["test"].get("name"))
        made.strict |= {(name, origin.place) for origin in origins if origin.place[0] == attached}
        if name == "unique":
            made.unique |= {origin.place for origin in origins if origin.whole}
        elif name == "not_null":
            made.not_null |= {origin.place for origin in origins}
        elif name == "accepted_values" and isinstance(kwargs.get("values"), list) and kwargs["values"]:
            for origin in origins:
                made.accepted.setdefault(origin.place, tuple(map(_text, kwargs["values"])))
        elif name == "relationships" and parent and kwargs.get("field"):
            targets = self._read(self.origins(parent, str(kwargs["field"])))
            self._linked(origins, targets)
            for origin in origins:
                made.parents.setdefault(origin.place, set()).update(t.place for t in targets)
        elif name == "unique_combination_of_columns":
            self._combined(attached, kwargs.get("combination_of_columns"))

    def _combined(self, key: str, columns: object) -> None:
        if not isinstance(columns, list) or not columns:
            return
        found = [self._read(self.origins(key, str(column))) for column in columns]
        firsts = [origins[0] for origins in found if len(origins) == 1 and origins[0].whole]
        if len(firsts) == len(found) and len({origin.place[0] for origin in firsts}) == 1:
            together = tuple(sorted(origin.place[1] for origin in firsts))
            self._reading.promises.together.setdefault(firsts[0].place[0], set()).add(together)

    def _ends(self, test: Node, to: str) -> tuple[str, str]:
        """The node that a test is about, and the one that `to` names."""
        names = re.findall(r"""["']([^"']+)["']""", to)
        parents = [self._graph.nodes[key] for key in test.parents if key in self._graph.nodes]
        named = [node.key for node in parents if names and node.name == names[-1]]
        attached = test.facts.get("attached") or next(
            (node.key for node in parents if node.key not in named), named[0] if named else ""
        )
        return attached, named[0] if named else ""


def readers_of(graph: Graph, wanted: Iterable[str], sources: Iterable[str]) -> set[str]:
    """The nodes that may tell of sources: of those that are built, and the nearest ones."""
    below = {child for key in sources for child in graph.children.get(key, ())}
    built = {key for key in wanted if key in graph.nodes}
    near = below | built | set(graph.ancestors(built))
    return {key for key in near if graph.nodes[key].sql and graph.nodes[key].kind in (*BUILT, "test")}


def _by_relation(graph: Graph) -> Mapping[str, Node]:
    """Nodes by their table; a table that a seed fills is the seed's, whatever else goes by its name."""
    nodes = [node for node in graph.nodes.values() if node.relation and node.kind in _RANK]
    return {node.relation.lower(): node for node in sorted(nodes, key=lambda node: _RANK[node.kind])}


def _about_type(each: Told) -> bool:
    return isinstance(each, Hint)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
