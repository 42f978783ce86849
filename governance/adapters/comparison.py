"""Two builds of one relation, compared by counts: rows, keys, nulls, distinct and changed values.

No value of any row is reported.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def compare(connection: Any, before: str, now: str, key: str = "") -> dict[str, Any]:
    """How the relation `now` differs from `before`; both are quoted names that the connection can read.

    `key` is a column that may name each row. Where it does, on both sides, `lost` and `gained` count
    keys and each column says in how many rows that both have its value `changed`. Otherwise these two
    are unknown (`None`), and `changed` counts values that are not explained by rows that came in addition.
    """
    columns = [name for name in _columns(connection, now) if name in _columns(connection, before)]
    key = next((name for name in columns if name.lower() == key.lower()), "")
    (rows, counts), (rows_now, counts_now) = (_counts(connection, side, columns) for side in (before, now))
    named = key and (counts[key], counts_now[key]) == ((0, rows), (0, rows_now))
    lost, gained = _keys(connection, before, now, key) if named else (None, None)
    changed = (
        _changed_rows(connection, before, now, key, columns)
        if named
        else {name: _new_values(connection, before, now, name) - max(rows_now - rows, 0) for name in columns}
    )
    return {
        "rows": [rows, rows_now],
        "lost": lost,
        "gained": gained,
        "columns": {
            name: {
                "nulls": [counts[name][0], counts_now[name][0]],
                "distinct": [counts[name][1], counts_now[name][1]],
                "changed": max(changed.get(name, 0), 0),
            }
            for name in columns
        },
    }


def _columns(connection: Any, relation: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe select * from {relation}").fetchall()]


def _counts(
    connection: Any, relation: str, columns: Iterable[str]
) -> tuple[int, Mapping[str, tuple[int, int]]]:
    """The number of rows, and of each column its nulls and its distinct values."""
    asked = [f"(count(*) - count({_quoted(c)}), count(distinct {_quoted(c)}))" for c in columns]
    rows, *counted = connection.execute(
        f"select {', '.join(['count(*)', *asked])} from {relation}"
    ).fetchone()
    return rows, dict(zip(columns, counted, strict=True))


def _keys(connection: Any, before: str, now: str, key: str) -> tuple[int, int]:
    """Keys that are gone and new. Compared as text, since the type may have changed."""
    lost, gained = (
        connection.execute(
            f"select count(*) from {one} as a anti join {other} as b on {_same(key)}"
        ).fetchone()[0]
        for one, other in ((before, now), (now, before))
    )
    return lost, gained


def _changed_rows(
    connection: Any, before: str, now: str, key: str, columns: Iterable[str]
) -> Mapping[str, int]:
    """Of each column the rows of both sides that differ in it."""
    compared = [name for name in columns if name != key]
    if not compared:
        return {}
    differs = "count(*) filter (where a.{0}::varchar is distinct from b.{0}::varchar)"
    counted = connection.execute(
        f"select {', '.join(differs.format(_quoted(name)) for name in compared)} "
        f"from {before} as a join {now} as b on {_same(key)}"
    ).fetchone()
    return dict(zip(compared, counted, strict=True))


def _new_values(connection: Any, before: str, now: str, column: str) -> int:
    """How many values of a column stand in `now` and not, or not so often, in `before`."""
    one, other = (f"select {_quoted(column)}::varchar from {side}" for side in (now, before))
    counted = connection.execute(f"select count(*) from ({one} except all {other})").fetchone()
    return int(counted[0])


def _same(key: str) -> str:
    return f"a.{_quoted(key)}::varchar = b.{_quoted(key)}::varchar"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
