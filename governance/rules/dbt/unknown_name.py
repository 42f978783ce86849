"""DBT021: a template calls something that neither dbt nor the project defines."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, Effect, case


class UnknownName(Rule[DbtChange]):
    """A template calls something that neither dbt nor the project's own files define.

    It may come from a package that is not at hand, or from a newer dbt; what it does when it is
    rendered is unknown.
    """

    code, name, severity = "DBT021", "unknown-name", Severity.MEDIUM
    category = "screen"
    remedy = "Install the package that brings it, so that its macros can be read, or correct the name."
    good = (
        case("models/a.sql", None, "{% set n = 3 %}{% for i in range(n) %}select {{ i }} as a {% endfor %}"),
    )
    bad = (case("models/a.sql", None, "select {{ some_package.surprise('x') }} as a"),)

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new mention whose effect is unknown."""
        for mention in subject.new_mentions:
            if subject.effect(mention) is Effect.UNKNOWN:
                shown = mention.name.lstrip(".")
                message = f"nothing at hand defines {shown}, so what it does is unknown"
                yield self.finding(message, subject.at(mention.start, mention.path[0] or shown), quote=shown)
