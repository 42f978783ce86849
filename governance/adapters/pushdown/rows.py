"""Expectations about each value of a column: missing or not, unique, within bounds, in a set, in order."""

from collections.abc import Callable

from governance.adapters.pushdown.column import NUMBERS, Column, Family, literal, quoted
from governance.adapters.pushdown.question import Answer, Found, Leave, Question, mapped
from governance.adapters.pushdown.wants import Wants

_DENSE, _BITS = 64, 1 << 27
_HASHED = (Family.INTEGER, Family.REAL, Family.TEXT, Family.FLAG, Family.MOMENT)


def not_null(wants: Wants) -> Question:
    """expect_column_values_to_not_be_null"""
    return _missing(wants, lambda rows, present: rows - present)


def null(wants: Wants) -> Question:
    """expect_column_values_to_be_null"""
    return _missing(wants, lambda rows, present: present)


def _missing(wants: Wants, unexpected: Callable[[int, int], int]) -> Question:
    column, mostly = wants.column().of(*_HASHED), wants.mostly()

    def judge(rows: int, present: int) -> Answer:
        number = unexpected(rows, present)
        counts = {
            "element_count": rows,
            "unexpected_count": number,
            "unexpected_percent": number / rows * 100 if rows else None,
        }
        return Found((rows - number) / rows >= mostly if rows else True, counts)

    return wants.table.ask((f"count({column.sql})",), judge, empty=True)


def unique(wants: Wants) -> Question:
    """expect_column_values_to_be_unique: every row with a value that another row has is unexpected."""
    column, mostly = wants.column().of(*_HASHED), wants.mostly()
    value, relation = column.sql, wants.table.relation
    repeated = (
        f"(select coalesce(sum(_gx_number), 0)::bigint from (select count(*) as _gx_number from {relation}"
        f" where {value} is not null group by {value}) where _gx_number > 1)"
    )
    counted = each(wants, column, mostly, repeated)
    return counted if column.family is not Family.INTEGER else _dense(wants, column, mostly, counted)


def _dense(wants: Wants, column: Column, mostly: float, counted: Question) -> Question:
    """Ask for a bit for each integer first, as keys mostly are dense; ten times as fast as to group them."""

    def first(rows: int, present: int, least: int | None, most: int | None) -> Answer:
        if least is None or most is None or not most - least < min(_DENSE * rows, _BITS):
            return counted
        bits = f"bit_count(bitstring_agg({column.sql}, {least}::{column.kind}, {most}::{column.kind}))"

        def second(rows: int, distinct: int) -> Answer:
            return mapped(rows, rows - present, 0, mostly) if distinct == present else counted

        return wants.table.ask((bits,), second, column, empty=True)

    asked = (f"count({column.sql})", f"min({column.sql})", f"max({column.sql})")
    return wants.table.ask(asked, first, column, empty=True)


def between(wants: Wants) -> Question:
    """expect_column_values_to_be_between"""
    column, mostly = wants.column().of(*NUMBERS, Family.MOMENT), wants.mostly()
    bounds = wants.bounds(column)
    if not bounds.usable:
        raise Leave
    if column.family is Family.MOMENT:
        inside = bounds.sql(f"{column.sql}::timestamp", lambda bound: f"'{bound}'::timestamp")
    else:
        inside = bounds.sql(column.number, literal)
    return each(wants, column, mostly, f"count({column.sql}) filter (not ({inside}))")


def in_set(wants: Wants) -> Question:
    """expect_column_values_to_be_in_set"""
    return _set(wants, "not in")


def not_in_set(wants: Wants) -> Question:
    """expect_column_values_to_not_be_in_set"""
    return _set(wants, "in")


def _set(wants: Wants, unexpected: str) -> Question:
    column, mostly = wants.column().of(*NUMBERS, Family.TEXT, Family.FLAG), wants.mostly()
    values = ", ".join(literal(value) for value in wants.values(column))
    if not values:
        raise Leave
    value = column.number if column.family in NUMBERS else column.sql
    return each(wants, column, mostly, f"count({column.sql}) filter ({value} {unexpected} ({values}))")


def in_column(wants: Wants, file: str, other: Column) -> Question:
    """expect_column_values_to_be_in_set with the values of a column in another file."""
    column, mostly = wants.column().of(Family.INTEGER, Family.TEXT), wants.mostly()
    other.of(column.family)
    path = file.replace("'", "''")
    values = f"select {quoted(other.name)} from read_parquet('{path}') where {quoted(other.name)} is not null"
    strange = (
        f"(select count(*) from {wants.table.relation}"
        f" where {column.sql} is not null and {column.sql} not in ({values}))"
    )
    exact = f"(select {other.guard} and count({quoted(other.name)}) > 0 from read_parquet('{path}'))"

    def judge(rows: int, present: int, unexpected: int, alike: bool) -> Answer:
        if not alike:
            raise Leave
        return mapped(rows, rows - present, unexpected, mostly)

    return wants.table.ask((f"count({column.sql})", strange, exact), judge, column, empty=True)


def increasing(wants: Wants) -> Question:
    """expect_column_values_to_be_increasing: each value beside the one before it that is not missing."""
    return _ordered(wants, ">" if wants.flag("strictly") else ">=")


def decreasing(wants: Wants) -> Question:
    """expect_column_values_to_be_decreasing"""
    return _ordered(wants, "<" if wants.flag("strictly") else "<=")


def _ordered(wants: Wants, rises: str) -> Question:
    column, mostly = wants.column().of(*NUMBERS, Family.MOMENT), wants.mostly()
    value, table = column.sql, wants.table
    if not table.place:
        raise Leave
    # infinity minus infinity is no number, so pandas finds two of them in order, however strictly
    alike = f" and not (isinf({value}) and {value} = _gx_before)" if column.kind == "DOUBLE" else ""
    beside = (
        f"select {value} as {quoted(column.name)}, lag({value}) over (order by {table.place}) as _gx_before"
        f" from {table.relation} where {value} is not null"
    )
    broken = f"(select count(*) filter (not ({value} {rises} _gx_before){alike}) from ({beside}))"
    return each(wants, column, mostly, broken, column.steady)


def each(wants: Wants, column: Column, mostly: float, unexpected: str, provided: str = "true") -> Question:
    """A question about each value that is not missing; `unexpected` counts those that fail.

    The answer is only taken where the aggregate `provided` is true.
    """

    def judge(rows: int, present: int, number: int, holds: bool) -> Answer:
        if not holds:
            raise Leave
        return mapped(rows, rows - present, number, mostly)

    return wants.table.ask((f"count({column.sql})", unexpected, provided), judge, column, empty=True)
