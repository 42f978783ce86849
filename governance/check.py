"""Checks: what runs over a change set and reports findings; static ones run rules over subjects.

A check never decides. Whatever goes wrong inside one (an exception, a time-out, a missing tool)
becomes a finding with a `GOV` code, so that it can never be mistaken for a pass.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from governance.changeset import ChangeSet
from governance.fault import RULE_CRASHED
from governance.finding import Finding, Location
from governance.rule import Rule

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one check found. `tools` names the versions used; `evidence` is plain JSON data."""

    check: str
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    tools: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)


class Check(Protocol):
    """Something that examines a change set."""

    @property
    def name(self) -> str:
        """The word that policy, reports and evidence use for this check."""
        ...

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Examine the change set; may raise, which the gate turns into a finding."""
        ...


class Once(Generic[Subject]):
    """What a function says of a change set, asked once for all checks of a run."""

    def __init__(self, read: Callable[[ChangeSet], Subject]) -> None:
        self._read = read
        self._last: tuple[ChangeSet, Subject] | None = None

    def __call__(self, changeset: ChangeSet) -> Subject:
        """The same answer as before for the same change set."""
        if self._last is None or self._last[0] is not changeset:
            self._last = (changeset, self._read(changeset))
        return self._last[1]


def installed(*packages: str) -> dict[str, str]:
    """Versions of the packages that a check relies on; one that is absent is left out."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def examine(subject: Subject, rules: Iterable[Rule[Subject]], where: Location = Location()) -> list[Finding]:
    """All findings of the rules about one subject; a rule that raises is itself a finding."""
    findings: list[Finding] = []
    for rule in rules:
        try:
            findings.extend(rule.check(subject))
        except RecursionError:
            findings.append(_crashed(rule, "the subject is nested too deeply", where))
        except Exception as error:  # a crashed rule must never count as a pass
            findings.append(_crashed(rule, f"{type(error).__name__}: {error}", where))
    return findings


def _crashed(rule: Rule[Any], reason: str, where: Location) -> Finding:
    message = f"rule {rule.code} {rule.name} could not judge this: {reason}"
    return RULE_CRASHED.finding(message, where, quote=rule.code)
