"""DBT043: a test passes whatever the data are."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import TriedTest


class TestNeverFails(Rule[TriedTest]):
    """A new or changed test passes whatever the data are.

    It was run again with nulls, duplicates, foreign and extreme values in every column and with
    rows doubled and gone, and passed each time. It looks like a guard and guards nothing.
    """

    __test__ = False  # for pytest: not a test of this project

    code, name, severity = "DBT043", "test-never-fails", Severity.MEDIUM
    category = "trial"
    remedy = "Let the test state what would be wrong, and see it fail on such data once."
    good = ("unique_orders_order_id: 1 of 2 faults noticed",)
    bad = ("assert_orders_are_fine: 0 of 41 faults noticed",)

    def check(self, subject: TriedTest) -> Iterator[Finding]:
        """A test that reads no model, or that was tried and noticed nothing."""
        if not subject.model:
            message = f"test {subject.name} reads no model, so nothing in the data can make it fail"
            yield self.finding(message, subject.location, quote=subject.name)
        elif not subject.tried:
            message = (
                f"test {subject.name} was not tried on damaged data in time: whether it can fail is unknown"
            )
            yield self.finding(message, subject.location, quote=subject.name, severity=Severity.LOW)
        elif not subject.noticed:
            message = (
                f"test {subject.name} passes on {subject.model} and on each of "
                f"{subject.tried} damaged copies of it, so it can hardly fail"
            )
            yield self.finding(message, subject.location, quote=subject.name)
