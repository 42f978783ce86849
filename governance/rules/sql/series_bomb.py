"""The rule `series-bomb`."""

import re
from collections import defaultdict
from collections.abc import Iterator
from math import prod

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement
from governance.syntax.sql.calls import Call, arguments, calls
from governance.syntax.sql.functions import Effect

MOST_ROWS = 10_000_000

_REPEATERS = {
    *(
        "repeat",
        "replicate",
        "rpad",
        "lpad",
        "space",
        "range",
        "sequence",
        "array_repeat",
        "array_fill",
        "numbers",
    ),
    *(
        "generate_array",
        "generate_series",
        "generatorseries",
        "zeros",
        "randomstring",
        "zeroblob",
        "randomblob",
    ),
    *(
        "array_generate_range",
        "factorial",
        "numbers_mt",
        "zeros_mt",
        "generator",
        "list_resize",
        "repeat_row",
        "array_resize",
    ),
    *("printf", "format", "format_string"),
    *(
        "arraywithconstant",
        "generaterandom",
        "generateseries",
        "string_repeat",
        "randstr",
        "generate_date_array",
    ),
}
MOST_PRODUCT = 1_000_000_000
_WIDE_FORMAT = re.compile(r"%[-+ 0#,!]*(?:\d+\.)?\d{7,}")
_ENDLESS = {"system.numbers", "system.numbers_mt", "system.zeros", "system.zeros_mt"}


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
                if (call.effect is Effect.SERIES or call.name in _REPEATERS) and _huge(call):
                    message = f"{call.name} would make more rows or characters than any analysis needs"
                    place = subject.location(call.start, call.end)
                    yield self.finding(message, place, quote=subject.text[call.start : call.end])
            yield from self._multiplied(statement)
            for connect in statement.all(exp.Connect):
                if any(value > MOST_ROWS for value in _values([connect])):
                    message = "this hierarchy would be counted up beyond all need"
                    yield self.finding(message, statement.at(connect), quote=statement.quote(connect)[:200])
            for table in statement.all(exp.Table):
                if f"{table.db}.{table.name}".lower() in _ENDLESS:
                    message = f"{table.db}.{table.name} has rows without an end"
                    yield self.finding(message, statement.at(table), quote=table.sql())

    def _multiplied(self, statement: Statement) -> Iterator[Finding]:
        """Series that are each bearable, and joined to each other are not."""
        beside: dict[int, list[Call]] = defaultdict(list)
        for call in calls(statement):
            if call.effect is Effect.SERIES and call.node is not None:
                source = call.node.find_ancestor(exp.From, exp.Join, exp.Lateral)
                if source is not None:
                    beside[id(source.parent_select)].append(call)
        for together in beside.values():
            if len(together) > 1 and prod(_rows(call) for call in together) > MOST_PRODUCT:
                message = "these series would be multiplied to more rows than any analysis needs"
                start, end = together[0].start, together[-1].end
                place = statement.script.location(start, end)
                yield self.finding(message, place, quote=statement.script.text[start:end][:200])


def _rows(call: Call) -> float:
    values = [abs(value) for value in _values(arguments(call))]
    return max(values, default=1.0)


def _huge(call: Call) -> bool:
    if call.name == "factorial":
        return any(value > 10_000 for value in _values(arguments(call)))
    if call.name == "generaterandom":
        return True  # Its table has no end of its own.
    if call.name in ("printf", "format", "format_string"):
        texts = (a.name for a in arguments(call) if isinstance(a, exp.Literal) and a.is_string)
        return any(_WIDE_FORMAT.search(text) for text in texts)
    if isinstance(call.node, exp.Generator) and not call.node.args.get("rowcount"):
        return True  # It makes as many rows as it can within its time limit.
    values = _values(arguments(call))
    product = 1.0
    for value in values:
        product *= max(abs(value), 1.0)
    return product > MOST_ROWS


def _values(nodes: list[exp.Expr]) -> list[float]:
    found = []
    for node in nodes:
        for literal in node.find_all(exp.Literal):
            if not literal.is_string:
                try:
                    found.append(float(literal.name))
                except ValueError:
                    continue
    return found
