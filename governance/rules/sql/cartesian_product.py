"""The rule `cartesian-product`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.coverage import passes_on
from governance.rules.sql.truth import always
from governance.syntax.sql import Script, Statement
from governance.syntax.sql.names import table_names


class CartesianProduct(Rule[Script]):
    """Stored tables are joined without any condition between them.

    Each row of one meets each row of the other: two tables of a million rows make a million millions.
    A cross join with a CTE or a list of values, as for a calendar, is left alone, unless it is a whole table.
    """

    code, name, severity = "SQL503", "cartesian-product", Severity.MEDIUM
    remedy = "Join on a key, or aggregate one side in a sub-query first."
    good = (
        "select * from orders o join customers c on o.customer_id = c.id",
        "select * from orders o, customers c where o.customer_id = c.id",
        "with days as (select 1 as d) select * from orders cross join days",
    )
    bad = (
        "select * from orders a cross join orders b",
        "select * from orders, customers, orders o2",
        ("select * from orders a join customers b on 1 = 1", {"dialect": "postgres"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each stored table that no condition ties to the others."""
        for statement in subject.statements:
            stored = {id(table.node) for table in table_names(statement)}
            if len(stored) > 1:
                for select in statement.all(exp.Select):
                    yield from self._select(statement, select, stored)

    def _select(self, statement: Statement, select: exp.Select, stored: set[int]) -> Iterator[Finding]:
        joins = list(_joins(select))
        source = select.args.get("from_")
        sources = ([source.this] if source else []) + [join.this for join in joins]
        if len(sources) > 1:
            stored = stored | {id(node) for node in sources if id(node) not in stored and passes_on(node)}
        tables = [node for node in sources if id(node) in stored]
        if len(tables) < 2:
            return
        groups = _Groups([table.alias_or_name.lower() for table in tables])
        for join in joins:
            if _matched(join):
                groups.tie({tables[0].alias_or_name.lower(), join.this.alias_or_name.lower()})
        for node in sources:
            if id(node) not in stored and not isinstance(node, exp.Table):
                groups.tie(
                    {*groups.mentioned(node), *_own_names(node)}
                )  # A lateral source hangs on what it reads.
        for part in _parts(select, joins):
            if not groups.apart():
                return  # What else is asked of the rows does not matter.
            names = groups.mentioned(part)
            if not groups.tied(names) and always(part) is None:
                groups.tie(names)
        lonely = groups.apart()
        if lonely:
            table = next(t for t in tables[1:] if lonely == {""} or t.alias_or_name.lower() in lonely)
            message = f"{table.alias_or_name} would be joined to every row of the other tables"
            severity = Severity.LOW if _counts_distinct(select) else self.severity
            yield self.finding(message, statement.at(table), quote=statement.quote(table), severity=severity)


def _joins(select: exp.Select) -> Iterator[exp.Join]:
    source = select.args.get("from_")
    if source is not None and isinstance(source.this, exp.Table):
        yield from source.this.args.get("joins") or ()
    yield from select.args.get("joins") or ()


def _own_names(source: exp.Expr) -> set[str]:
    """What a source is called by: its alias, or in BigQuery the column that it unnests to."""
    names = {source.alias_or_name.lower(), *(column.lower() for column in source.alias_column_names)}
    return names - {""}


def _matched(join: exp.Join) -> bool:
    """Joins that match rows by themselves: by common columns, by position, or by nearest value."""
    by_place = join.args.get("kind") == "PASTE"
    return by_place or bool(
        join.args.get("using") or join.args.get("method") or join.args.get("match_condition")
    )


def _counts_distinct(select: exp.Select) -> bool:
    """Whether only distinct values are counted, so that the product does not multiply any result."""
    totals = list(select.find_all(exp.AggFunc))
    return bool(totals) and all(isinstance(total.this, exp.Distinct) for total in totals)


def _parts(select: exp.Select, joins: list[exp.Join]) -> Iterator[exp.Expr]:
    """All that must hold of a row: the conditions of joins and filter, taken apart at AND."""
    conditions = [join.args.get("on") for join in joins]
    where = select.args.get("where")
    if where is not None:
        conditions.append(where.this)
    for condition in conditions:
        if isinstance(condition, exp.Expr):
            whole = condition.unnest()
            yield from whole.flatten() if isinstance(whole, exp.And) else (whole,)


class _Groups:
    """Which tables are tied together by conditions, directly or through others."""

    def __init__(self, names: list[str]) -> None:
        self._tables = names
        self._parent = {name: name for name in names}

    def mentioned(self, node: exp.Expr) -> set[str]:
        """The sources that a condition mentions; one with bare columns may mention any of them."""
        named: set[str] = set()
        for column in node.find_all(exp.Column):
            qualifiers = [part.name.lower() for part in column.parts[:-1]]
            named.update(q for q in qualifiers if q in self._parent)
            if not qualifiers:
                named.update(self._tables)
            elif not any(q in self._parent for q in qualifiers):
                named.add(qualifiers[-1])
        return named

    def tied(self, names: set[str]) -> bool:
        """Whether these sources already hang together."""
        return len({self._root(name) for name in names}) < 2

    def tie(self, names: set[str]) -> None:
        """Let these sources hang together."""
        first, *others = sorted(names) or [""]
        for other in others:
            self._parent[self._root(other)] = self._root(first)

    def _root(self, name: str) -> str:
        self._parent.setdefault(name, name)
        while self._parent[name] != name:
            name = self._parent[name]
        return name

    def apart(self) -> set[str]:
        """Tables that do not hang together with the first; `{""}` when one is named twice."""
        first = self._root(self._tables[0])
        lonely = {name for name in self._tables if self._root(name) != first}
        return lonely or ({""} if len(set(self._tables)) < len(self._tables) else set())
