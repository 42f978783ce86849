"""What a dbt change means: columns of changed models and who uses them, and their rendered SQL judged."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from governance.adapters.dbt import Given
from governance.changeset import ChangeSet
from governance.check import CheckReport, examine, installed
from governance.checks.dbt_audit import Audit, ProjectAudit
from governance.checks.dbt_changes import changes
from governance.checks.dbt_places import SourcePlaces
from governance.checks.dbt_words import plain
from governance.fault import NOT_RENDERED
from governance.finding import Finding, Location, Position, Severity
from governance.rule import Rule
from governance.rules.dbt.column_recomputed import ColumnRecomputed
from governance.rules.dbt.column_removed import ColumnRemovedInUse
from governance.rules.dbt.column_retyped import ColumnRetyped
from governance.rules.dbt.query_broken import QueryBroken
from governance.rules.dbt.rows_changed import RowsChanged
from governance.rules.dbt.sql_in_setting import SqlInSetting
from governance.rules.sql.unknown_function import UnknownFunction
from governance.syntax.dbt import DbtChange, values_in
from governance.syntax.dbt.column_change import ColumnChange, ColumnImpact
from governance.syntax.dbt.graph import BUILT, RENDERED_FOR, Node

RULES: tuple[Rule[ColumnImpact], ...] = (
    ColumnRemovedInUse(),
    ColumnRetyped(),
    ColumnRecomputed(),
    RowsChanged(),
    QueryBroken(),
)


@dataclass(frozen=True)
class DbtImpact:
    """Compares the rendered models with base, column by column, and judges their SQL."""

    audit: Audit = field(default_factory=Audit)
    name: str = "dbt-impact"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Findings about columns and about rendered SQL; a fault when nothing could be rendered."""
        findings: list[Finding] = []
        evidence = {}
        for project in self.audit.of(changeset):
            if project.fault:
                findings.append(project.fault)
            else:
                impacts = _impacts(project)
                findings += _project(project, impacts, SourcePlaces(project, changeset.workdir))
                known = _evidence(project) | _given(self.audit.options.given)
                evidence[project.root or "."] = known | {"changes": changes(project, impacts)}
        return CheckReport(
            self.name, tuple(findings), evidence=evidence, tools=installed("dbt-core", "sqlglot")
        )


def _impacts(project: ProjectAudit) -> list[ColumnImpact]:
    from governance.syntax.dbt.impact import column_impacts

    assert project.state is not None
    return list(column_impacts(project.state.before, project.state.head, project.targets))


def _project(
    project: ProjectAudit, impacts: Iterable[ColumnImpact], places: SourcePlaces
) -> Iterator[Finding]:
    assert project.state is not None
    state = project.state
    explained = {*project.unrendered, *(key for key, run in project.runs.items() if run.status == "error")}
    explained |= {*state.head.descendants(explained)}
    for key, reason in project.unrendered.items():
        node = state.head.nodes[key]
        place = places.of_failure(node, reason)
        message = f"{node.name} could not be rendered: {plain(reason)}"
        yield NOT_RENDERED.finding(message, place, quote=node.name)
    for key, node in state.head.nodes.items():
        before = state.base.nodes.get(key)
        if node is not before:
            yield from _settings(node, before, project)
    for impact in impacts:
        moved = _moved(impact, project)
        if impact.change is ColumnChange.UNKNOWN and impact.node.key not in explained:
            explained |= {*state.head.descendants([impact.node.key])}
            message = f"the columns of {impact.node.name} cannot be told: {impact.after}"
            yield NOT_RENDERED.finding(message, Location(moved.node.path), quote=impact.node.name)
        yield from examine(moved, RULES, Location(moved.node.path))
    for key in project.targets:
        node = state.head.nodes[key]
        if node.kind == "seed" or key in project.unrendered:
            continue
        if node.sql.strip() and node.facts.get("language") == "sql":
            yield from _judge(node, places, "model")
        else:
            message = f"{node.name} renders to no SQL that could be judged"
            yield NOT_RENDERED.finding(message, Location(project.path(node.path)), quote=node.name)
    for key in sorted(state.modified):
        test = state.head.nodes.get(key)
        if test is not None and test.kind == "test" and test.sql.strip():
            yield from _judge(test, places, "read")


