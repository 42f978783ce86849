"""Expectations about the shape of a table: its rows, its columns, and pandas' types of them."""

from governance.adapters.pushdown.column import NUMBERS, Family
from governance.adapters.pushdown.question import Answer, Found, Leave, Question
from governance.adapters.pushdown.wants import Bounds, Wants

_NUMPY = {
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    "float32",
    "float64",
    "bool",
}


def row_count_between(wants: Wants) -> Question:
    """expect_table_row_count_to_be_between"""
    bounds = wants.counts()
    if not bounds.usable and (bounds.least, bounds.most) != (None, None):
        raise Leave
    return Question(("count(*)",), lambda rows: _observed(bounds.hold(rows), rows))


def row_count_equal(wants: Wants) -> Question:
    """expect_table_row_count_to_equal"""
    value = wants.given("value", int)
    return Question(("count(*)",), lambda rows: _observed(rows == value, rows))


def column_count_between(wants: Wants) -> Question:
    """expect_table_column_count_to_be_between"""
    least, most, count = wants.whole("min_value"), wants.whole("max_value"), len(wants.table.columns)
    bounds = Bounds(least, most)
    return Question((), lambda: _observed(bounds.hold(count), count))


def column_count_equal(wants: Wants) -> Question:
    """expect_table_column_count_to_equal"""
    value, count = wants.given("value", int), len(wants.table.columns)
    return Question((), lambda: _observed(count == value, count))


def columns_match_set(wants: Wants) -> Question:
    """expect_table_columns_to_match_set"""
    asked, found = set(_names(wants, "column_set")), set(wants.table.names)
    exact = wants.take("exact_match", bool)
    met = asked == found if exact is not False else asked <= found
    return Question((), lambda: Found(met))


def columns_match_list(wants: Wants) -> Question:
    """expect_table_columns_to_match_ordered_list"""
    met = _names(wants, "column_list") == wants.table.names
    return Question((), lambda: Found(met))


def column_exists(wants: Wants) -> Question:
    """expect_column_to_exist"""
    name, index = wants.given("column", str), wants.whole("column_index")
    names = wants.table.names
    if not name or (index and not 0 < index < len(names)):
        raise Leave
    met = names[index] == name if index else name in names
    return Question((), lambda: Found(met))


def column_type(wants: Wants) -> Question:
    """expect_column_type_to_be: the name of pandas' type, which tells whether values are missing."""
    column, name = wants.column(), wants.given("type_", str)
    column.of(Family.INTEGER, Family.REAL, Family.TEXT, Family.FLAG)
    if name not in _NUMPY and name != "str":
        raise Leave

    def judge(rows: int, present: int) -> Answer:
        if not present:
            raise Leave
        return Found(column.dtype(missing=present < rows) == name)

    return wants.table.ask((f"count({column.sql})",), judge)


def values_of_type(wants: Wants) -> Question:
    """expect_column_values_to_be_of_type: of numbers only the kind counts, with values missing or not."""
    return _of_types(wants, [wants.given("type_", str)], even_masked=True)


def values_in_types(wants: Wants) -> Question:
    """expect_column_values_to_be_in_type_list: where integers are missing, pandas has types of its own."""
    return _of_types(wants, wants.given("type_list", list), even_masked=False)


def _of_types(wants: Wants, names: list[object], even_masked: bool) -> Question:
    column = wants.column().of(*NUMBERS, Family.FLAG)
    wants.mostly()
    if not names or any(name not in _NUMPY for name in names):
        raise Leave

    def judge(rows: int, present: int) -> Answer:
        masked = present < rows and column.family is not Family.REAL
        if not present or (masked and not even_masked):
            raise Leave
        return Found(column.dtype(missing=False) in names)

    return wants.table.ask((f"count({column.sql})",), judge)


def _names(wants: Wants, key: str) -> list[str]:
    names: list[str] = wants.given(key, list)
    if not all(isinstance(name, str) for name in names):
        raise Leave
    return names


def _observed(met: bool, value: int) -> Found:
    return Found(met, {"observed_value": value})
