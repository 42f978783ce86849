"""DBT008: a hook is new or changed."""

from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.rules.dbt import HOLD
from governance.rules.dbt.meta import below_meta
from governance.rules.dbt.routine import routine
from governance.rules.dbt.statement import Grade, grade, shorten
from governance.syntax.dbt import DbtChange, Text, case
from governance.syntax.dbt.template import HOOKS, UNREADABLE


class HookChanged(Rule[DbtChange]):
    """A hook is new or runs other SQL than before.

    Hooks run any SQL with dbt's rights before or after a build, for one model or for all of them,
    and no ref or test shows them. One that keeps the model's rows, or calls what other hooks call
    already, is for review.
    """

    code, name, severity = "DBT008", "hook-changed", Severity.HIGH
    category = HOLD
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
        case(
            "macros/a.sql",
            "{% macro a() %}analyze t{% endmacro %}",
            "{% macro a() %}truncate t{% endmacro %}",
            ("dbt_project.yml", "on-run-end: '{{ a() }}'", "on-run-end: '{{ a() }}'"),
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each hook in config() or YAML, and each macro that one calls, that base has not in these words."""
        for key, (_, value, place) in subject.new_settings.items():
            if key in HOOKS:
                yield self._hook(subject, key, value, place)
            elif key == UNREADABLE:
                message = "settings are handed on as a whole, so a hook among them cannot be seen"
                yield self.finding(message, subject.at(place), quote="config")
        for entry in subject.new_entries:
            key = next((part for part in entry.path if part in HOOKS), "")
            said = isinstance(entry.value, str) and entry.value.strip()
            if key and said and not below_meta(entry.keys, subject.kind):
                yield self._hook(subject, key, entry.value, entry.start)
        for name, place in subject.new_macros.items():
            if name in subject.project.hooked:
                message = f"a hook runs what macro {name} says, which is new or different"
                yield self.finding(message, subject.at(place, name), quote=name)

    def _hook(self, subject: DbtChange, key: str, sql: str, place: Position) -> Finding:
        usual = routine(sql, subject.dialect, subject.project.hook_calls)
        if usual:
            verdict = Grade(Severity.MEDIUM, f"`{shorten(sql)}`, {usual},")
        else:
            verdict = grade(Text(sql.strip().rstrip(";"), known="{" not in sql), subject.dialect)
        message = f"{key.replace('_', '-')} would run {verdict.words} with every build"
        return self.finding(message, subject.at(place), quote=sql, severity=verdict.severity)
