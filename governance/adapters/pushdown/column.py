"""A column as Great Expectations sees it: as the pandas column that DuckDB makes of it.

There NaN is missing, decimals are floats of 64 bits, and a comparison with a number is one of floats.
`guard` says of the data at hand whether DuckDB's own values behave just the same.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from governance.adapters.pushdown.question import Leave

EXACT = 2**53
_INTEGERS = re.compile(r"(U?)(TINY|SMALL|BIG)?INT(EGER)?$")
_BITS = {"TINY": 8, "SMALL": 16, None: 32, "BIG": 64}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)$")


class Family(Enum):
    """Kinds of values that behave alike."""

    INTEGER = auto()
    REAL = auto()
    TEXT = auto()
    FLAG = auto()
    MOMENT = auto()
    OTHER = auto()


NUMBERS = (Family.INTEGER, Family.REAL)
_FAMILIES = {
    "DOUBLE": Family.REAL,
    "VARCHAR": Family.TEXT,
    "BOOLEAN": Family.FLAG,
    "DATE": Family.MOMENT,
    "TIMESTAMP": Family.MOMENT,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table by its name and DuckDB's name of its type."""

    name: str
    kind: str

    @property
    def family(self) -> Family:
        """The kind of its values."""
        if _INTEGERS.match(self.kind):
            return Family.INTEGER
        return Family.REAL if _DECIMAL.match(self.kind) else _FAMILIES.get(self.kind, Family.OTHER)

    def of(self, *families: Family) -> "Column":
        """The column itself, if it is of one of these; else it is left to Great Expectations."""
        if self.family not in families:
            raise Leave
        return self

    @property
    def sql(self) -> str:
        """Its values, with NULL for all that pandas takes for missing."""
        if self.kind == "DOUBLE":
            return f"nullif({quoted(self.name)}, 'nan'::double)"
        return quoted(self.name)

    @property
    def number(self) -> str:
        """Its values as floats of 64 bits."""
        return f"{self.sql}::double"

    @property
    def guard(self) -> str:
        """An aggregate that is true where the values are the same in pandas."""
        least, most = f"min({quoted(self.name)})", f"max({quoted(self.name)})"
        decimal = _DECIMAL.match(self.kind)
        if decimal:
            bound = str(EXACT).rjust(int(decimal[2]) + 1, "0")
            whole, rest = bound[: len(bound) - int(decimal[2])], bound[len(bound) - int(decimal[2]) :]
            limit = f"'{whole}.{rest}'::decimal(38, {decimal[2]})"
            return f"coalesce({most} <= {limit} and {least} >= -{limit}, true)"
        if self.kind in ("BIGINT", "UBIGINT"):
            return f"coalesce({most} <= {EXACT} and {least} >= -{EXACT}, true)"
        if self.family is Family.MOMENT:
            return f"coalesce(isfinite({least}) and isfinite({most}), true)"
        return "true"

    @property
    def steady(self) -> str:
        """An aggregate that is true where the difference of two values does not overflow in pandas."""
        integer = _INTEGERS.match(self.kind)
        if not integer:
            return "true"
        if integer[1]:
            raise Leave
        span = f"max({quoted(self.name)})::hugeint - min({quoted(self.name)})::hugeint"
        return f"coalesce({span} < {2 ** (_BITS[integer[2]] - 1)}, true)"

    def dtype(self, missing: bool) -> str:
        """The name of pandas' type for it, when some of its values are missing or none are."""
        integer = _INTEGERS.match(self.kind)
        if integer:
            return (
                f"{integer[1].lower()}int{_BITS[integer[2]]}"
                if not missing
                else f"{integer[1]}Int{_BITS[integer[2]]}"
            )
        names = {Family.REAL: "float64", Family.TEXT: "str", Family.FLAG: "boolean" if missing else "bool"}
        return names[self.of(*names).family]


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A number, text or truth value in SQL."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"({float(value)!r})::double"
    text = str(value).replace("'", "''")
    return f"'{text}'"
