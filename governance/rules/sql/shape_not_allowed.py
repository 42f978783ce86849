"""The rule `shape-not-allowed`."""

from collections.abc import Iterator
from enum import Enum

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Kind, Profile, Script, Statement
from governance.syntax.sql.shapes import Arguments, shapes


class ShapeNotAllowed(Rule[Script]):
    """The statement contains something that its profile does not list.

    The list says what is allowed; whatever a new dialect or parser brings is refused until it was
    looked at. It is the net below all other rules.
    """

    code, name, severity = "SQL025", "shape-not-allowed", Severity.HIGH
    remedy = (
        "Write it with the constructs of ordinary queries, or propose the construct for the table of shapes."
    )
    good = ("select a, sum(b) over (partition by c order by d) from t", "from t select x")
    bad = (
        ("select transform(id) using '/bin/sh' as (x) from orders", {"dialect": "databricks"}),
        ("select * from stream t", {"dialect": "databricks"}),
        ("select * from orders cross apply secret", {"dialect": "tsql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each node or argument that is not listed, and at a root that is no statement."""
        for statement in subject.statements:
            if statement.tree is None or statement.kind not in _judged(subject.context.profile):
                continue  # The rule for statements of this kind refuses it, or the one for unreadable text.
            root = self._root(statement)
            yield from root or self._nodes(statement)

    def _root(self, statement: Statement) -> list[Finding]:
        if isinstance(statement.tree, _ROOTS[statement.kind]):
            return []
        found = type(statement.tree).__name__
        message = f"this begins as a {statement.kind} but reads as {found}, so nobody can tell what it does"
        return [self.finding(message, statement.location, quote=statement.script.text[:200])]

    def _nodes(self, statement: Statement) -> Iterator[Finding]:
        table = shapes(statement.script.context.profile)
        for cls, nodes in statement.by_class.items():
            name = cls.__name__
            allowed = table.allowed.get(name)
            if allowed is None:
                if not issubclass(cls, exp.Func) and cls not in _REFUSED_ELSEWHERE:
                    message = f"{_spoken(nodes[0])} is not a construct that the profile allows"
                    yield from (self._finding(statement, node, message) for node in nodes)
                continue
            yield from self._arguments(statement, nodes, allowed, table.elsewhere.get(name, frozenset()))
            if cls is exp.Table:
                yield from self._nameless(statement)
            if cls is exp.Aliases:
                yield from self._called(statement)
            if cls is exp.Lateral:
                yield from self._applied(statement, nodes)
            if cls in (exp.From, exp.Join):
                yield from self._sources(statement, nodes)

    def _arguments(
        self, statement: Statement, nodes: list[exp.Expr], allowed: Arguments, elsewhere: frozenset[str]
    ) -> Iterator[Finding]:
        """A finding at each argument that is not listed, or holds a word that is not listed for it."""
        for node in nodes:
            for argument, value in node.args.items():
                words = allowed.get(argument)
                if words is None:
                    if argument not in elsewhere and _given(value):
                        yield self._finding(statement, node, f"{argument!r} of {_spoken(node)} {_REFUSED}")
                elif isinstance(value, str) and _refused(value, words):
                    yield self._finding(
                        statement, node, f"'{argument} {value}' of {_spoken(node)} {_REFUSED}"
                    )

    def _sources(self, statement: Statement, nodes: list[exp.Expr]) -> Iterator[Finding]:
        """What stands in FROM must be a source of rows; only ClickHouse's ARRAY JOIN takes a column."""
        for node in nodes:
            if not isinstance(node.this, _SOURCES) and node.args.get("kind") != "ARRAY":
                yield self._finding(
                    statement, node, "this is read from, yet it is no table that anybody can tell"
                )

    def _applied(self, statement: Statement, nodes: list[exp.Expr]) -> Iterator[Finding]:
        """`CROSS APPLY secret`: a table by its bare name, which the parser does not take for one."""
        for node in nodes:
            applied = node.this.expression if isinstance(node.this, exp.Dot) else node.this
            if isinstance(applied, exp.Identifier):
                yield self._finding(
                    statement, node, f"{applied.name} is read from, yet no query or function makes its rows"
                )

    def _called(self, statement: Statement) -> Iterator[Finding]:
        """`in(a, secret)`: a keyword used as a function, which the parser takes for a column with aliases."""
        for node in statement.all(exp.Aliases):
            if isinstance(node.this, exp.Column):
                message = f"{node.this.name} is called like a function that the profile does not know"
                yield self._finding(statement, node, message)

    def _nameless(self, statement: Statement) -> Iterator[Finding]:
        """A table with column names but no alias is a table function that the parser took for a table."""
        for node in statement.all(exp.Table):
            alias = node.args.get("alias")
            if isinstance(node.this, exp.Identifier) and alias is not None and not alias.this:
                words = {column.name.upper() for column in alias.args.get("columns") or ()}
                if not words <= _TABLE_HINTS:
                    message = (
                        f"{node.name} is called like a function, which the profile does not know it to be"
                    )
                    yield self._finding(statement, node, message)

    def _finding(self, statement: Statement, node: exp.Expr, message: str) -> Finding:
        profile = statement.script.context.profile
        message = message.replace("the profile", f"the profile `{profile}`")
        return self.finding(message, statement.at(node), quote=statement.quote(node)[:200])


_REFUSED = "is not something that the profile allows"
# T-SQL's old way to write WITH (NOLOCK).
_TABLE_HINTS = {"NOLOCK", "READUNCOMMITTED", "READPAST", "NOEXPAND"}
_SOURCES = (
    *(exp.Table, exp.Subquery, exp.Lateral, exp.Unnest, exp.Values, exp.TableFromRows, exp.Func, exp.Query),
    *(exp.Final, exp.Stream, exp.SemanticView),
)
_DDL = (exp.Create, exp.Alter, exp.Comment)
_ROOTS: dict[Kind, tuple[type[exp.Expr], ...]] = {
    Kind.QUERY: (exp.Query, exp.Values, exp.Pivot),
    Kind.WRITE: (exp.Insert, exp.Update, exp.Delete, exp.Merge),
    Kind.DEFINE: _DDL,
    Kind.DESTROY: (exp.Drop, exp.TruncateTable),
}
# Nodes that rules of their own report: data changes, INTO, locks, hints, operators, variables.
_REFUSED_ELSEWHERE = (
    *(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock, exp.WithTableHint, exp.Hint),
    *(exp.Operator, exp.ObjectIdentifier, exp.SessionParameter, exp.Returning),
)


def _judged(profile: Profile) -> tuple[Kind, ...]:
    """The kinds of statements that a profile lets be, and whose parts are therefore looked at."""
    if profile is Profile.MIGRATE:
        return tuple(_ROOTS)
    return (Kind.QUERY, Kind.WRITE) if profile is Profile.WRITE else (Kind.QUERY,)


def _given(value: object) -> bool:
    return value is not None and value is not False and value != [] and value != ""


def _refused(word: str, allowed: frozenset[str]) -> bool:
    return bool(word) and not isinstance(word, Enum) and "*" not in allowed and word.upper() not in allowed


def _spoken(node: exp.Expr) -> str:
    letters = (f" {char.lower()}" if char.isupper() else char for char in type(node).__name__)
    return "".join(letters).strip()
