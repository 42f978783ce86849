"""For each expectation that DuckDB can judge, random arguments for it."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.adapters.pushdown.asked import NUMBERS, PATTERNS, Chooser, Draw, Drawn

Arguments = dict[str, Any]
_TYPES = [
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "float64",
    "bool",
    "str",
    "datetime64[ns]",
    "Int32",
    "nonsense",
]
_FORMS = ["%Y-%m-%d", "%Y", "%d", "A-%d", "%q"]


def _columns_of(choose: Chooser, *kinds: str) -> Arguments:
    return {"column": choose.column(*kinds)[0]}


def _mapped(choose: Chooser) -> Arguments:
    return _columns_of(choose) | choose.mostly()


def _text(choose: Chooser) -> Arguments:
    return _columns_of(choose, "VARCHAR") | choose.mostly()


def _number(choose: Chooser) -> Arguments:
    return _columns_of(choose, *NUMBERS) | choose.mostly()


def _between(choose: Chooser) -> Arguments:
    name, kind, values = choose.column(*NUMBERS, "DATE", "TIMESTAMP")
    return {"column": name} | choose.bounds(lambda: choose.near(kind, values)) | choose.mostly()


def _figure(choose: Chooser) -> Arguments:
    name, kind, values = choose.column(*NUMBERS)
    numbers = [v for v in values if isinstance(v, int | float) and abs(v) < 1e6]
    sums = [sum(numbers), sum(numbers) / len(numbers)] if numbers else [0]
    near = [lambda: choose.near(kind, values), lambda: choose.one(sums)]
    return {"column": name} | choose.bounds(lambda: choose.one(near)())


def _extreme(choose: Chooser) -> Arguments:
    name, kind, values = choose.column(*NUMBERS, "DATE", "TIMESTAMP")
    return {"column": name} | choose.bounds(lambda: choose.near(kind, values))


def _share(choose: Chooser) -> Arguments:
    return _columns_of(choose) | choose.bounds(lambda: choose.one([0, 0.5, 1, 1 / 3, 2 / 3, 0.75, True]))


def _count(choose: Chooser) -> Arguments:
    return choose.bounds(lambda: choose.one([0, 1, 2, 3, 5, 2.5, "3"]))


def _set(choose: Chooser) -> Arguments:
    name, kind, values = choose.column(*NUMBERS, "VARCHAR", "BOOLEAN")
    chosen = [choose.near(kind, values) for _ in range(choose.one([0, 1, 2, 4]))]
    return {"column": name, "value_set": chosen + ([None] if choose.one([0, 0, 0, 0, 1]) else [])}


def _pattern(choose: Chooser) -> Arguments:
    return {"regex": choose.one(PATTERNS)}


def _patterns(choose: Chooser) -> Arguments:
    return {"regex_list": [choose.one(PATTERNS) for _ in range(choose.one([1, 2, 0]))]}


def _two(choose: Chooser) -> Arguments:
    first, second = choose.one([("b", "C d"), ("C d", "b"), ("a", "b"), ("b", "b")])
    way = choose.one([None, "both_values_are_missing", "either_value_is_missing", "neither", "never"])
    found = {"column_A": first, "column_B": second} | choose.mostly()
    return found | ({} if way is None else {"ignore_row_if": way})


def _pairs(choose: Chooser) -> Arguments:
    first, second = choose.column(), choose.column()
    pairs = [[choose.near(*first[1:]), choose.near(*second[1:])] for _ in range(choose.one([1, 2, 5]))]
    return _two(choose) | {"column_A": first[0], "column_B": second[0], "value_pairs_set": pairs}


def _several(choose: Chooser) -> Arguments:
    names = choose.one([["b", "C d"], ["C d", "b"], ["a", "b"], ["a", "b", "C d"], ["a"], ["b", "b"]])
    way = choose.one([None, "all_values_are_missing", "any_value_is_missing", "never"])
    return {"column_list": names} | choose.mostly() | ({} if way is None else {"ignore_row_if": way})


def _total(choose: Chooser) -> Arguments:
    rows = list(zip(*(values for _, _, values in choose.table.columns[1:]), strict=True))
    sums = [sum(row) for row in rows if all(isinstance(value, int) for value in row)]
    return _several(choose) | {"sum_total": choose.one([*sums, 0, 3, 2.5])}


def _quantiles(choose: Chooser) -> Arguments:
    name, kind, values = choose.column(*NUMBERS)
    shares = [choose.one([0, 0.25, 0.5, 0.75, 0.9, 1]) for _ in range(choose.one([1, 2]))]
    limits = [[choose.near(kind, values), choose.near(kind, values)] for _ in shares]
    ranges = [sorted(pair) if all(type(v) in (int, float) for v in pair) else pair for pair in limits]
    return {"column": name, "quantile_ranges": {"quantiles": shares, "value_ranges": ranges}}


def _ordered(choose: Chooser) -> Arguments:
    return _number(choose) | choose.one([{}, {"strictly": True}, {"strictly": False}])


ARGUMENTS: Mapping[str, Callable[[Chooser], Arguments]] = {
    "expect_table_row_count_to_be_between": _count,
    "expect_table_row_count_to_equal": lambda c: {"value": c.one([0, 1, 2, 3, c.table.rows, c.table.rows])},
    "expect_table_column_count_to_be_between": _count,
    "expect_table_column_count_to_equal": lambda c: {"value": c.one([2, 3, "3", 3.0])},
    "expect_table_columns_to_match_set": lambda c: (
        {"column_set": c.one([["a", "b", "C d"], ["C d", "a", "b"], ["a"], ["a", "z"], []])}
        | c.one([{}, {"exact_match": True}, {"exact_match": False}])
    ),
    "expect_table_columns_to_match_ordered_list": lambda c: {
        "column_list": c.one([["a", "b", "C d"], ["C d", "a", "b"], ["a"]])
    },
    "expect_column_to_exist": lambda c: (
        {"column": c.one(["a", "A", "z", "C d"])} | c.one([{}, {"column_index": c.one([0, 1, 2, -1, 7])}])
    ),
    "expect_column_type_to_be": lambda c: _columns_of(c) | {"type_": c.one(_TYPES)},
    "expect_column_values_to_be_of_type": lambda c: _mapped(c) | {"type_": c.one(_TYPES)},
    "expect_column_values_to_be_in_type_list": lambda c: (
        _mapped(c) | {"type_list": [c.one(_TYPES) for _ in range(c.one([1, 3]))]}
    ),
    "expect_column_values_to_not_be_null": _mapped,
    "expect_column_values_to_be_null": _mapped,
    "expect_column_values_to_be_unique": _mapped,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": lambda c: _set(c) | c.mostly(),
    "expect_column_values_to_not_be_in_set": lambda c: _set(c) | c.mostly(),
    "expect_column_values_to_be_increasing": _ordered,
    "expect_column_values_to_be_decreasing": _ordered,
    "expect_column_value_lengths_to_be_between": lambda c: _text(c) | _count(c),
    "expect_column_value_lengths_to_equal": lambda c: _text(c) | {"value": c.one([0, 1, 2, 2.5])},
    "expect_column_values_to_match_regex": lambda c: _text(c) | _pattern(c),
    "expect_column_values_to_not_match_regex": lambda c: _text(c) | _pattern(c),
    "expect_column_values_to_match_regex_list": lambda c: (
        _text(c) | _patterns(c) | c.one([{}, {"match_on": "any"}, {"match_on": "all"}])
    ),
    "expect_column_values_to_not_match_regex_list": lambda c: _text(c) | _patterns(c),
    "expect_column_values_to_match_strftime_format": lambda c: _text(c) | {"strftime_format": c.one(_FORMS)},
    "expect_column_values_to_be_dateutil_parseable": _text,
    "expect_column_values_to_be_json_parseable": _text,
    "expect_column_min_to_be_between": _extreme,
    "expect_column_max_to_be_between": _extreme,
    "expect_column_sum_to_be_between": _figure,
    "expect_column_mean_to_be_between": _figure,
    "expect_column_stdev_to_be_between": lambda c: (
        _columns_of(c, *NUMBERS) | c.bounds(lambda: c.one([0, 0.5, 1, 2, 1e-9, 2.5]))
    ),
    "expect_column_median_to_be_between": _figure,
    "expect_column_quantile_values_to_be_between": _quantiles,
    "expect_column_value_z_scores_to_be_less_than": lambda c: (
        _number(c) | {"threshold": c.one([0.5, 1, 1.2, 2, -1]), "double_sided": c.one([True, False])}
    ),
    "expect_column_values_to_not_be_outliers": lambda c: (
        _number(c)
        | c.one([{}, {"method": "std"}, {"method": "iqr"}])
        | c.one([{}, {"multiplier": c.one([0, 0.5, 1, 1.5, 2])}])
    ),
    "expect_column_unique_value_count_to_be_between": lambda c: _columns_of(c) | _count(c),
    "expect_column_proportion_of_unique_values_to_be_between": _share,
    "expect_column_proportion_of_non_null_values_to_be_between": _share,
    "expect_column_distinct_values_to_be_in_set": _set,
    "expect_column_distinct_values_to_contain_set": _set,
    "expect_column_distinct_values_to_equal_set": _set,
    "expect_column_most_common_value_to_be_in_set": lambda c: _set(c) | c.one([{}, {"ties_okay": True}]),
    "expect_column_pair_values_to_be_equal": _two,
    "expect_column_pair_values_a_to_be_greater_than_b": lambda c: (
        _two(c) | c.one([{}, {"or_equal": True}, {"or_equal": False}])
    ),
    "expect_column_pair_values_to_be_in_set": _pairs,
    "expect_compound_columns_to_be_unique": _several,
    "expect_multicolumn_sum_to_equal": _total,
    "expect_multicolumn_values_to_be_equal": _several,
    "expect_select_column_values_to_be_unique_within_record": _several,
}


@st.composite
def expectations(draw: Draw, table: Drawn, kind: str) -> Mapping[str, Any]:
    """An expectation of one kind about a table, now and then with an argument that nobody knows."""
    choose = Chooser(draw, table)
    strange = choose.one([{}] * 20 + [{"row_condition": "a = 1"}, {"nobody": 1}])
    return {"type": kind, "kwargs": ARGUMENTS[kind](choose) | strange}
