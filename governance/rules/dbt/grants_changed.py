"""DBT014: who may read a relation changed."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.rules.dbt import HOLD
from governance.rules.dbt.meta import below_meta
from governance.syntax.dbt import DbtChange, DbtKind, Value, case

EVERYBODY = re.compile(r"\b(public|allusers|all_users|allauthenticatedusers|everyone)\b", re.IGNORECASE)


class GrantsChanged(Rule[DbtChange]):
    """Who may read or change a relation is new or different.

    dbt applies grants with every build, so the access is given again after it was taken away.
    """

    code, name, severity = "DBT014", "grants-changed", Severity.MEDIUM
    category = HOLD
    remedy = "Have access reviewed by the owner of the data."
    good = (
        case("models/a.sql", None, "{{ config(materialized='view') }}select 1 as a"),
        case(
            "models/a.yml",
            "models: [{name: a, config: {grants: {select: [b, c]}}}]",
            "models: [{name: a, config: {grants: {select: [b]}}}]",
        ),
    )
    bad = (
        case("models/a.sql", None, "{{ config(grants={'select': ['public']}) }}select 1 as a"),
        case("models/a.yml", None, "models:\n  - name: a\n    config:\n      grants: {select: [analysts]}\n"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each grant in config() or YAML that base has not; one that is only taken away is no matter."""
        new = [value for value in subject.new_values if _is_grant(value, subject.kind)]
        for value in new:
            yield self._grant(subject, value.text, value.start)
        before, now, place = subject.new_settings.get("grants", ("", "", Position(1)))
        if not new and now and len(now) >= len(before):  # the same words, given to others
            yield self._grant(subject, now.replace(";\n", " ").strip(), place)

    def _grant(self, subject: DbtChange, who: str, place: Position) -> Finding:
        open_to_all = EVERYBODY.search(who)
        message = f"access would be granted to {'everybody' if open_to_all else who or 'nobody'}"
        severity = Severity.HIGH if open_to_all else self.severity
        return self.finding(message, subject.at(place), quote=who, severity=severity)


def _is_grant(value: Value, kind: DbtKind) -> bool:
    return "grants" in value.path and bool(value.text) and not below_meta(value.keys, kind)
