"""DBT008: a hook is new or changed."""

from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.rules.dbt.statement import grade
from governance.syntax.dbt import DbtChange, Text, case
from governance.syntax.dbt.template import UNREADABLE

HOOKS = frozenset({"pre_hook", "post_hook", "on_run_start", "on_run_end", "sql_header"})


class HookChanged(Rule[DbtChange]):
    """A hook is new or runs other SQL than before.

    Hooks run any SQL with dbt's rights before or after a build, for one model or for all of them,
    and no ref or test shows them.
    """

    code, name, severity = "DBT008", "hook-changed", Severity.HIGH
    category = "screen"
    remedy = "Take the hook out, or have it reviewed and merged on its own."
    good = (
        case(
            "models/a.sql",
            "{{ config(post_hook='grant x') }}select 1 as a",
            "{{ config(post_hook='grant x') }}select 2 as a",
        ),
        case("dbt_project.yml", None, "name: shop\nmodels:\n  shop:\n    +materialized: view\n"),
    )
    bad = (
        case("models/a.sql", None, "{{ config(post_hook='drop table raw.orders') }}select 1 as a"),
        case("dbt_project.yml", "name: shop\n", "name: shop\non-run-end: truncate table t\n"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each hook in config() or YAML that base does not have in the same words."""
        for key, (_, value, place) in subject.new_settings.items():
            if key in HOOKS:
                yield self._hook(subject, key, value, place)
            elif key == UNREADABLE:
                message = "settings are handed on as a whole, so a hook among them cannot be seen"
                yield self.finding(message, subject.at(place), quote="config")
        for entry in subject.new_entries:
            key = next((part for part in entry.path if part in HOOKS), "")
            if key and isinstance(entry.value, str) and entry.value.strip():
                yield self._hook(subject, key, entry.value, entry.start)

    def _hook(self, subject: DbtChange, key: str, sql: str, place: Position) -> Finding:
        verdict = grade(Text(sql.strip().rstrip(";"), known="{" not in sql), subject.dialect)
        message = f"{key.replace('_', '-')} would run {verdict.words} with every build"
        return self.finding(message, subject.at(place), quote=sql, severity=verdict.severity)
