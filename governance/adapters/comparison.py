"""Two builds of one relation, compared by counts: rows, keys, nulls, distinct and changed values.

No value of any row is reported.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def compare(connection: Any, before: str, now: str, key: str = "") -> dict[str, Any]:
    """How the relation `now` differs from `before`; both are quoted names that the connection can read.

    `key` is a column that names each row. With it `lost` and `gained` count keys and each column says in
    how many rows that both have its value differs; without it these are unknown (`None`).
    """
    columns = [name for name in _columns(connection, now) if name in _columns(connection, before)]
    key = next((name for name in columns if name.lower() == key.lower()), "")
    sides = [_counts(connection, relation, columns) for relation in (before, now)]
    rows, *counts = zip(*sides, strict=True)
    lost, gained, changed = _by_key(connection, before, now, key, columns) if key else (None, None, {})
    return {
        "rows": list(rows),
        "lost": lost,
        "gained": gained,
        "columns": {
            name: {
                "nulls": list(counts[2 * at]),
                "distinct": list(counts[2 * at + 1]),
                "changed": changed.get(name, 0 if key else None),
            }
            for at, name in enumerate(columns)
        },
    }


def _columns(connection: Any, relation: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe select * from {relation}").fetchall()]


def _counts(connection: Any, relation: str, columns: Iterable[str]) -> tuple[int, ...]:
    """The number of rows, then of each column its nulls and its distinct values."""
    asked = [f"count(*) - count({_quoted(c)}), count(distinct {_quoted(c)})" for c in columns]
    counted: tuple[int, ...] = connection.execute(
        f"select {', '.join(['count(*)', *asked])} from {relation}"
    ).fetchone()
    return counted


def _by_key(
    connection: Any, before: str, now: str, key: str, columns: Iterable[str]
) -> tuple[int, int, Mapping[str, int]]:
    """Keys that are gone and new, and of each column the rows of both sides that differ in it."""
    lost, gained = (
        connection.execute(
            f"select count(*) from {one} as a anti join {other} as b on a.{_quoted(key)} = b.{_quoted(key)}"
        ).fetchone()[0]
        for one, other in ((before, now), (now, before))
    )
    compared = [name for name in columns if name != key]
    if not compared:
        return lost, gained, {}
    differs = "count(*) filter (where a.{0}::varchar is distinct from b.{0}::varchar)"
    counted = connection.execute(
        f"select {', '.join(differs.format(_quoted(name)) for name in compared)} "
        f"from {before} as a join {now} as b on a.{_quoted(key)} = b.{_quoted(key)}"
    ).fetchone()
    return lost, gained, dict(zip(compared, counted, strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