def _settings(node: Node, before: Node | None, project: ProjectAudit) -> Iterator[Finding]:
    """What the settings of a node would do in dbt's own SQL, now that their templates are rendered."""
    now = values_in(node.facts.get("settings", {}))
    known = values_in(before.facts.get("settings", {}) if before else {})
    assert project.state is not None
    dialect = project.state.before.dialect
    yield from SqlInSetting().check_parsed(now, known, Location(project.path(node.path)), dialect)


def _judge(node: Node, places: SourcePlaces, profile: str) -> Iterator[Finding]:
    """What the SQL rules say about a rendered model or test, at the places of its source.

    What they say of base as well is no news. A function that nobody knows is for review: it runs within a
    query, and the warehouse is not at hand that could tell what it does.
    """
    from governance.statements import examine_sql
    from governance.syntax.dbt.spoken import acts_somewhere, in_dialect, vouched
    from governance.syntax.sql import Profile, SqlContext

    assert places.project.state is not None
    path, state = places.project.path(node.path), places.project.state
    dialect, before = state.before.dialect, state.base.nodes.get(node.key)
    context = SqlContext(dialect, Profile(profile), functions=vouched(dialect, state.called))
    old = examine_sql(in_dialect(before.sql, dialect), context, path) if before and before.sql else []
    known = Counter(finding.fingerprint for finding in old)
    for finding in examine_sql(in_dialect(node.sql, dialect), context, path):
        known[finding.fingerprint] -= 1
        if known[finding.fingerprint] >= 0:
            continue
        if finding.code == UnknownFunction.code and not acts_somewhere(finding.quote):
            finding = replace(finding, severity=Severity.MEDIUM)
        place = finding.location
        yield replace(finding, location=places.in_sql(node, place.start, place.end))


def _moved(impact: ColumnImpact, project: ProjectAudit) -> ColumnImpact:
    """The same impact, with paths of the repository."""
    node = replace(impact.node, path=project.path(impact.node.path))
    users = tuple(replace(user, path=project.path(user.path)) for user in impact.users)
    change = next((change for change in project.changes if change.path == node.path), None)
    return replace(impact, node=node, users=users, place=_place(impact.column, change))


def _place(column: str, change: DbtChange | None) -> Position | None:
    """Where a column stands in the changed lines of its model, else where the model first differs."""
    if change is None:
        return None  # the model differs through a macro or a setting elsewhere
    before, after = change.base.text.splitlines(), change.head.text.splitlines()
    blocks = difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
    hunks = [(start, end) for tag, _, _, start, end in blocks if tag != "equal"]
    for number in (line for start, end in hunks for line in range(start, end)):
        found = list(re.finditer(rf"\b{re.escape(column)}\b", after[number])) if column else []
        if found:  # an alias comes last
            return Position(number + 1, found[-1].start() + 1)
    return Position(min(hunks[0][0] + 1, max(len(after), 1))) if hunks else None


def _given(given: Given) -> dict[str, object]:
    """What dbt was handed, by names and a digest: a value may be a secret."""
    if not given.digest:
        return {}
    names = {"vars": sorted(given.vars), "environment": sorted(given.environment)}
    return {"given": {**names, "columns_of": len(given.columns), "sha256": given.digest}}


def _evidence(project: ProjectAudit) -> dict[str, object]:
    assert project.state is not None
    nodes = project.state.head.nodes
    return {
        "modified": {key: list(ways) for key, ways in project.state.modified.items()},
        "removed": list(project.state.removed),
        "rendered": sum(1 for node in nodes.values() if node.sql and node.kind in BUILT),
        "hooks_not_run": project.state.hooks,
        "jail": dict(project.locks),
        "rendered_for": RENDERED_FOR,
        "written_in": project.state.before.dialect,
    }
