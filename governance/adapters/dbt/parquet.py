"""Rows as files that the jailed worker reads: each value comes as text, and DuckDB makes its type of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import InvalidInput, MissingTool

if TYPE_CHECKING:
    from governance.syntax.dbt.sources.shapes import Shapes

_CLOSED: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def write(file: Path, columns: Sequence[tuple[str, str]], values: Sequence[Sequence[str | None]]) -> None:
    """Write columns, each a name and a type in DuckDB's words, with their values.

    Raises InvalidInput when a value is none of its type, without telling the value.
    """
    duckdb = _duckdb()
    made = ", ".join(f"{_quoted(name)} {kind}" for name, kind in columns)
    taken = ", ".join(f"unnest(?::varchar[])::{kind}" for _, kind in columns)
    name = str(file).replace("'", "''")
    with duckdb.connect(config=_CLOSED) as connection:
        try:
            connection.execute(f"create table made ({made})")
            if values and values[0]:
                connection.execute(f"insert into made select {taken}", [list(column) for column in values])
            connection.execute(f"copy made to '{name}' (format parquet)")
        except duckdb.Error as error:
            reason = type(error).__name__
            raise InvalidInput(f"has values that are not of their column's type ({reason})") from error


def castable(shapes: "Shapes") -> "Shapes":
    """The shapes, without the values in their domains that some column's type cannot hold, or holds twice."""
    types: dict[int, set[str]] = {}
    for shape in shapes.sources.values():
        for column in shape.columns:
            types.setdefault(column.domain, set()).add(column.kind)
    domains = list(shapes.domains)
    with _duckdb().connect(config=_CLOSED) as connection:
        for number, kinds in types.items():
            values = list(domains[number].values)
            for kind in sorted(kinds) if values else ():
                given = "(select unnest(?::varchar[]) as value)"
                cast = f"select value, try_cast(value as {kind})::varchar from {given}"
                rows = connection.execute(cast, [values]).fetchall()
                kept = {told: value for value, told in reversed(rows) if told is not None}
                whole = {value: told for told, value in kept.items()}
                values = [whole[v] if "INT" in kind else v for v in values if v in whole]
            domains[number] = replace(domains[number], values=tuple(values))
    return replace(shapes, domains=tuple(domains))


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise MissingTool("duckdb is not installed", "Install the extra `dbt`.") from error
    return duckdb


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
