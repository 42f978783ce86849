"""DBT017: a test demands less than before."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.dbt.weakening import weakenings
from governance.syntax.dbt import DbtChange, case


class WeakenedTests(Rule[DbtChange]):
    """A test or an expectation demands something else than before, or only warns.

    A test that warns, looks at fewer rows or accepts more values still shows up as a test, and
    passes.
    """

    code, name, severity = "DBT017", "data-test-weakened", Severity.MEDIUM
    category = "screen"
    remedy = "Restore the test, or mend the data that fails it."
    good = (case("models/a.yml", None, "models:\n  - name: a\n    tests:\n      - x: {severity: warn}\n"),)
    bad = (
        case(
            "models/a.yml",
            "models:\n  - name: a\n    tests: [x]\n",
            "models:\n  - name: a\n    tests:\n      - x: {config: {severity: warn}}\n",
        ),
        case("tests/a.sql", "select 1 where false", "{{ config(severity='warn') }}select 1 where false"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each test that says something else, on a model whose logic did not change."""
        for weakening in weakenings(subject):
            if not weakening.removed and not weakening.beside:
                yield self.finding(weakening.words, subject.at(weakening.start), quote=weakening.quote)
