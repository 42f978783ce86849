"""DBT018: a test is weakened or removed together with the logic that it tests."""

from collections.abc import Iterator

from governance.finding import Finding, Location, Severity
from governance.rule import Rule
from governance.rules.dbt import HOLD
from governance.rules.dbt.weakening import weakenings
from governance.syntax.dbt import DbtChange, case


class BentTests(Rule[DbtChange]):
    """A test is weakened or removed in the same change as the logic that it tests.

    That is how a failing test is made to pass: the classic shortcut of an agent that was told to
    make everything green. It is for review where what was tested is gone itself, or a value that
    the logic newly makes is accepted, and where a unit test expects something else, which it must
    when the logic means something else: it may have been written to match a wrong output.
    """

    code, name, severity = "DBT018", "test-bent-to-change", Severity.HIGH
    category = HOLD
    remedy = "Restore the test; change the logic until it passes, or change the test in a commit of its own."
    good = (
        case(
            "models/a.yml",
            "models:\n  - name: a\n    tests: [x]\n",
            "models:\n  - name: a\n    tests: [x, y]\n",
        ),
    )
    bad = (
        case(
            "models/a.yml",
            "models:\n  - name: a\n    tests: [x, y]\n",
            "models:\n  - name: a\n    tests: [x]\n",
            ("models/a.sql", "select 1 as a", "select 2 as a"),
        ),
        case(
            "models/b.yml",
            "models: [{name: b, tests: [x]}]",
            "models: [{name: b, tests: []}]",
            ("models/b.sql", "select * from {{ ref('a') }}", "select * from {{ ref('a') }}"),
            ("models/a.sql", "select 1 as a", "select 2 as a"),
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each weakened or removed test of something whose logic changed as well."""
        for weakening in weakenings(subject):
            if weakening.beside:
                message = f"{weakening.words}, while {weakening.beside} changes what it tests"
                related = (Location(weakening.beside),)
                place = subject.at(weakening.start)
                severity = Severity.MEDIUM if weakening.owed else self.severity
                yield self.finding(message, place, related=related, quote=weakening.quote, severity=severity)
