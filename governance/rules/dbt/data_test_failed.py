"""DBT040: a dbt test fails on the built data."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import DataTest


class DataTestFailed(Rule[DataTest]):
    """A dbt test fails on the data that the changed models produce.

    The project's own statement about its data does not hold any more.
    """

    code, name, severity = "DBT040", "data-test-failed", Severity.HIGH
    category = "data"
    remedy = "Mend the model until the test passes; do not weaken the test."
    good = ("unique_orders_order_id: 3 rows warn",)
    bad = ("unique_orders_order_id: 3 rows fail",)

    def check(self, subject: DataTest) -> Iterator[Finding]:
        """A failed test; one that failed on as many rows at base is not this change's doing."""
        if subject.warns:
            return
        where = subject.model or "the built data"
        message = f"test {subject.name} fails on {subject.failures} rows of {where}"
        if subject.unit:
            message = f"unit test {subject.name} gets other rows from {subject.model} than it expects"
        if subject.before is not None and subject.failures <= subject.before:
            message += ", as it did at base" + ("" if subject.unit else f" ({subject.before})")
            yield self.finding(message, subject.location, quote=subject.name, severity=Severity.LOW)
        else:
            yield self.finding(message, subject.location, quote=subject.name)
