"""DBT027: a test contradicts what the description of its column says."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case
from governance.syntax.dbt.claims import claimed, contradiction, demanded
from governance.syntax.dbt.described import ColumnCheck, column_checks, suite_checks

_CONDITIONS = ("where", "row_condition", "condition_parser")


class ContradictingTest(Rule[DbtChange]):
    """A new or changed test demands something else than the description of its column says.

    One of the two is wrong. A test that lets through what the description rules out, or forbids what
    it allows, was written to match the output, not what the column means.
    """

    code, name, severity = "DBT027", "test-contradicts-description", Severity.MEDIUM
    category = "screen"
    remedy = "Find out which of the two is true, and correct the other."
    good = (
        case(
            "models/a.yml",
            None,
            "models:\n  - name: a\n    columns:\n      - name: share\n        description: Between 0 and 1.\n"
            "        data_tests: [dbt_utils.accepted_range: {min_value: 0, max_value: 1}]\n",
        ),
    )
    bad = (
        case(
            "models/a.yml",
            None,
            "models:\n  - name: a\n    columns:\n      - name: share\n        description: Between 0 and 1.\n"
            "        data_tests: [dbt_utils.accepted_range: {min_value: 0, max_value: 100}]\n",
        ),
        case(
            "models/a.yml",
            None,
            "models:\n  - name: a\n    columns:\n      - name: b\n        description: One of new, paid.\n"
            "        data_tests: [accepted_values: {arguments: {values: [new, paid, lost]}}]\n",
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each test or expectation whose demand and whose column's description exclude each other."""
        if subject.kind is DbtKind.PROPERTIES:
            before = {each.words for each in column_checks(subject.base.document)}
            fresh = [each for each in column_checks(subject.head.document) if each.words not in before]
        elif subject.kind is DbtKind.EXPECTATIONS:
            model = subject.path.rpartition("/")[2].partition(".")[0]
            described = subject.project.described.get(model, {})
            before = {each.words for each in suite_checks(subject.base.document, described)}
            checks = suite_checks(subject.head.document, described)
            fresh = [each for each in checks if each.words not in before]
        else:
            return
        for each in fresh:
            yield from self._one(each, subject)

    def _one(self, check: ColumnCheck, subject: DbtChange) -> Iterator[Finding]:
        if any(check.arguments.get(condition) for condition in _CONDITIONS):
            return
        words, looser = contradiction(claimed(check.description), demanded(check.name, check.arguments))
        if words:
            message = f"{check.column} is described as {words}"
            quote = f"{check.column} {check.name}"
            severity = Severity.MEDIUM if looser else Severity.LOW
            yield self.finding(message, subject.at(check.start), quote=quote, severity=severity)
