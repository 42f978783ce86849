"""DBT016: a test is gone."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.dbt.weakening import weakenings
from governance.syntax.dbt import DbtChange, case


class RemovedTests(Rule[DbtChange]):
    """A test or an expectation that base has is gone.

    What it guarded is no longer guarded, and nothing fails to say so.
    """

    code, name, severity = "DBT016", "test-removed", Severity.MEDIUM
    category = "screen"
    remedy = "Keep the test, or say why what it guarded no longer matters."
    good = (
        case(
            "models/a.yml",
            "models:\n  - name: a\n    tests: [x]\n",
            "models:\n  - name: a\n    data_tests: [x]\n",
        ),
    )
    bad = (
        case(
            "models/a.yml",
            "models:\n  - name: a\n    tests: [x, y]\n",
            "models:\n  - name: a\n    tests: [x]\n",
        ),
        case("tests/a.sql", "select 1 where false", None),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each test that is gone from a model whose logic did not change."""
        for weakening in weakenings(subject):
            if weakening.removed and not weakening.beside:
                yield self.finding(weakening.words, subject.at(weakening.start), quote=weakening.quote)
