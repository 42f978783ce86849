"""Builds the changed models and their children on a throw-away DuckDB and runs their dbt tests."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.adapters.dbt import Trial
from governance.changeset import ChangeSet
from governance.check import CheckReport, examine, installed
from governance.checks.dbt_audit import Audit, ProjectAudit
from governance.checks.dbt_places import SourcePlaces
from governance.checks.trials import RULES, empty
from governance.checks.unproven import about_sources, source_evidence, unbuilt, unproven, why
from governance.fault import NOT_RENDERED
from governance.finding import Finding, Location
from governance.rules.dbt.data_changed import DataChanged
from governance.rules.dbt.data_test_failed import DataTestFailed
from governance.rules.dbt.data_test_warned import DataTestWarned
from governance.syntax.dbt.graph import Node
from governance.syntax.dbt.results import CheckKind, ColumnDifference, DataDifference, DataTest, TriedTest

_DECLARED = frozenset({"unique", "not_null", "accepted_values", "relationships"})
_SHOWN = 6
_GOOD = frozenset({"success", "pass"})


@dataclass(frozen=True)
class DbtBuild:
    """Tells which models do not build and which data tests do not pass."""

    audit: Audit = field(default_factory=Audit)
    name: str = "dbt-build"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Findings about nodes that did not build and tests that did not pass."""
        findings: list[Finding] = []
        evidence = {}
        for project in self.audit.of(changeset):
            if project.fault:
                findings.append(project.fault)
            else:
                findings += _project(project, SourcePlaces(project, changeset.workdir))
                evidence[project.root or "."] = _evidence(project)
        return CheckReport(
            self.name, tuple(findings), evidence=evidence, tools=installed("dbt-core", "dbt-duckdb", "duckdb")
        )


def _project(project: ProjectAudit, places: SourcePlaces) -> Iterator[Finding]:
    assert project.state is not None
    nodes = project.state.head.nodes
    skipped = {key for key, run in project.runs.items() if run.status == "skipped"}
    for key, run in project.runs.items():
        node = nodes.get(key)
        if run.status in (*_GOOD, "skipped") or node is None or node.kind == "exposure":
            continue
        if run.status in ("fail", "warn"):
            yield from _test(project, key, places.of(node))
        else:
            blocked = [below for below in _below(project, key) if below in skipped]
            skipped -= set(blocked)
            message = f"{node.kind.replace('_', ' ')} {node.name} {unbuilt(project, key, run)}"
            message += f"; not built for that: {_names(project, blocked)}" if blocked else ""
            yield NOT_RENDERED.finding(message, places.of_failure(node, run.message), quote=node.name)
    yield from about_sources(project)
    yield from _trials(project, places)
    for key, found in project.differences.items():
        place = Location(project.path(nodes[key].path))
        subject = _difference(nodes[key].name, place, found, why(project, key))
        yield from examine(subject, (DataChanged(),), place)
    told = {*project.unrendered, *project.state.head.descendants(project.unrendered)}
    unseen = [key for key in project.judged if key not in project.runs and key not in told]
    if skipped or unseen:
        names = _names(project, (*sorted(skipped), *unseen))
        message = f"not built, so nothing is known of what they hold: {names}"
        yield NOT_RENDERED.finding(message, project.place, quote=names)


def _below(project: ProjectAudit, key: str) -> tuple[str, ...]:
    """What dbt leaves out when a node fails: with a test, what is below the models that it reads."""
    assert project.state is not None
    head = project.state.head
    models = head.nodes[key].parents if head.nodes[key].kind in ("test", "unit_test") else ()
    return (*models, *head.descendants([key, *models]))


def _names(project: ProjectAudit, keys: Iterable[str]) -> str:
    assert project.state is not None
    names = [project.state.head.nodes[key].name for key in keys]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _test(project: ProjectAudit, key: str, place: Location) -> Iterator[Finding]:
    assert project.state is not None
    node, run = project.state.head.nodes[key], project.runs[key]
    before = project.base_runs.get(key)
    subject = DataTest(
        node.name,
        _tested(project, key),
        place,
        run.failures,
        warns=run.status == "warn",
        before=before.failures if before and before.status == "fail" else None,
        unit=node.kind == "unit_test",
    )
    if not subject.warns:
        message = f"test {node.name} fails on {run.failures} rows of {subject.model or 'the built data'}"
        old = subject.before is not None and run.failures <= subject.before
        if doubtful := unproven(project, key, message, place, node.name, old):
            yield doubtful
            return
    yield from examine(subject, (DataTestFailed(), DataTestWarned()), place)


def _evidence(project: ProjectAudit) -> dict[str, Any]:
    statuses = {key: run.status for key, run in project.runs.items()}
    sources = {"sources": source_evidence(project)} if project.planted.sources else {}
    return statuses | sources | ({"differences": dict(project.differences)} if project.differences else {})


def _trials(project: ProjectAudit, places: SourcePlaces) -> Iterator[Finding]:
    """New and changed tests that passed on damaged data too, or that read no data at all."""
    assert project.state is not None
    nodes, trials = project.state.head.nodes, project.trials
    fresh = [nodes[key] for key in sorted(project.state.modified) if key in nodes]
    for node in (node for node in fresh if node.kind in ("test", "unit_test")):
        without = empty(project, node) if node.key in project.runs and node.kind == "test" else None
        told = node.key in trials.of or not node.parents
        if not told and (without is None or without.key in project.judged):
            continue  # it did not pass, or the output check tells that there is nothing to test
        trial = trials.of.get(node.key, Trial(0, 0))
        column = node.facts.get("column", "")
        fixed = trial.restates and column in trials.constants.get(node.facts.get("attached", ""), {})
        place = places.of(node)
        subject = TriedTest(
            node.name,
            _tested(project, node.key),
            place,
            trial.tried,
            trial.noticed,
            _kind(node),
            trial.lax,
            trial.restates,
            without.name if without else "",
            column if fixed else "",
        )
        yield from examine(subject, RULES, place)


def _kind(test: Node) -> CheckKind:
    if test.kind == "unit_test":
        return CheckKind.UNIT
    name = (test.facts.get("test") or {}).get("name", "")
    return CheckKind.DECLARED if name in _DECLARED else CheckKind.GENERIC if name else CheckKind.QUERY


def _difference(model: str, place: Location, found: Mapping[str, Any], rows: str) -> DataDifference:
    columns = tuple(
        ColumnDifference(
            name, (c["nulls"][0], c["nulls"][1]), (c["distinct"][0], c["distinct"][1]), c["changed"]
        )
        for name, c in found["columns"].items()
    )
    before, now = found["rows"]
    return DataDifference(model, place, (before, now), found["lost"], found["gained"], columns, rows)


def _tested(project: ProjectAudit, key: str) -> str:
    """The models that a test is about, in words."""
    assert project.state is not None
    nodes = project.state.head.nodes
    attached = nodes.get(nodes[key].facts.get("attached", ""))
    models = [nodes[parent] for parent in nodes[key].parents if parent in nodes]
    return attached.name if attached else ", ".join(model.name for model in models)
