"""DBT014: who may read a relation changed."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, case

_EVERYBODY = re.compile(r"\b(public|allusers|all_users|allauthenticatedusers|everyone)\b", re.IGNORECASE)


class GrantsChanged(Rule[DbtChange]):
    """Who may read or change a relation is new or different.

    dbt applies grants with every build, so the access is given again after it was taken away.
    """

    code, name, severity = "DBT014", "grants-changed", Severity.MEDIUM
    category = "screen"
    remedy = "Have access reviewed by the owner of the data."
    good = (case("models/a.sql", None, "{{ config(materialized='view') }}select 1 as a"),)
    bad = (
        case("models/a.sql", None, "{{ config(grants={'select': ['public']}) }}select 1 as a"),
        case("models/a.yml", None, "models:\n  - name: a\n    config:\n      grants: {select: [analysts]}\n"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each grant in config() or YAML that base does not have."""
        found = [(value, place) for key, (_, value, place) in subject.new_settings.items() if key == "grants"]
        found += [(str(e.value), e.start) for e in subject.new_entries if "grants" in e.path]
        for who, place in found:
            yield self._grant(subject, who.replace(";\n", " ").strip(), place)

    def _grant(self, subject: DbtChange, who: str, place: Position) -> Finding:
        open_to_all = _EVERYBODY.search(who)
        severity = Severity.HIGH if open_to_all else Severity.MEDIUM
        message = f"access would be granted to {'everybody' if open_to_all else who or 'nobody'}"
        return self.finding(message, subject.at(place), quote=who, severity=severity)
