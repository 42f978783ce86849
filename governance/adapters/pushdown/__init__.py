"""Expectations judged by DuckDB, with the results that Great Expectations itself would give.

An expectation becomes a question in SQL (`shape`, `rows`, `texts`, `numbers`, `outliers`, `distinct`,
`records`), and the questions about one table are answered by one scan of it (`scan`). What is not proven
to have the same result, by its type, an argument, a column or the data, is left to Great Expectations.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from governance.adapters.pushdown import distinct, numbers, outliers, records, rows, shape, texts
from governance.adapters.pushdown.question import Found, Leave, Question
from governance.adapters.pushdown.scan import answered
from governance.adapters.pushdown.table import Table
from governance.adapters.pushdown.wants import Wants

__all__ = ["QUESTIONS", "Found", "Table", "judge"]

PROVEN = {"great_expectations": "1.24.", "pandas": "3.", "numpy": "2.", "duckdb": "2."}
_OWN = "_gx_"  # how names of columns begin that only our queries have
QUESTIONS: Mapping[str, Callable[[Wants], Question]] = {
    "expect_table_row_count_to_be_between": shape.row_count_between,
    "expect_table_row_count_to_equal": shape.row_count_equal,
    "expect_table_column_count_to_be_between": shape.column_count_between,
    "expect_table_column_count_to_equal": shape.column_count_equal,
    "expect_table_columns_to_match_set": shape.columns_match_set,
    "expect_table_columns_to_match_ordered_list": shape.columns_match_list,
    "expect_column_to_exist": shape.column_exists,
    "expect_column_type_to_be": shape.column_type,
    "expect_column_values_to_be_of_type": shape.values_of_type,
    "expect_column_values_to_be_in_type_list": shape.values_in_types,
    "expect_column_values_to_not_be_null": rows.not_null,
    "expect_column_values_to_be_null": rows.null,
    "expect_column_values_to_be_unique": rows.unique,
    "expect_column_values_to_be_between": rows.between,
    "expect_column_values_to_be_in_set": rows.in_set,
    "expect_column_values_to_not_be_in_set": rows.not_in_set,
    "expect_column_values_to_be_increasing": rows.increasing,
    "expect_column_values_to_be_decreasing": rows.decreasing,
    "expect_column_value_lengths_to_be_between": texts.lengths_between,
    "expect_column_value_lengths_to_equal": texts.lengths_equal,
    "expect_column_values_to_match_regex": texts.match_regex,
    "expect_column_values_to_not_match_regex": texts.not_match_regex,
    "expect_column_values_to_match_regex_list": texts.match_regexes,
    "expect_column_values_to_not_match_regex_list": texts.not_match_regexes,
    "expect_column_values_to_match_strftime_format": texts.strftime,
    "expect_column_values_to_be_dateutil_parseable": texts.dates,
    "expect_column_values_to_be_json_parseable": texts.json_texts,
    "expect_column_min_to_be_between": numbers.minimum,
    "expect_column_max_to_be_between": numbers.maximum,
    "expect_column_sum_to_be_between": numbers.total,
    "expect_column_mean_to_be_between": numbers.mean,
    "expect_column_stdev_to_be_between": numbers.deviation,
    "expect_column_median_to_be_between": numbers.median,
    "expect_column_quantile_values_to_be_between": numbers.quantiles,
    "expect_column_value_z_scores_to_be_less_than": outliers.z_scores,
    "expect_column_values_to_not_be_outliers": outliers.not_outliers,
    "expect_column_unique_value_count_to_be_between": distinct.distinct_count,
    "expect_column_proportion_of_unique_values_to_be_between": distinct.distinct_share,
    "expect_column_proportion_of_non_null_values_to_be_between": distinct.present_share,
    "expect_column_distinct_values_to_be_in_set": distinct.distinct_in_set,
    "expect_column_distinct_values_to_contain_set": distinct.distinct_contain_set,
    "expect_column_distinct_values_to_equal_set": distinct.distinct_equal_set,
    "expect_column_most_common_value_to_be_in_set": distinct.most_common,
    "expect_column_pair_values_to_be_equal": records.pair_equal,
    "expect_column_pair_values_a_to_be_greater_than_b": records.pair_greater,
    "expect_column_pair_values_to_be_in_set": records.pair_in_set,
    "expect_compound_columns_to_be_unique": records.compound_unique,
    "expect_multicolumn_sum_to_equal": records.sum_equal,
    "expect_multicolumn_values_to_be_equal": records.values_equal,
    "expect_select_column_values_to_be_unique_within_record": records.unique_within,
}


def judge(connection: Any, table: Table, expectations: Sequence[Mapping[str, Any]]) -> list[Found | None]:
    """What Great Expectations would say of each, or `None` for what is left to it."""
    import duckdb

    if not _proven() or any(name.lower().startswith(_OWN) for name in table.names):
        return [None] * len(expectations)
    questions = [_question(connection, table, asked) for asked in expectations]
    try:
        return answered(connection, table, questions)
    except (duckdb.Error, OverflowError):
        return [None] * len(expectations)


def _question(connection: Any, table: Table, asked: Mapping[str, Any]) -> Question | None:
    wants = Wants(table, asked["kwargs"])
    try:
        if "values_from" in asked:
            return _from_column(connection, wants, **asked["values_from"])
        question = QUESTIONS[asked["type"]](wants)
        wants.close()
    except (Leave, KeyError, TypeError):
        return None
    return question


def _from_column(connection: Any, wants: Wants, file: str, column: str) -> Question:
    other = Table.of_file(connection, file).column(column)
    question = rows.in_column(wants, file, other)
    wants.close()
    return question


@cache
def _proven() -> bool:
    """Whether the packages are those that the results were compared with."""
    try:
        return all(version(package).startswith(known) for package, known in PROVEN.items())
    except PackageNotFoundError:
        return False
