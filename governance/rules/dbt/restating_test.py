"""DBT046: a test repeats what its model's query says."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import CheckKind, TriedTest


class RestatingTest(Rule[TriedTest]):
    """A new or changed test follows from the query of the model that it tests.

    Everything that the model reads was damaged and the model built again, and the test passed each
    time: it can only fail when somebody edits the query, and says nothing about the data. `unique`,
    `not_null` and their like declare what a model promises, and are no matter of this rule.
    """

    code, name, severity = "DBT046", "test-restates-model", Severity.MEDIUM
    category = "trial"
    remedy = "Test what the query takes for granted about its inputs, or compare with another source."
    good = ("unique_orders_order_id: 1 of 2 faults noticed",)
    bad = ("total_is_price_and_tax: 1 of 2 faults noticed, restates",)

    def check(self, subject: TriedTest) -> Iterator[Finding]:
        """A test that no damaged input of its model makes fail; one with arguments is only noted."""
        if subject.restates and not subject.constant and subject.kind in (CheckKind.QUERY, CheckKind.GENERIC):
            message = (
                f"test {subject.name} repeats what the query of {subject.model} says: whatever the model "
                f"reads, it passes"
            )
            severity = self.severity if subject.kind is CheckKind.QUERY else Severity.LOW
            yield self.finding(message, subject.location, quote=subject.name, severity=severity)
