"""Expectations about texts: their length, patterns that they match, formats that they can be read in.

What DuckDB has no exact words for is asked of Python, once for each distinct text.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib import import_module
from typing import Any

from governance.adapters.pushdown.column import Column, Family, literal
from governance.adapters.pushdown.question import LONGEST, Answer, Leave, Listing, Question, mapped
from governance.adapters.pushdown.regex import translated
from governance.adapters.pushdown.rows import each
from governance.adapters.pushdown.wants import Wants

Way = Callable[[Iterable[bool]], bool]
_WAYS: dict[str, Way] = {"any": any, "all": all}


def lengths_between(wants: Wants) -> Question:
    """expect_column_value_lengths_to_be_between"""
    column, mostly = _column(wants), wants.mostly()
    bounds = wants.counts()
    if (bounds.least, bounds.most) == (None, None):
        raise Leave
    inside = bounds.sql(f"length({column.sql})", str)
    return each(wants, column, mostly, f"count({column.sql}) filter (not ({inside}))")


def lengths_equal(wants: Wants) -> Question:
    """expect_column_value_lengths_to_equal"""
    column, mostly, value = _column(wants), wants.mostly(), wants.given("value", int)
    return each(wants, column, mostly, f"count({column.sql}) filter (length({column.sql}) <> {value})")


def match_regex(wants: Wants) -> Question:
    """expect_column_values_to_match_regex"""
    return _patterns(wants, [wants.given("regex", str)], any, expected=True)


def not_match_regex(wants: Wants) -> Question:
    """expect_column_values_to_not_match_regex"""
    return _patterns(wants, [wants.given("regex", str)], any, expected=False)


def match_regexes(wants: Wants) -> Question:
    """expect_column_values_to_match_regex_list"""
    way = _WAYS.get(wants.take("match_on", str) or "any")
    if way is None:
        raise Leave
    return _patterns(wants, wants.given("regex_list", list), way, expected=True)


def not_match_regexes(wants: Wants) -> Question:
    """expect_column_values_to_not_match_regex_list"""
    return _patterns(wants, wants.given("regex_list", list), any, expected=False)


def _patterns(wants: Wants, patterns: list[str], way: Way, expected: bool) -> Question:
    column, mostly = _column(wants), wants.mostly()
    try:
        compiled = [re.compile(pattern) for pattern in patterns]
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        raise Leave from error
    if not compiled:
        raise Leave

    def met(text: str) -> bool:
        return way(pattern.search(text) is not None for pattern in compiled) is expected

    by_python = _each_text(wants, column, mostly, met)
    try:
        translations = [translated(pattern) for pattern in patterns]
    except Leave:
        return by_python
    joined = (" or " if way is any else " and ").join(
        f"regexp_matches({column.sql}, {literal(pattern)})" for pattern in translations
    )
    failed = f"not ({joined})" if expected else f"({joined})"
    ascii_only = f"coalesce(bool_and(strlen({column.sql}) = length({column.sql})), true)"

    def judge(rows: int, present: int, unexpected: int, plain: bool) -> Answer:
        return mapped(rows, rows - present, unexpected, mostly) if plain else by_python

    counted = f"count({column.sql}) filter ({failed})"
    return wants.table.ask((f"count({column.sql})", counted, ascii_only), judge, empty=True)


def strftime(wants: Wants) -> Question:
    """expect_column_values_to_match_strftime_format"""
    column, mostly, form = _column(wants), wants.mostly(), wants.given("strftime_format", str)
    try:
        datetime.strptime(datetime.strftime(datetime.now(), form), form)
    except ValueError as error:
        raise Leave from error

    def met(text: str) -> bool:
        try:
            datetime.strptime(text, form)
        except ValueError:
            return False
        return True

    return _each_text(wants, column, mostly, met)


def dates(wants: Wants) -> Question:
    """expect_column_values_to_be_dateutil_parseable"""
    column, mostly = _column(wants), wants.mostly()
    parse = import_module("dateutil.parser").parse

    def met(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, OverflowError):
            return False
        except Exception as error:  # Great Expectations says of the whole column that it could not be judged
            raise Leave from error
        return True

    return _each_text(wants, column, mostly, met)


def json_texts(wants: Wants) -> Question:
    """expect_column_values_to_be_json_parseable"""

    def met(text: str) -> bool:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return False
        return True

    return _each_text(wants, _column(wants), wants.mostly(), met)


def _each_text(wants: Wants, column: Column, mostly: float, met: Callable[[str], bool]) -> Question:
    """A question that Python answers for each distinct text, as long as they are not too many."""
    value = column.sql
    listed = (
        f"select {value}, count(*) from {wants.table.relation} where {value} is not null"
        f" group by {value} limit {LONGEST + 1}"
    )

    def first(rows: int, present: int) -> Answer:
        def judge(found: list[tuple[Any, ...]]) -> Answer:
            unexpected = sum(number for text, number in found if not met(text))
            return mapped(rows, rows - present, unexpected, mostly)

        return Listing(listed, judge)

    return wants.table.ask((f"count({value})",), first, empty=True)


def _column(wants: Wants) -> Column:
    return wants.column().of(Family.TEXT)
