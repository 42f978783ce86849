"""DBT041: a dbt test warns about the built data."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import DataTest


class DataTestWarned(Rule[DataTest]):
    """A dbt test that is set to warn finds bad rows.

    Nobody reads warnings of a nightly build; here somebody can.
    """

    code, name, severity = "DBT041", "data-test-warned", Severity.LOW
    category = "data"
    remedy = "Mend the data, or raise the test to an error when it matters."
    good = ("unique_orders_order_id: 3 rows fail",)
    bad = ("unique_orders_order_id: 3 rows warn",)

    def check(self, subject: DataTest) -> Iterator[Finding]:
        """A test with severity warn that did not pass."""
        if subject.warns:
            where = subject.model or "the built data"
            message = f"test {subject.name} warns about {subject.failures} rows of {where}"
            yield self.finding(message, subject.location, quote=subject.name)
