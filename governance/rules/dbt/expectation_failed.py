"""EXP001: the built table does not meet an expectation."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import FailedExpectation


class ExpectationFailed(Rule[FailedExpectation]):
    """The built table does not meet an expectation.

    Great Expectations ran it on the real output of the changed model; merging would publish this
    data.
    """

    code, name, severity = "EXP001", "expectation-failed", Severity.HIGH
    category = "data"
    remedy = "Mend the model until its output meets the expectation; do not weaken the suite."
    good = ("orders: expect_column_values_to_be_unique(order_id): 0 of 600 rows fail",)
    bad = ("orders: expect_column_values_to_be_unique(order_id): 2 of 600 rows fail",)

    def check(self, subject: FailedExpectation) -> Iterator[Finding]:
        """One failed expectation with its counts."""
        bad, all_rows = subject.counts.get("unexpected_count"), subject.counts.get("element_count")
        counts = f": {bad} of {all_rows} rows do not" if bad is not None and all_rows is not None else ""
        message = f"{subject.model} does not meet {subject.kind}({subject.arguments}){counts}"
        quote = f"{subject.kind} {subject.arguments}"
        yield self.finding(message, subject.location, quote=quote, severity=subject.severity)
