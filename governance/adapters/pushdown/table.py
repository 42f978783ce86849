"""A table that expectations are about: what stands behind FROM, its columns, and the order of its rows."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from governance.adapters.pushdown.column import Column
from governance.adapters.pushdown.question import Answer, Leave, Question

_ROW = "file_row_number"


@dataclass(frozen=True, slots=True)
class Table:
    """`relation` is SQL; `place` is a column by which the rows stand in order, empty for none."""

    relation: str
    place: str
    columns: tuple[Column, ...] = field(default_factory=tuple)

    @classmethod
    def of_file(cls, connection: Any, file: str) -> "Table":
        """The table in a Parquet file."""
        path = file.replace("'", "''")
        table = cls.of_name(connection, f"read_parquet('{path}')")
        if _has(table.columns, _ROW):
            return replace(table, place="")
        return replace(table, relation=f"read_parquet('{path}', {_ROW} = true)", place=_ROW)

    @classmethod
    def of_name(cls, connection: Any, name: str) -> "Table":
        """A table of the database, by its quoted name."""
        found = connection.execute(f"describe select * from {name}").fetchall()
        columns = tuple(Column(column, kind) for column, kind, *_ in found)
        return cls(name, "" if _has(columns, "rowid") else "rowid", columns)

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return [column.name for column in self.columns]

    def column(self, name: object) -> Column:
        """A column by its exact name."""
        found = [column for column in self.columns if column.name == name]
        if not found:
            raise Leave
        return found[0]

    def ask(
        self, aggregates: tuple[str, ...], judge: Callable[..., Answer], *columns: Column, empty: bool = False
    ) -> Question:
        """A question that is only answered where the columns pass their guards, of no rows if `empty`."""
        guards = tuple(dict.fromkeys(column.guard for column in columns))

        def guarded(rows: int, *values: Any) -> Answer:
            if (rows == 0 and not empty) or not all(values[: len(guards)]):
                raise Leave
            return judge(rows, *values[len(guards) :])

        return Question(("count(*)", *guards, *aggregates), guarded)


def _has(columns: tuple[Column, ...], name: str) -> bool:
    return any(column.name.lower() == name for column in columns)
