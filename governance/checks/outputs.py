"""Validates what the changed models produce, with Great Expectations, on the tables that were built."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from governance.adapters.dbt import Trial
from governance.changeset import ChangeSet
from governance.check import CheckReport, examine, installed
from governance.checks.dbt_audit import Audit, ProjectAudit
from governance.checks.suites import Expectation, Suite
from governance.checks.trials import RULES
from governance.checks.unproven import unproven, why, withheld
from governance.fault import OUTPUT_EMPTY, OUTPUT_NOT_JUDGED, OUTPUT_UNCHECKED
from governance.finding import Finding, Location
from governance.redaction import redact_text
from governance.rules.dbt.expectation_failed import ExpectationFailed
from governance.syntax.dbt.graph import Node
from governance.syntax.dbt.results import CheckKind, FailedExpectation, TriedTest


@dataclass(frozen=True)
class OutputCheck:
    """Tells bad data from data that was not validated; neither passes."""

    audit: Audit = field(default_factory=Audit)
    name: str = "outputs"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Findings about the tables of changed models and their children."""
        findings: list[Finding] = []
        evidence = {}
        for project in self.audit.of(changeset):
            if project.fault:
                message = "no output was validated, since nothing was built"
                findings.append(OUTPUT_UNCHECKED.finding(message, project.fault.location))
                continue
            if project.output_fault:
                findings.append(project.output_fault)
            for key in project.judged:
                findings += _model(project, key, self.audit.options.minimum_rows)
            findings += _unbuilt(project)
            evidence[project.root or "."] = {
                key: _kept([withheld(project, key, outcome) for outcome in found])
                for key, found in project.outcomes.items()
            }
        return CheckReport(
            self.name, tuple(findings), evidence=evidence, tools=installed("great-expectations", "pandas")
        )


def _kept(outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outcomes as evidence: samples of failing values, where the policy asks for any, without secrets."""
    return [
        outcome | {"samples": [redact_text(value)[0] for value in outcome["samples"]]}
        if "samples" in outcome
        else outcome
        for outcome in outcomes
    ]


def _unbuilt(project: ProjectAudit) -> Iterator[Finding]:
    """One finding for all that was not built, since mostly one thing is the cause."""
    assert project.state is not None
    nodes = project.state.head.nodes
    unknown = [nodes[key] for key in project.judged if key not in project.tables or key not in project.suites]
    if unknown and not project.output_fault:
        names = ", ".join(node.name for node in unknown)
        message = f"not built, so the output is unknown: {names}"
        yield OUTPUT_UNCHECKED.finding(message, Location(project.path(unknown[0].path)), quote=names)


def _model(project: ProjectAudit, key: str, minimum: int) -> Iterator[Finding]:
    assert project.state is not None
    node = project.state.head.nodes[key]
    place = Location(project.path(node.path))
    suite, table = project.suites.get(key), project.tables.get(key)
    if table is None or suite is None:
        return
    if suite.problem:
        message = f"{suite.path} cannot be used: {suite.problem}"
        yield OUTPUT_NOT_JUDGED.finding(message, Location(project.path(suite.path)), quote=node.name)
    elif not suite.expectations and not suite.tests:
        if key in project.targets:
            message = f"{node.name} has neither tests nor a suite of expectations"
            yield OUTPUT_UNCHECKED.finding(message, place, quote=node.name)
    elif table.rows < minimum:
        on = f" {why(project, key)}" if why(project, key) else ""
        message = f"{node.name} has {table.rows} rows{on}, fewer than {minimum}, so its checks prove nothing"
        yield OUTPUT_EMPTY.finding(message, place, quote=node.name)
    elif suite.expectations:
        yield from _outcomes(project, node, suite, project.outcomes.get(key))
        yield from _trials(project, node, suite, project.suite_trials.get(key, ()))


def _outcomes(
    project: ProjectAudit, node: Node, suite: Suite, outcomes: list[dict[str, Any]] | None
) -> Iterator[Finding]:
    path = project.path(suite.path)
    if outcomes is None and project.output_fault:
        return  # which says why
    if outcomes is None or len(outcomes) != len(suite.expectations):
        message = f"the suite of {node.name} was not run to its end"
        yield OUTPUT_NOT_JUDGED.finding(message, Location(path), quote=node.name)
        return
    old_failures = project.old_failures.get(node.key, frozenset())
    for number, (expectation, outcome) in enumerate(zip(suite.expectations, outcomes, strict=True)):
        place = _place(project, suite, expectation)
        told = withheld(project, node.key, outcome)
        if outcome.get("state") == "failed":
            message = f"{node.name} does not meet {expectation.kind}"
            quote = f"{node.name} {expectation.kind} {place.start}"
            doubtful = unproven(project, node.key, message, place, quote, number in old_failures)
            failed = _failed(node, expectation, outcome, place)
            yield from [doubtful] if doubtful else examine(failed, (ExpectationFailed(),), place)
        elif outcome.get("state") != "met":
            reason = told.get("reason", "for a reason that is withheld")
            message = f"{expectation.kind} on {node.name} could not run: {reason}"
            quote = f"{node.name} {expectation.kind}"
            doubtful = unproven(project, node.key, message, place, quote, number in old_failures)
            yield doubtful or OUTPUT_NOT_JUDGED.finding(message, place, quote=quote)


def _trials(project: ProjectAudit, node: Node, suite: Suite, trials: tuple[Trial, ...]) -> Iterator[Finding]:
    """Expectations of an edited suite that hold on every damaged copy of the table as well."""
    known = project.trials.constants.get(node.key, {})
    for expectation, trial in zip(suite.expectations, trials, strict=False):
        place = _place(project, suite, expectation)
        column = str(expectation.kwargs.get("column", ""))
        fixed = column in known and not (known[column] and "null" in expectation.kind)
        subject = TriedTest(
            expectation.kind,
            node.name,
            place,
            trial.tried,
            trial.noticed,
            CheckKind.EXPECTATION,
            trial.lax,
            constant=column if fixed else "",
        )
        yield from examine(subject, RULES, place)


def _place(project: ProjectAudit, suite: Suite, expectation: Expectation) -> Location:
    return Location(project.path(expectation.path or suite.path), expectation.start)


def _failed(
    node: Node, expectation: Expectation, outcome: dict[str, Any], place: Location
) -> FailedExpectation:
    counts = outcome.get("result", {}).get("result", {})
    arguments = ", ".join(f"{key}={value!r}" for key, value in expectation.kwargs.items())
    return FailedExpectation(node.name, expectation.kind, expectation.severity, place, arguments, counts)
