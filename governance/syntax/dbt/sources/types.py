"""Types of columns in DuckDB's words: declared in any dialect, else decided by all that is told of them."""

import re
from collections.abc import Iterable

from sqlglot import exp
from sqlglot.errors import SqlglotError

from governance.syntax.dbt.graph import RENDERED_FOR
from governance.syntax.dbt.sources.evidence import Hint, Kind, Strength, kind_of_type

_DIALECTS = ("duckdb", "snowflake", "bigquery", "postgres", "mysql", "redshift", "databricks")
_MONEY = frozenset((
    "amount", "price", "cost", "total", "revenue", "tax", "fee", "rate", "balance", "discount", "percent",
    "pct", "margin", "ratio", "score", "usd", "eur",
))  # fmt: skip
_COUNTED = frozenset((
    "id", "number", "num", "count", "qty", "quantity", "no", "cents", "units", "age", "year", "month",
    "position", "rank", "size",
))  # fmt: skip
_STAMPS = ["at", "ts", "timestamp", "time", "datetime"]
_DATES = ["date", "day", "on", "dob", "birthday"]
_FLAGS = ["is", "has", "was", "can", "should", "flag"]
_SMALL = ("TINYINT", "UTINYINT")
_WIDTH = 18  # wider decimals cannot be multiplied
KNOWN = frozenset((
    "TINYINT", "SMALLINT", "INT", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "FLOAT", "REAL", "DOUBLE", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ",
    "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "UUID", "BLOB", "JSON", "VARCHAR",
))  # fmt: skip
"""Names of types that are taken over as they are."""


def duckdb_type(text: str, dialects: Iterable[str] = _DIALECTS) -> tuple[str, Kind] | None:
    """A type of any dialect in DuckDB's words; `None` for one that no rows are made of."""
    for dialect in dialects:
        try:
            built = exp.DataType.build(text, dialect=dialect)
        except (SqlglotError, ValueError, TypeError):
            continue
        kind = kind_of_type(built)
        if kind is None or built.is_type("time", "timetz"):
            return None
        written = _roomy(built, kind, text)
        return (written, kind) if written in KNOWN or written.startswith("DECIMAL(") else None
    return None


def _roomy(built: exp.DataType, kind: Kind, text: str) -> str:
    """The type, with room for some hundred different values."""
    written = built.sql(RENDERED_FOR)
    if kind is Kind.NUMBER and written.partition("(")[0] in _SMALL:
        return "SMALLINT"
    if kind is Kind.NUMBER and written.startswith("DECIMAL"):
        sizes = [int(size) for size in re.findall(r"\d+", text)]
        scale = [*sizes, 0][1] if sizes else 2
        if scale == 0:
            return "BIGINT"
        return f"DECIMAL({_WIDTH}, {scale})" if scale <= _WIDTH - 6 else "DOUBLE"
    if kind is Kind.TEXT:
        return "VARCHAR"
    return "JSON" if kind is Kind.JSON else written


def decided(hints: list[Hint], name: str) -> tuple[str, Kind]:
    """The likeliest type by what all uses tell, else by the name."""
    ranked = sorted(hints, key=lambda hint: hint.strength, reverse=True)
    said = by_name(name)
    if not ranked:
        return said
    text = any(hint.kind is Kind.TEXT and hint.strength is Strength.NEEDED for hint in ranked)
    if text and ranked[0].strength < Strength.DECLARED:
        looks = [hint for hint in ranked if hint.kind is not Kind.TEXT]
        return "VARCHAR", decided(looks, "")[1] if looks else Kind.TEXT
    best = [hint for hint in ranked if hint.strength == ranked[0].strength]
    exact = [told for hint in best if hint.exact and (told := duckdb_type(hint.exact, ("duckdb",)))]
    kinds = {hint.kind for hint in best if hint.kind is not Kind.EXACT} | {kind for _, kind in exact}
    if {Kind.DATE, Kind.TIMESTAMP} & kinds and said[1] in (Kind.DATE, Kind.TIMESTAMP):
        return said
    if exact:
        return max(exact, key=lambda told: ("DECIMAL" in told[0], "TIMESTAMP" in told[0], told[0]))
    if len(kinds) > 1 and said[1] in kinds:
        return said
    kind = min(kinds)
    if kind is Kind.NUMBER:
        whole = not any(hint.exact.startswith("DECIMAL") for hint in hints)
        if said[1] is Kind.NUMBER and whole:
            return said
        return ("BIGINT" if whole else "DECIMAL(12, 2)"), kind
    return _TYPES[kind], kind


_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.JSON: "JSON",
    Kind.UUID: "UUID",
    Kind.EXACT: "VARCHAR",
}


def by_name(name: str) -> tuple[str, Kind]:
    """What a name says, by its last word, or its first for flags."""
    words = name.lower().split("_")
    if words[-1] in _STAMPS:
        return "TIMESTAMP", Kind.TIMESTAMP
    if words[-1] in _DATES:
        return "DATE", Kind.DATE
    if words[0] in _FLAGS or words[-1] in _FLAGS:
        return "BOOLEAN", Kind.BOOLEAN
    if words[-1] in _COUNTED or words[-1] + "s" in _COUNTED:
        return "BIGINT", Kind.NUMBER
    if _MONEY & set(words):
        return "DECIMAL(12, 2)", Kind.NUMBER
    return "VARCHAR", Kind.TEXT


def fits(value: str, kind: Kind) -> bool:
    """Whether a literal can be a value of a kind."""
    if kind is Kind.NUMBER:
        try:
            return abs(float(value)) < 1e12
        except ValueError:
            return False
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        return re.match(r"\d{4}-\d\d-\d\d", value) is not None
    if kind is Kind.BOOLEAN:
        return value.lower() in ("true", "false")
    return True
