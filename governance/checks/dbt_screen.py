"""The first look at a dbt change: every file parsed and judged against base, nothing rendered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from governance import catalog
from governance.artifact import Change
from governance.changeset import ChangeSet
from governance.check import CheckReport, examine, installed
from governance.fault import SYMBOLIC_LINK, TOO_LARGE, UNREADABLE
from governance.finding import Finding, Location, Severity
from governance.rules.dbt import HOLD, SCREEN
from governance.syntax.dbt import DbtChange, DbtKind, read_changes

LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A changed dbt file, and everything that is wrong with it as far as reading it tells."""

    change: DbtChange
    findings: tuple[Finding, ...]


Look = Callable[[ChangeSet], tuple[Seen, ...]]


def first_look(changeset: ChangeSet) -> tuple[Seen, ...]:
    """The dbt files of a change set, each read and judged."""
    return tuple(Seen(change, tuple(screen((change,)))) for change in read_changes(changeset))


@dataclass(frozen=True, slots=True)
class DbtScreen:
    """Judges the Jinja and the YAML of a change before anything renders them."""

    look: Look = first_look
    name: str = "dbt-screen"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """The findings of every screen rule about every dbt file."""
        seen = self.look(changeset)
        findings = tuple(finding for each in seen for finding in each.findings)
        evidence = {"files": len(seen)} if seen else {}
        return CheckReport(self.name, findings, evidence=evidence, tools=installed("jinja2", "sqlglot"))


def screen(changes: Iterable[DbtChange]) -> list[Finding]:
    """Everything that is wrong with dbt files, as far as reading them tells."""
    rules = [rule for rule in catalog.rules("dbt") if rule.category in (SCREEN, HOLD)]
    findings: list[Finding] = []
    for change in changes:
        unreadable = _unreadable(change)
        findings += [unreadable] if unreadable else examine(change, rules, Location(change.path))
    return findings


def holds(findings: Iterable[Finding], accepted: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """The findings that keep a change from being rendered, except those the policy waives."""
    held = (f for f in findings if f.severity >= Severity.HIGH or f.category == HOLD)
    return tuple(f for f in held if f.fingerprint not in accepted)


def _unreadable(change: DbtChange) -> Finding | None:
    """A finding when head, or what base must be compared with, cannot be read."""
    if len(change.head.text) > LARGEST and change.kind is not DbtKind.SEED:
        return TOO_LARGE.finding(f"{len(change.head.text)} characters are too many to judge", change.at())
    if change.change is Change.DELETED:
        return None
    if change.head.problem == "a symbolic link":
        return SYMBOLIC_LINK.finding(
            "a dbt file is a symbolic link, so what dbt reads is elsewhere", change.at()
        )
    broken = next((t.problem for t in change.head.templates if t.problem), change.head.problem)
    if broken:
        return UNREADABLE.finding(
            f"not readable as {change.kind}: {broken}", change.at(change.head.problem_at)
        )
    return None
