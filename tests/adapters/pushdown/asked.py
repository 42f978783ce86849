"""Random tables, and random expectations about them whose bounds, sets and patterns fit the data closely."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
INTEGERS = {"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63, "UTINYINT": 8, "UBIGINT": 64}
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "A-1",
    "A-12\n",
    "B-7",
    "2020-01-31",
    "{}",
    "nul",
    "é",
    "日本",
    "a\u0301",
    "😀",
    "x y",
    "3",
    "\t1",
    "_",
]
PATTERNS = [
    "a", "^a", "b$", r"^A-\d+$", r"\d", r"^\w+$", r"[^a-c]", r"^(a|b)*$", r"\s", "", ".", r"^.$", r"(?i)a", r"a(?=b)",
    r"é", r"\bA", r"\D", r"[\W_]", r"(", r"^A-1{1,3}\n?$", r"x?$", r"^$", r"(.)\1", r"[\x00-\x7f]", r"\Z", "a|b$",
]  # fmt: skip
_DAY = datetime(2020, 1, 31)


@dataclass(frozen=True)
class Drawn:
    """A table: the name, type and values of each column. A value is what is written behind VALUES."""

    columns: tuple[tuple[str, str, tuple[Any, ...]], ...]

    @property
    def rows(self) -> int:
        return len(self.columns[0][2])

    @property
    def query(self) -> str:
        listed = [
            f"select {', '.join(_sql(values[row], kind) for _, kind, values in self.columns)}"
            for row in range(self.rows)
        ] or [f"select {', '.join(f'null::{kind}' for _, kind, _ in self.columns)} where false"]
        names = ", ".join('"' + name.replace('"', '""') + '"' for name, _, _ in self.columns)
        return f"select * from ({' union all '.join(listed)}) as t({names})"


def _sql(value: Any, kind: str) -> str:
    if value is None:
        return f"null::{kind}"
    return "'" + str(value).replace("'", "''") + f"'::{kind}"


def values(kind: str) -> st.SearchStrategy[Any]:
    """Values of a type: mostly few and small, so that they meet, with the odd ones among them."""
    if kind in INTEGERS:
        high = 2 ** INTEGERS[kind] - 1
        low = 0 if kind.startswith("U") else -high - 1
        small = st.integers(max(low, -3), 5)
        return small | small | small | st.integers(low, high) | st.sampled_from([low, high])
    if kind == "DOUBLE":
        odd = st.sampled_from(["nan", "inf", "-inf", -0.0, 0.0, 1e308, 5e-324, 0.1, 0.3, 2.0**53])
        return st.integers(-3, 5).map(float) | st.floats(-9, 9) | st.sampled_from([0.1, 0.2, 0.5]) | odd
    if kind.startswith("DECIMAL"):
        digits, scale = (int(part) for part in kind[8:-1].split(","))
        whole = st.integers(-300, 300) | st.integers(-(10**digits) + 1, 10**digits - 1)
        return whole.map(lambda number: _decimal(number, scale))
    if kind == "VARCHAR":
        return st.sampled_from(TEXTS) | st.sampled_from(TEXTS[:5]) | st.text(max_size=3).filter(_storable)
    if kind == "BOOLEAN":
        return st.booleans()
    if kind == "DATE":
        return st.integers(-40, 40).map(lambda days: date(2020, 1, 31) + timedelta(days))
    if kind == "TIMESTAMP":
        return st.integers(-9, 9).map(lambda hours: _DAY + timedelta(hours=hours, microseconds=hours % 3))
    return st.integers(0, 3)


def _decimal(number: int, scale: int) -> str:
    text = str(abs(number)).rjust(scale + 1, "0")
    return ("-" if number < 0 else "") + text[: len(text) - scale] + "." + text[len(text) - scale :]


def _storable(text: str) -> bool:
    return "\0" not in text and text.isprintable()


NUMBERS = (*INTEGERS, "DOUBLE", "DECIMAL(9,2)")
KINDS = (*INTEGERS, "DOUBLE", "DECIMAL(9,2)", "DECIMAL(38,4)", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "FLOAT", "HUGEINT", "TIME")  # fmt: skip


@st.composite
def tables(draw: Draw) -> Drawn:
    """A table of three columns, the third of the same type as the second, with few rows or none."""
    first = draw(st.sampled_from(KINDS) | st.sampled_from(NUMBERS))
    second = draw(st.sampled_from(KINDS[:-3]) | st.just("VARCHAR"))
    rows = draw(st.integers(2, 9) | st.integers(0, 9) | st.integers(2, 30))
    columns = []
    for name, kind in (("a", first), ("b", second), ("C d", second)):
        holes = draw(st.sampled_from([0, 0, 0, 1, 1, 5, 5]))
        value = _time(kind) if kind == "TIME" else values(kind)
        some = st.one_of(value, *([st.none()] * holes)) if holes < 5 or draw(st.booleans()) else st.none()
        columns.append((name, kind, tuple(draw(st.lists(some, min_size=rows, max_size=rows)))))
    return Drawn(tuple(columns))


def _time(kind: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(["10:00:00", "23:59:59"])


class Chooser:
    """Draws the arguments of expectations about one table."""

    def __init__(self, draw: Draw, table: Drawn) -> None:
        self.draw, self.table = draw, table

    def one(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def column(self, *kinds: str) -> tuple[str, str, tuple[Any, ...]]:
        """A column, mostly one whose type begins like one of these."""
        fitting = [column for column in self.table.columns if column[1].startswith(kinds)]
        return self.one(fitting or self.table.columns) if self.one(range(8)) else self.one(self.table.columns)

    def near(self, kind: str, present: tuple[Any, ...]) -> Any:
        """A bound or a member of a set: a value of the column as YAML would write it, or one beside it."""
        number = st.integers(-3, 6) | st.sampled_from([0.1, 0.5, -1.5, 1e6, True, "5", "x", 2**53 + 1, 2**60])
        known = [_yaml(value, kind) for value in present if value is not None]
        return self.draw(st.sampled_from(known) | st.sampled_from(known) | number if known else number)

    def bounds(self, value: Callable[[], Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in self.draw(
            st.sets(st.sampled_from(["min_value", "max_value"]), min_size=self.one([0, 1, 1]))
        ):
            found[key] = value()
        for key in self.draw(st.sets(st.sampled_from(["strict_min", "strict_max"]))):
            found[key] = self.one([True, False])
        return found

    def mostly(self) -> dict[str, Any]:
        share = self.one([None, None, 0, 1, 0.5, 0.9, 2 / 3, 0.25, 1.0, 2])
        return {} if share is None else {"mostly": share}


def _yaml(value: Any, kind: str) -> Any:
    if kind in INTEGERS or kind == "BOOLEAN":
        return value
    if kind in ("DATE", "TIMESTAMP"):
        return str(value).replace(" ", "T") if kind == "TIMESTAMP" else f"{value} 00:00:00"
    if kind == "DOUBLE" or kind.startswith("DECIMAL"):
        return float(value) if str(value) not in ("nan", "inf", "-inf") else 0
    return str(value)
