"""The rule `series-bomb`."""

import re
from collections import defaultdict
from collections.abc import Iterator
from math import prod

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.sizes import length, number, within
from governance.syntax.sql import Script, Statement
from governance.syntax.sql.calls import Call, arguments, calls
from governance.syntax.sql.functions import Effect

MOST_ROWS = 10_000_000

_REPEATERS = {
    *("array_fill", "array_generate_range", "array_repeat", "array_resize", "arraywithconstant"),
    *("factorial", "format", "format_string", "generate_array", "generate_date_array"),
    *("generate_series", "generaterandom", "generateseries", "generator", "generatorseries"),
    *("list_resize", "lpad", "numbers", "numbers_mt", "printf", "randomblob", "randomstring"),
    *("repeat", "repeat_row", "replicate", "rpad", "sequence", "space", "string_repeat", "zeroblob", "zeros"),
    *("range", "zeros_mt"),
}
# Here one argument alone is the size; its place among the arguments.
_SIZED = {
    **{"bitstring": 1, "tofixedstring": 1, "arrayresize": 1, "leftpad": 1, "leftpadutf8": 1, "rightpad": 1},
    **{"rightpadutf8": 1, "timeslots": 1, "equi_width_bins": 2, "bar": 3, "randomfixedstring": 0},
    **{"randstr": 0, "st_generatepoints": 1, "numeric_histogram": 0, "randomprintableascii": 0},
    **{"randomstringutf8": 0, "to_base": 2},
}
_FORMATS = ("printf", "format", "format_string")
_WIDE_FORMAT = re.compile(r"%[^%a-zA-Z]*\d{7}|\{[^{}]*:[^{}]*\d{7}")
# These take where to begin and how many, not from where to where.
_COUNTING = {"numbers", "numbers_mt", "zeros", "zeros_mt", "generator", "primes"}
MOST_PRODUCT = 1_000_000_000
LARGE = 1_000
MOST_EXPONENT = 100_000
ENDLESS = {"system.numbers", "system.numbers_mt", "system.zeros", "system.zeros_mt"}
_EPONYMOUS = ("generate_series", "wholenumber")  # SQLite counts these up where they are named without bounds.
_NEEDS_ALL = ("where", "prewhere", "group", "having", "order", "qualify", "joins", "distinct", "windows")
_SEQUENCE_TABLE = re.compile(r"seq_(\d+)_to_(\d+)(?:_step_(\d+))?", re.IGNORECASE)


