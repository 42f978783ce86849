"""DBT044: a changed model builds other data than before."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import ColumnDifference, DataDifference

LARGE = 0.1  # of the rows
_SHOWN = 4


class DataChanged(Rule[DataDifference]):
    """A changed model builds other data than before, from the same inputs.

    Both sides were built and compared, row by row where a column names each row. That is what the
    change means, whatever its text says.
    """

    code, name, severity = "DBT044", "data-changed", Severity.MEDIUM
    category = "difference"
    remedy = "Say in the change which rows and columns are meant to differ, and check that no others do."
    good = ("orders: 600 to 600 rows",)
    bad = ("orders: 600 to 590 rows", "orders: 600 to 300 rows")

    def check(self, subject: DataDifference) -> Iterator[Finding]:
        """One finding that sums up the differences."""
        before, now = subject.rows
        words = [f"{before:,} rows become {now:,}"] if before != now else []
        words += [f"{subject.lost:,} keys are gone"] if subject.lost else []
        words += [f"{subject.gained:,} keys are new"] if subject.gained and before == now else []
        changed = [column for column in subject.columns if column.changed]
        words += [_words(column, subject) for column in changed[:_SHOWN]]
        words += [f"and {len(changed) - _SHOWN} more columns differ"] if len(changed) > _SHOWN else []
        if words:
            on = f" {subject.inputs}" if subject.inputs else ""
            message = f"{subject.model} builds other data{on}: {', '.join(words)}"
            yield self.finding(message, subject.location, quote=subject.model)


def _words(column: ColumnDifference, subject: DataDifference) -> str:
    nulls = ""
    if _much_null(column, subject):
        nulls = f" and is null in {column.nulls[1]:,} rows instead of {column.nulls[0]:,}"
    where = "rows" if subject.lost is not None else "values"
    return f"{column.name} differs in {column.changed:,} {where}{nulls}"


def _much_null(column: ColumnDifference, subject: DataDifference) -> bool:
    before, now = (nulls / max(rows, 1) for nulls, rows in zip(column.nulls, subject.rows, strict=True))
    return now - before > LARGE
