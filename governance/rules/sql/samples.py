"""The values that a column, or anything else that is not known, is tried with."""

import re
from collections.abc import Iterator
from math import inf

from sqlglot import exp

from governance.rules.sql.moments import DAY, NOW, DateText, Duration, Moment, moment
from governance.rules.sql.operations import Value
from governance.rules.sql.values import least, never_null

_LIMITS = {2.0**31 - 1, -(2.0**31), 2.0**63 - 1, -(2.0**63)}
_MOST_COUNTED = 1e9
_NUMBERS = (
    *(7.0, 0.0, -7.0, 1.0, -1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 10.0, 11.0, 12.0, 0.5, -0.5, 2.25, 20.0),
    *(31.0, 59.0, 99.0, 100.0, 365.0, 1_000.0, 2_024.0, 12_345.678, -1e6, 1e9, 2e10),
)
_LONG = "Lorem ipsum dolor sit amet, " * 40
_TEXTS = (
    *(
        "a",
        "",
        "Zz",
        " ",
        "x y",
        " z ",
        "0",
        "-1",
        "12.5",
        "é",
        "a@b.c",
        "~",
        "1x_%",
        "\n",
        "2024",
        "A1-b/c",
        _LONG,
    ),
)
_EARLIEST, _FIRST, _SOON, _LAST, _LATEST = (
    Moment(moment(text) or 0.0)
    for text in ("1700-01-01", "1970-01-01", "2050-01-01", "2100-01-01", "9999-12-31 23:59:59")
)
# What stands for "always", "never" and "not known": it is asked for, and excluded, by these names.
_SENTINELS = {
    moment(day)
    for day in ("9999-12-31", "9999-12-30", "9999-01-01", "2999-12-31", "2099-12-31", "3000-01-01")
} | {
    moment(day)
    for day in ("1900-01-01", "1753-01-01", "1800-01-01", "0001-01-01", "1899-12-30", "1970-01-01")
}
_PAST = re.compile(
    r"_?(?:created|inserted|updated|modified|changed|loaded|ingested|logged|recorded|registered|received|processed"
    r"|extracted|synced|order|ordered|signup|transaction|log|load)_?(?:at|on|date|time|ts|timestamp|dt|datetime|day)?"
)
_END = re.compile(
    r"valid|effective|expir|end|until|(^|_)to(_|$)|thru|clos|due|term|stop|finish|retire|delet|archiv"
)
_BIRTH = re.compile(r"birth|dob|born|death|died|found|built|hist|since")
_KEYS = {"id", "_id", "pk", "rowid", "_rowid_", "uuid", "guid"}


def first_looks(terms: list[exp.Expr], constants: list[Value]) -> Iterator[list[Value]]:
    """A few rows for these terms that break nearly every condition that can be broken."""
    count = len(terms)
    yield [7.0 + 13.0 * place for place in range(count)]
    if any(_counts(term) for term in terms):
        return
    yield [-7.0 * 3.0**place for place in range(count)]
    yield [Moment(NOW - (400 + 31 * place) * DAY) for place in range(count)]
    yield [chr(ord("p") + place) + "q" for place in range(count)]
    yield [place % 2 == 1 for place in range(count)]
    for named in constants:
        if not isinstance(named, (Moment, Duration, DateText)):
            yield [named] * count


class Samples:
    """The values of one term: ordinary ones of every kind, and those near what the condition names."""

    def __init__(self, term: exp.Expr, constants: list[Value], nullable: bool) -> None:
        self._term = term
        self._name = term.name.lower() if isinstance(term, exp.Column) else ""
        self._constants = constants
        self._nullable = nullable and not never_null(term)
        self._low = least(term)
        self._key = _is_key(term)

    def values(self, alone: bool) -> list[Value]:
        """The values, kinds in turn; fewer of each where there are several terms."""
        kinds: list[list[Value]] = [[*self._numbers()]]
        if self._low is None:
            kinds += [[*self._moments()], [*self._texts()], [] if self._key else [True, False]]
        most = 200 if alone else 14
        found: list[Value] = [None] if self._nullable else []
        found += [kind[place] for place in range(most) for kind in kinds if place < len(kind)]
        return found

    def _numbers(self) -> list[float]:
        named = {c for c in self._constants if isinstance(c, float) and not isinstance(c, (Moment, Duration))}
        named |= {float(c) for c in self._constants if isinstance(c, str) and _whole(c)}
        near = named | {-one for one in named}
        near |= {one - other for one in near for other in near} if len(near) < 12 else set()
        tried = {one + step for one in near for step in (-1.0, -0.5, 0.0, 0.5, 1.0)} | set(_NUMBERS)
        ends = [limit for limit in _LIMITS if limit in near]
        low, high = min(ends, default=-inf), max(ends, default=inf)
        if self._low is not None:
            tried = {one for one in tried if one == int(one)} | {self._low, self._low + 1}
            low, high = max(low, self._low), min(high, _MOST_COUNTED)
        if self._key:
            low = max(low, 1.0)
        kept = (one for one in tried if max(low, -(2.0**62)) <= one <= high)
        return sorted(kept, key=lambda one: (one not in named, one not in near, abs(one - 7.0)))

    def _moments(self) -> Iterator[Moment]:
        past, low, high = _PAST.fullmatch(self._name), _FIRST, _LAST
        clock = any(isinstance(c, Moment) for c in self._constants)
        if past:
            high = Moment(NOW - 1) if clock else _SOON
        elif _END.search(self._name):
            high = _LATEST
        if _BIRTH.search(self._name):
            low = _EARLIEST
        named = [m for c in self._constants if (m := _moment(c)) is not None]
        if not past:
            yield from (one for one in named if one in _SENTINELS)
        near = [Moment(one + step) for one in named for step in (0.0, -1.0, 1.0, -DAY, DAY)]
        near += [Moment(round(NOW + sign * days * DAY)) for days in _DAYS for sign in (-1, 1)]
        yield from (one for one in (low, high, *near) if low <= one <= high)

    def _texts(self) -> Iterator[str]:
        texts = list(_TEXTS)
        for one in self._constants:
            if isinstance(one, str) and len(one) < 200 and moment(one) is None:
                bare = one.strip("%*").replace("_", "a")
                texts += (str(one), bare, one.upper(), one.lower(), f"{bare}x", f"x{bare}", bare[:-1])
        yield from (one for one in texts if not self._key or (one and not _whole(one)))


def _counts(term: exp.Expr) -> bool:
    return least(term) is not None or _is_key(term)


def _is_key(term: exp.Expr) -> bool:
    """Whether a term is the key of the table that is changed, which numbers its rows from 1."""
    return isinstance(term, exp.Column) and term.name.lower() in _KEYS and not term.find_ancestor(exp.Query)


_DAYS = (
    0.0,
    1 / 24,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    45.0,
    75.0,
    100.0,
    200.0,
    400.0,
    600.0,
    1e3,
    2e3,
    4e3,
    8e3,
    14e3,
)


def _whole(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).isdecimal() and len(text) < 20


def _moment(constant: Value) -> Moment | None:
    if isinstance(constant, Moment):
        return constant
    return moment(constant) if isinstance(constant, str) else None
