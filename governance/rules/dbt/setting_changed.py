"""DBT015: a setting that decides what a build destroys or where it writes changed."""

from collections.abc import Iterator
from dataclasses import replace

from governance.artifact import Change
from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.rules.dbt import HOLD
from governance.rules.dbt.meta import below_meta
from governance.syntax.dbt import DbtChange, DbtKind, Entry, case
from governance.syntax.dbt.jinja import produced_text
from governance.syntax.dbt.template import COMPUTED

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
_ROWS = "decides which rows an incremental build replaces"
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

_ONLY_CHANGED = {
    "access": "decides which projects may build on the model",
    "hard_deletes": "decides whether vanished rows are closed",
    "check_cols": "decides which changes a snapshot keeps",
    "strategy": "decides which changes a snapshot keeps",
    "updated_at": "decides which changes a snapshot keeps",
}
_LOST = frozenset({"unique_key", "incremental_predicates", "hard_deletes", "on_schema_change"})
_OFF = frozenset({"false", "no", "off", "0", "none"})
_DESTROYING = frozenset({("on_schema_change", "sync_all_columns"), *(("enabled", off) for off in _OFF)})
"""By which the next build loses columns, or the node itself, of what was there."""
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
        for key, said in subject.gone_settings.items():
            yield from self._gone(subject, key, said)
        if subject.kind not in (DbtKind.PROPERTIES, DbtKind.PROJECT):
            return
        for entry in subject.gone_entries:
            if subject.change is not Change.DELETED and not below_meta(entry.keys, subject.kind):
                yield from self._gone(subject, entry.key, str(entry.value))
        for entry in subject.new_entries:
            old = subject.base.document.entries.get(entry.path)
            source = entry.path[:1] == ("sources",)
            unseen = source and old is None and "location" not in entry.key and entry.key != "enabled"
            note = below_meta(entry.keys, subject.kind) and "location" not in entry.key
            aside = entry.path[:1] == ("vars",) or note
            if not aside and not unseen:
                before = str(old.value) if old else ""
                yield from self._setting(subject, entry.key, before, _said(entry), entry.start)

    def _gone(self, subject: DbtChange, key: str, said: str) -> Iterator[Finding]:
        unprotected = key == "full_refresh" and said.lower() in _OFF
        if unprotected or key in _LOST:
            message = f"{key}: {said} is gone, which {_MEANING.get(key) or _ONLY_CHANGED.get(key, _ROWS)}"
            finding = self.finding(message, subject.at(), quote=f"{key}: {said}")
            yield replace(finding, category=HOLD, severity=Severity.HIGH) if unprotected else finding

    def _setting(
        self, subject: DbtChange, key: str, before: str, value: str, place: Position
    ) -> Iterator[Finding]:
        redirected = key in ("schema", "alias") and subject.kind is not DbtKind.PROJECT
        told = key in _ALWAYS or redirected or bool(subject.base.text)
        if key in _ONLY_CHANGED and before:
            message = f"{key}: {value} (it was {before}) {_ONLY_CHANGED[key]}"
            yield self.finding(message, subject.at(place), quote=f"{key}: {value}")
        if key not in _MEANING or not told or (_HARMLESS.get(key) == value.lower() and not before):
            return
        was = f" (it was {before})" if before else ""
        message = f"{key}: {value}{was} {_MEANING[key]}"
        finding = self.finding(message, subject.at(place), quote=f"{key}: {value}")
        new = subject.kind in (DbtKind.MODEL, DbtKind.SNAPSHOT) and subject.change is Change.ADDED
        if key == "full_refresh" and value.lower() not in (*_OFF, COMPUTED):
            yield replace(finding, category=HOLD, severity=Severity.HIGH)
        elif (key, value.lower()) in _DESTROYING and not new:
            yield replace(finding, category=HOLD)
        else:
            yield finding


def _said(entry: Entry) -> str:
    """The value that dbt reads, where a template in it is a constant."""
    template = isinstance(entry.value, str) and "{{" in entry.value
    return produced_text(str(entry.value)).text.strip() if template else str(entry.value)