class SeriesBomb(Rule[Script]):
    """The query makes an enormous series or text out of nothing.

    One short line keeps a warehouse busy for hours or takes all memory of the server.
    """

    code, name, severity = "SQL502", "series-bomb", Severity.MEDIUM
    remedy = "Bound the series by the rows or days that are really needed."
    good = ("select * from generate_series(1, 365)", "select repeat('-', 80)")
    bad = (
        "select * from generate_series(1, 1000000000000)",
        "select repeat('x', 5000000000)",
        ("select count() from numbers(1000000000000)", {"dialect": "clickhouse"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each series, repetition or generator beyond all need."""
        for statement in subject.statements:
            for call in calls(statement):
                if _makes(call) and _huge(call):
                    message = f"{call.name} would make more rows or characters than any analysis needs"
                    place = subject.location(call.start, call.end)
                    yield self.finding(message, place, quote=subject.text[call.start : call.end])
            for power in statement.all(exp.Pow):
                if (number(power.args.get("expression")) or 0.0) > MOST_EXPONENT:
                    message = "this power has more digits than any analysis needs"
                    yield self.finding(message, statement.at(power), quote=statement.quote(power)[:200])
            yield from self._multiplied(statement)
            for connect in statement.all(exp.Connect):
                if any(value > MOST_ROWS for value in _values([connect])):
                    message = "this hierarchy would be counted up beyond all need"
                    yield self.finding(message, statement.at(connect), quote=statement.quote(connect)[:200])
            for fill in statement.all(exp.WithFill):
                if (length(*(fill.args.get(k) or None for k in ("from_", "to", "step"))) or 0) > MOST_ROWS:
                    message = "more rows would be filled in than any analysis needs"
                    yield self.finding(message, statement.at(fill), quote=statement.quote(fill)[:200])
            for table in statement.all(exp.Table):
                if _endless(table, subject):
                    message = f"{table.sql()} has more rows than any analysis needs"
                    yield self.finding(message, statement.at(table), quote=table.sql())

    def _multiplied(self, statement: Statement) -> Iterator[Finding]:
        """Series and texts that are each bearable, and multiplied with each other are not."""
        beside: dict[int, list[tuple[Call, float]]] = defaultdict(list)
        for call in calls(statement):
            if not _makes(call) or call.node is None:
                continue
            rows, query = _rows(call), call.node.find_ancestor(exp.Select)
            source = call.node.find_ancestor(exp.From, exp.Join, exp.Lateral)
            if query is not None and (source is not None or rows >= LARGE):
                beside[id(query)].append((call, rows))
        for together in beside.values():
            if len(together) > 1 and prod(rows for _, rows in together) > MOST_PRODUCT:
                message = "these series would be multiplied to more rows or text than any analysis needs"
                start, end = together[0][0].start, together[-1][0].end
                place = statement.script.location(start, end)
                yield self.finding(message, place, quote=statement.script.text[start:end][:200])


def _makes(call: Call) -> bool:
    return call.effect is Effect.SERIES or call.name in _REPEATERS or call.name in _SIZED


def _endless(table: exp.Table, subject: Script) -> bool:
    """A table that the engine counts up for whoever reads it."""
    if f"{table.db}.{table.name}".lower() in ENDLESS:
        return not _first_rows(table)
    dialect = subject.dialect.name if subject.dialect else ""
    if dialect == "sqlite" and isinstance(table.this, exp.Identifier) and table.name.lower() in _EPONYMOUS:
        return True
    counted = _SEQUENCE_TABLE.fullmatch(table.name)
    if counted is None or dialect != "mysql":
        return False
    first, last, step = (int(part or 1) for part in counted.groups())
    return abs(last - first) / max(step, 1) > MOST_ROWS


def _first_rows(table: exp.Table) -> bool:
    """Whether only the first rows are read: a plain query with a limit, which filters and sorts nothing."""
    query = table.find_ancestor(exp.Select)
    limit = query.args.get("limit") if query is not None else None
    rows = number(limit.args.get("expression")) if isinstance(limit, exp.Limit) else None
    if query is None or rows is None or rows > MOST_ROWS:
        return False
    return not any(query.args.get(clause) for clause in _NEEDS_ALL) and query.find(exp.AggFunc) is None


def _huge(call: Call) -> bool:
    given = arguments(call)
    if call.name == "factorial":
        return any(value > 10_000 for value in _values(given))
    if call.name == "generaterandom":
        return True  # Its table has no end of its own.
    if call.name in _FORMATS:
        texts = [a.name for a in given if isinstance(a, exp.Literal) and a.is_string]
        starred = any("*" in text for text in texts) and max(_values(given), default=0) > MOST_ROWS
        return starred or any(_WIDE_FORMAT.search(text) for text in texts)
    if isinstance(call.node, exp.Generator) and not call.node.args.get("rowcount"):
        return True  # It makes as many rows as it can within its time limit.
    return _rows(call) > MOST_ROWS


def _rows(call: Call) -> float:
    """How many rows or characters a call asks for; at least one."""
    given = [a for a in arguments(call) if not isinstance(a, exp.Boolean)]
    if call.name in _FORMATS:
        return 1.0
    if call.name in _SIZED:
        given = given[_SIZED[call.name] :][:1]
    elif call.effect is Effect.SERIES and 1 <= len(given) <= 3 and call.name not in _COUNTING:
        start, end, step = (None, *given, None, None)[:3] if len(given) == 1 else (*given, None)[:3]
        counted = length(start, end, step)
        if counted is None and isinstance(given[0], exp.Cast) and given[0].this.name[:1] in ("[", "("):
            counted = within(given[0].this.name, given[1] if len(given) > 1 else None)
        if counted is not None:
            return max(counted, 1.0)
    if call.name in _COUNTING and given:
        given = given[-1:]
    return prod(max(abs(value), 1.0) for value in _values(given))


def _values(nodes: list[exp.Expr]) -> list[float]:
    """The numbers in some arguments: each as a whole where it is constant, else those written within."""
    found: list[float] = []
    for node in nodes:
        whole = number(node)
        written = [node] if whole is not None else list(node.find_all(exp.Literal, exp.Pow))
        values = (number(part) for part in written)
        found.extend(value for value in values if value is not None)
    return found
