"""DBT015: a setting that decides what a build destroys or where it writes changed."""

from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case

_MEANING = {
    "full_refresh": "decides whether the whole table is rebuilt, and its history lost",
    "on_schema_change": "decides whether columns of the existing table are added or dropped",
    "enabled": "decides whether dbt sees the node at all",
    "database": "makes dbt write into another database",
    "catalog": "makes dbt write into another catalog",
    "schema": "makes dbt write into another schema",
    "alias": "makes dbt write over another relation",
    "location": "makes dbt write to another place",
    "location_root": "makes dbt write to another place",
    "external_location": "makes dbt read files from another place",
    "materialized": "replaces the existing relation by another kind",
    "unique_key": "decides which rows an incremental build replaces",
    "incremental_strategy": "decides which rows an incremental build replaces",
    "invalidate_hard_deletes": "decides whether vanished rows are closed",
    "enforced": "decides whether the model's contract holds",
    "identifier": "makes dbt read another relation",
    "plugin": "loads code of an adapter's plug-in",
}
_ALWAYS = frozenset(
    {
        "full_refresh",
        "on_schema_change",
        "enabled",
        "database",
        "catalog",
        "location",
        "location_root",
        "external_location",
        "plugin",
    }
)

_HARMLESS = {"enabled": "true", "full_refresh": "false", "on_schema_change": "fail", "enforced": "true"}


class SettingChanged(Rule[DbtChange]):
    """A setting that decides what a build destroys, or where it writes, is new or different.

    These settings do their work in the next build on production, not in the review: a full refresh
    drops history, `sync_all_columns` drops columns, an alias overwrites another table.
    """

    code, name, severity = "DBT015", "setting-changed", Severity.MEDIUM
    category = "screen"
    remedy = "Say in the change why the setting is needed, and have its effect on existing data reviewed."
    good = (
        case("models/a.sql", None, "{{ config(materialized='table', tags=['x']) }}select 1 as a"),
        case(
            "models/a.sql",
            "{{ config(full_refresh=true) }}select 1 as a",
            "{{ config(full_refresh=true) }}select 2 as a",
        ),
    )
    bad = (
        case("models/a.sql", None, "{{ config(full_refresh=true) }}select 1 as a"),
        case("models/a.yml", None, "models:\n  - name: a\n    config:\n      enabled: false\n"),
        case("models/a.sql", None, "{{ config(on_schema_change='sync_all_columns') }}select 1 as a"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each such setting that differs from base; on new nodes only those that are never harmless."""
        for key, (before, value, place) in subject.new_settings.items():
            yield from self._setting(subject, key, before, value, place)
        if subject.kind not in (DbtKind.PROPERTIES, DbtKind.PROJECT):
            return
        for entry in subject.new_entries:
            old = subject.base.document.entries.get(entry.path)
            unseen = entry.path[:1] == ("sources",) and old is None and "location" not in entry.key
            if entry.path[:1] != ("vars",) and not unseen:
                before = str(old.value) if old else ""
                yield from self._setting(subject, entry.key, before, str(entry.value), entry.start)

    def _setting(
        self, subject: DbtChange, key: str, before: str, value: str, place: Position
    ) -> Iterator[Finding]:
        redirected = key in ("schema", "alias") and subject.kind is not DbtKind.PROJECT
        told = key in _ALWAYS or redirected or bool(subject.base.text)
        if key not in _MEANING or not told or (_HARMLESS.get(key) == value.lower() and not before):
            return
        was = f" (it was {before})" if before else ""
        message = f"{key}: {value}{was} {_MEANING[key]}"
        yield self.finding(message, subject.at(place), quote=f"{key}: {value}")
