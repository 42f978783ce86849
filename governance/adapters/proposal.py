"""Expectations proposed from the data of a table: what holds for all of it now, with room to grow.

They are a draft for a person. Values that are or look like secrets are not proposed as a set, and
neither are bounds of dates, which move.
"""

import math
from collections.abc import Iterator
from typing import Any

from governance.adapters.pushdown.column import NUMBERS, Column, Family, quoted
from governance.adapters.pushdown.table import Table
from governance.redaction import redact_text

_FEW, _OFTEN = 12, 10
_KEYS = (Family.INTEGER, Family.TEXT, Family.MOMENT)
Proposal = dict[str, Any]


def propose(connection: Any, table: Table) -> list[Proposal]:
    """A suite for a table: its size and columns, then what each column holds; empty for no rows."""
    (rows,) = connection.execute(f"select count(*) from {table.relation}").fetchone()
    if not rows:
        return []
    found = [
        _proposal("table_row_count_to_be_between", min_value=math.ceil(rows / 2), max_value=rows * 2),
        _proposal("table_columns_to_match_set", column_set=table.names),
    ]
    for column in table.columns:
        if column.family is not Family.OTHER:
            found += _of_column(connection, table, column, rows)
    return found


def _of_column(connection: Any, table: Table, column: Column, rows: int) -> Iterator[Proposal]:
    name, value = column.name, column.sql
    query = f"select count({value}), count(distinct {value}) from {table.relation}"
    present, distinct = connection.execute(query).fetchone()
    if present == rows:
        yield _proposal("column_values_to_not_be_null", column=name)
    elif present > rows / 2:
        share = math.floor((present / rows - 0.05) * 100) / 100
        yield _proposal("column_values_to_not_be_null", column=name, mostly=share)
    if not present:
        return
    if column.family in _KEYS and distinct == rows >= _OFTEN:
        yield _proposal("column_values_to_be_unique", column=name)
    elif column.family in NUMBERS and not _names_things(column):
        yield from _range(connection, table, column)
    elif column.family is Family.TEXT:
        yield from _texts(connection, table, column, present, distinct)


def _names_things(column: Column) -> bool:
    """Whether an integer is the number of a thing, of which there will be more."""
    return column.family is Family.INTEGER and column.name.lower().endswith(("id", "_key"))


def _range(connection: Any, table: Table, column: Column) -> Iterator[Proposal]:
    """Bounds a tenth of the range beyond what is there; what is never negative stays so."""
    query = f"select min({column.number}), max({column.number}) from {table.relation}"
    low, high = connection.execute(query).fetchone()
    if not math.isfinite(low) or not math.isfinite(high):
        return
    room = (high - low) / 10 or max(abs(high) / 10, 1)
    least, most = _rounded(low - room, math.floor), _rounded(high + room, math.ceil)
    if column.family is Family.INTEGER:
        least, most = math.floor(least), math.ceil(most)
    least = max(least, 0) if low >= 0 else least
    most = min(most, 0) if high <= 0 and low < 0 else most
    yield _proposal("column_values_to_be_between", column=column.name, min_value=least, max_value=most)


def _texts(connection: Any, table: Table, column: Column, present: int, distinct: int) -> Iterator[Proposal]:
    """The values themselves where they are few and each comes often, else their lengths."""
    name, value = quoted(column.name), column.sql
    if distinct <= _FEW and present >= distinct * _OFTEN:
        query = f"select distinct {name} from {table.relation} where {value} is not null order by all"
        values = [text for (text,) in connection.execute(query).fetchall()]
        if all(text.isprintable() and redact_text(text)[0] == text for text in values):
            yield _proposal("column_values_to_be_in_set", column=column.name, value_set=values)
            return
    query = f"select min(length({value})), max(length({value})) from {table.relation}"
    least, most = connection.execute(query).fetchone()
    bounds = {"min_value": least // 2 if least > 1 else least, "max_value": most * 2 if most else 1}
    yield _proposal("column_value_lengths_to_be_between", column=column.name, **bounds)


def _rounded(value: float, direction: Any) -> float:
    """A value with two digits that count."""
    if value == 0:
        return 0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    rounded = direction(value / step) * step
    return float(f"{rounded:.12g}")


def _proposal(kind: str, **kwargs: Any) -> Proposal:
    return {"type": f"expect_{kind}", "kwargs": kwargs}
