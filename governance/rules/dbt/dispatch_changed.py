"""DBT010: the order in which dbt searches packages for macros changed."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case


class DispatchChanged(Rule[DbtChange]):
    """The order in which dbt searches packages for macros changed.

    With another search order the same call runs another package's code, though no model changed.
    """

    code, name, severity = "DBT010", "dispatch-changed", Severity.HIGH
    category = "screen"
    remedy = "Leave the search order alone, or have it reviewed and merged on its own."
    good = (case("dbt_project.yml", "name: shop\n", "name: shop\nversion: '2'\n"),)
    bad = (
        case(
            "dbt_project.yml",
            "name: shop\n",
            "name: shop\ndispatch:\n  - macro_namespace: dbt\n    search_order: [shop, dbt]\n",
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """The first entry under `dispatch` that is new, changed or gone."""
        if subject.kind is not DbtKind.PROJECT:
            return
        changed = [e for e in (*subject.new_entries, *subject.gone_entries) if e.path[:1] == ("dispatch",)]
        if changed:
            message = "macro calls would be resolved in another order than before"
            yield self.finding(message, subject.at(changed[0].start), quote=str(changed[0].value))
