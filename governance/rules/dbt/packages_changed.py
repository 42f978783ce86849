"""DBT011: the packages that the project brings in changed."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from governance.artifact import Change
from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.rules.dbt import HOLD
from governance.syntax.dbt import DbtChange, DbtKind, Entry, Source, case

_FETCHED = frozenset({"git", "tarball", "local", "subdirectory", "private"})
_NAMING = _FETCHED | {"package"}
_FIXED = re.compile(r"[0-9a-f]{40}|v?\d+(\.\d+)+([.-]?\w+)*")
"""A revision that names one text for good, as far as its owner keeps to that."""
_INSTALLED = frozenset({"dbt_packages", "dbt_modules"})


class PackagesChanged(Rule[DbtChange]):
    """The packages that the project brings in changed.

    A package's macros run with dbt's rights and can replace dbt's own; one fetched from a git
    address or a tarball has been seen by nobody. A package from dbt's own hub, which does not change
    what it has published, and another tag of a known address are for review.
    """

    code, name, severity = "DBT011", "packages-changed", Severity.HIGH
    category = HOLD
    remedy = "Have the package reviewed and its lock merged on its own."
    good = (
        case(
            "packages.yml",
            "packages:\n  - package: a/b\n    version: 1.0.0\n",
            "packages:\n  - package: a/b\n    version: 1.0.0\n",
        ),
    )
    bad = (
        case("packages.yml", None, "packages:\n  - git: https://git.example/x.git\n    revision: main\n"),
        case(
            "packages.yml",
            "packages: [{package: a/b, version: 1.0.0}]",
            "packages: [{package: a/b, version: 2.0.0}]",
        ),
        case("package-lock.yml", "packages: []\n", "packages:\n  - package: a/b\n    version: 2.0.0\n"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each package entry that is new or changed, the file's deletion, and an installed package's file."""
        if _INSTALLED.intersection(PurePosixPath(subject.path).parts):
            message = "an installed package is not the one that the lock names any more"
            yield self.finding(message, subject.at(), quote=subject.path)
            return
        if subject.kind not in (DbtKind.PACKAGES, DbtKind.LOCK):
            return
        if subject.change is Change.DELETED:
            yield self.finding("the list of packages is deleted", subject.at(), quote=subject.path)
            return
        named, known = _values(subject.head), _values(subject.base)
        for entry in subject.gone_entries:
            if entry.key in _NAMING and str(entry.value) not in named:
                message = f"{entry.key} {entry.value} is not brought in any more"
                quote = f"{entry.key}: {entry.value}"
                yield self.finding(message, subject.at(), quote=quote, severity=Severity.MEDIUM)
        for entry in (entry for entry in subject.new_entries if entry.value not in ([], {}, None)):
            severity, message = _grade(entry, known)
            quote = f"{entry.key}: {entry.value}"
            yield self.finding(
                message, subject.at(entry.start or Position(1)), quote=quote, severity=severity
            )


def _values(source: Source) -> set[str]:
    return {str(entry.value) for entry in source.document.entries.values()}


def _grade(entry: Entry, known: set[str]) -> tuple[Severity, str]:
    if entry.key in _FETCHED:
        return Severity.HIGH, f"code would be fetched from {entry.key} {entry.value}"
    if entry.key == "package" and str(entry.value) not in known:
        return Severity.MEDIUM, f"package {entry.value} would be brought in"
    message = f"{entry.key} becomes {entry.value}, so other package code would run"
    moves = "revision" in entry.keys and not _FIXED.fullmatch(str(entry.value))
    return Severity.HIGH if moves else Severity.MEDIUM, message
