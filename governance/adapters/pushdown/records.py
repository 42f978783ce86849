"""Expectations about several columns of a row: pairs compared, records unique, sums and equality across."""

from itertools import combinations

from governance.adapters.pushdown.column import NUMBERS, Column, Family, literal, quoted
from governance.adapters.pushdown.question import Answer, Leave, Question, mapped
from governance.adapters.pushdown.wants import Wants, fitting

_PAIR_LEFT_OUT = {"both_values_are_missing": "all", "either_value_is_missing": "any", "neither": "none"}
_LEFT_OUT = {"all_values_are_missing": "all", "any_value_is_missing": "any", "never": "none"}
_BOTH_WAYS = (Family.REAL, Family.TEXT, Family.MOMENT)


def pair_equal(wants: Wants) -> Question:
    """expect_column_pair_values_to_be_equal"""
    return _pair(wants, "=")


def pair_greater(wants: Wants) -> Question:
    """expect_column_pair_values_a_to_be_greater_than_b"""
    return _pair(wants, ">=" if wants.take("or_equal", bool) else ">")


def _pair(wants: Wants, holds: str) -> Question:
    first, second = _two(wants)
    if first.family in NUMBERS and second.family in NUMBERS:
        values = first.number, second.number
    elif (
        first.family is second.family
        and first.family in (Family.TEXT, Family.MOMENT)
        and (holds == "=" or first.family is Family.MOMENT)
    ):
        values = first.sql, second.sql
    else:
        raise Leave
    return _each(wants, (first, second), _PAIR_LEFT_OUT, f"{values[0]} {holds} {values[1]}")


def pair_in_set(wants: Wants) -> Question:
    """expect_column_pair_values_to_be_in_set"""
    first, second = _two(wants)
    for column in (first, second):
        column.of(*NUMBERS, Family.TEXT)
    pairs = wants.given("value_pairs_set", list)
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise Leave
    met = " or ".join(f"({_is(first, a)} and {_is(second, b)})" for a, b in pairs)
    return _each(wants, (first, second), _PAIR_LEFT_OUT, met)


def compound_unique(wants: Wants) -> Question:
    """expect_compound_columns_to_be_unique: missing values are alike."""
    columns, mostly = _all(wants, *NUMBERS, Family.TEXT, Family.FLAG, Family.MOMENT), wants.mostly()
    keep, relation = _kept(wants, columns, _LEFT_OUT), wants.table.relation
    values = ", ".join(column.sql for column in columns)
    repeated = (
        f"(select coalesce(sum(_gx_number), 0)::bigint from (select count(*) as _gx_number from {relation}"
        f" where {keep} group by {values}) where _gx_number > 1)"
    )
    return _asked(wants, columns, mostly, f"count(*) filter ({keep})", repeated)


def sum_equal(wants: Wants) -> Question:
    """expect_multicolumn_sum_to_equal: of integers, whose sum has no rounding."""
    columns, total = _all(wants, Family.INTEGER), wants.number("sum_total")
    if total is None:
        raise Leave
    added = " + ".join(f"{quoted(column.name)}::hugeint" for column in columns)
    return _each(wants, columns, _LEFT_OUT, f"({added})::double = {literal(total)}", complete=True)


def values_equal(wants: Wants) -> Question:
    """expect_multicolumn_values_to_be_equal: missing values are alike."""
    columns = _alike(wants)
    same = [f"{_compared(columns[0])} is not distinct from {_compared(other)}" for other in columns[1:]]
    return _each(wants, columns, _LEFT_OUT, " and ".join(same))


def unique_within(wants: Wants) -> Question:
    """expect_select_column_values_to_be_unique_within_record: missing values are alike."""
    columns = _alike(wants)
    differ = [f"{_compared(a)} is distinct from {_compared(b)}" for a, b in combinations(columns, 2)]
    return _each(wants, columns, _LEFT_OUT, " and ".join(differ))


def _each(
    wants: Wants, columns: tuple[Column, ...], ways: dict[str, str], met: str, complete: bool = False
) -> Question:
    """Of the rows that are kept, those that do not meet a condition.

    Comparing with a missing integer is neither true nor false in pandas, so such columns are left to it, as
    are all if they must be `complete`.
    """
    mostly, keep = wants.mostly(), _kept(wants, columns, ways)
    unexpected = f"count(*) filter ({keep} and not coalesce({met}, false))"
    if complete or not all(column.family in _BOTH_WAYS for column in columns):
        holes = " or ".join(f"{column.sql} is null" for column in columns)
        return _asked(
            wants, columns, mostly, f"count(*) filter ({keep})", unexpected, f"{keep} and ({holes})"
        )
    return _asked(wants, columns, mostly, f"count(*) filter ({keep})", unexpected)


def _asked(
    wants: Wants, columns: tuple[Column, ...], mostly: float, kept: str, unexpected: str, holes: str = "false"
) -> Question:
    def judge(rows: int, considered: int, number: int, incomplete: int) -> Answer:
        if incomplete or not considered:
            raise Leave
        return mapped(rows, rows - considered, number, mostly)

    return wants.table.ask((kept, unexpected, f"count(*) filter ({holes})"), judge, *columns)


def _kept(wants: Wants, columns: tuple[Column, ...], ways: dict[str, str]) -> str:
    """The condition that a row is not ignored."""
    way = ways.get(wants.take("ignore_row_if", str) or next(iter(ways)))
    if way is None:
        raise Leave
    if way == "none":
        return "true"
    return "(" + (" or " if way == "all" else " and ").join(f"{c.sql} is not null" for c in columns) + ")"


def _two(wants: Wants) -> tuple[Column, Column]:
    first, second = wants.column("column_A"), wants.column("column_B")
    if first == second:
        raise Leave
    return first, second


def _all(wants: Wants, *families: Family) -> tuple[Column, ...]:
    return tuple(column.of(*families) for column in wants.columns())


def _alike(wants: Wants) -> tuple[Column, ...]:
    """Columns that all hold the same kind of values."""
    columns = _all(wants, *NUMBERS, Family.TEXT, Family.MOMENT)
    if len({column.kind for column in columns}) > 1:
        raise Leave
    return columns


def _is(column: Column, value: object) -> str:
    return f"{_compared(column)} = {literal(fitting(column, value))}"


def _compared(column: Column) -> str:
    return column.number if column.family in NUMBERS else column.sql
