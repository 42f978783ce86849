"""DBT043: a test passes whatever the data are."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import CheckKind, TriedTest


class TestNeverFails(Rule[TriedTest]):
    """A new or changed test or expectation passes whatever the data are.

    It was run again with nulls, duplicates, foreign and extreme values in every column and with
    rows doubled and gone, a unit test on altered queries, and passed each time. Or there is nothing
    that it could fail on: no model, no row, one fixed value. It looks like a guard and guards nothing.
    """

    __test__ = False  # for pytest: not a test of this project

    code, name, severity = "DBT043", "test-never-fails", Severity.MEDIUM
    category = "trial"
    remedy = "Let the test state what would be wrong, and see it fail on such data once."
    good = ("unique_orders_order_id: 1 of 2 faults noticed",)
    bad = (
        "assert_orders_are_fine: 0 of 41 faults noticed",
        "not_null_orders_flag: 1 of 1 faults noticed, constant",
    )

    def check(self, subject: TriedTest) -> Iterator[Finding]:
        """A test that reads no model or no row or one value, or that was tried and noticed nothing."""
        message, severity = _words(subject)
        if message:
            yield self.finding(message, subject.location, quote=subject.name, severity=severity)


def _words(subject: TriedTest) -> tuple[str, Severity]:
    unit = subject.kind is CheckKind.UNIT
    what = f"{_called(subject.kind)} {subject.name}"
    if not subject.model:
        return f"{what} reads no model, so nothing in the data can make it fail", Severity.MEDIUM
    if subject.empty:
        return f"{what} passes on {subject.empty}, which has no row: nothing was tested", Severity.MEDIUM
    if not subject.tried:
        damaged = "altered queries" if unit else "damaged data in time"
        return f"{what} was not tried on {damaged}: whether it can fail is unknown", Severity.LOW
    if not subject.noticed:
        tried = f"each of {subject.tried} damaged copies of it"
        if unit:
            tried = f"each of {subject.tried} queries that do something else"
        return f"{what} passes on {subject.model} and on {tried}, so it can hardly fail", Severity.MEDIUM
    if subject.constant:
        message = f"{what} looks at {subject.constant} of {subject.model}, one value that no input changes"
        return message, Severity.MEDIUM
    return "", Severity.MEDIUM


def _called(kind: CheckKind) -> str:
    words = {CheckKind.UNIT: "unit test", CheckKind.EXPECTATION: "expectation"}
    return words.get(kind, "test")
