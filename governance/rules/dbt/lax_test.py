"""DBT045: a test notices only what is absurd."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt.results import CheckKind, TriedTest


class LaxTest(Rule[TriedTest]):
    """A new or changed test or expectation demands far less than the data already are.

    Nulls, doubled rows, wrong signs, amounts in cents instead of units all pass: only values that
    nothing comes near make it fail. A unit test of this kind looks at columns that are merely handed
    on, so that all that the model decides and computes can be altered and it passes.
    """

    code, name, severity = "DBT045", "lax-test", Severity.MEDIUM
    category = "trial"
    remedy = "Draw the limits where the data end, and let a unit test expect what the model computes."
    good = ("unique_orders_order_id: 1 of 2 faults noticed",)
    bad = ("between_orders_amount: 1 of 41 faults noticed, lax",)

    def check(self, subject: TriedTest) -> Iterator[Finding]:
        """A test that noticed nothing before the last, absurd faults."""
        if not (subject.noticed and subject.lax):
            return
        if subject.kind is CheckKind.UNIT:
            message = (
                f"unit test {subject.name} passes whatever {subject.model} computes: it notices no "
                f"altered filter, join, case or sum, only lost rows or columns"
            )
        else:
            message = (
                f"{subject.name} passes on {subject.tried - 1} damaged copies of {subject.model}, with "
                f"nulls, doubled rows, wrong signs and thousandfold amounts: it notices only absurd values"
            )
        yield self.finding(message, subject.location, quote=subject.name)
