"""DBT025: what a model or source promises is withdrawn."""

from collections.abc import Iterator

from governance.artifact import Change
from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, Entry, case

_PROMISES = {
    "contract": "the contract, which holds the model to its columns and types",
    "constraints": "a constraint, which the warehouse enforces on every row",
    "freshness": "how fresh the source must be",
    "exposures": "an exposure, which says who uses the model",
}
_REWORDED = frozenset({"constraints", "freshness"})
"""Promises whose words are the promise; of the others it is told when they go."""


class PromiseWithdrawn(Rule[DbtChange]):
    """A contract, a constraint, a demand for freshness or a declared use is gone or looser.

    Others build on these promises, and no test fails when they go: a column that no exposure
    names any more looks as if nobody used it.
    """

    code, name, severity = "DBT025", "promise-withdrawn", Severity.MEDIUM
    category = "screen"
    remedy = "Keep the promise, or have those who rely on it agree first."
    good = (
        case(
            "models/a.yml",
            "models:\n  - name: a\n    config: {contract: {enforced: true}}\n",
            "models:\n  - name: a\n    config: {contract: {enforced: true}}\n    description: new\n",
        ),
    )
    bad = (
        case(
            "models/a.yml",
            "models:\n  - name: a\n    config: {contract: {enforced: true}}\n",
            "models:\n  - name: a\n",
        ),
        case(
            "models/e.yml",
            "exposures:\n  - {name: board, depends_on: [ref('a'), ref('b')]}\n",
            "exposures:\n  - {name: board, depends_on: [ref('b')]}\n",
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each promise of base that head has no longer, or has in other words."""
        if subject.kind not in (DbtKind.PROPERTIES, DbtKind.PROJECT):
            return
        told: set[tuple[str, ...]] = set()
        for entry in subject.gone_entries if subject.change is not Change.DELETED else _all(subject):
            promise = _promise(entry)
            owner = entry.path[: entry.path.index(promise) + 2] if promise else ()
            if promise and owner not in told:
                told.add(owner)
                message = f"{_named(entry)} no longer states {_PROMISES[promise]}"
                yield self.finding(message, subject.at(), quote=".".join(owner))
        for entry in subject.new_entries:
            before = subject.base.document.entries.get(entry.path)
            if before is not None and _REWORDED.intersection(entry.keys):
                message = f"{_named(entry)} now promises {entry.key} {entry.value}, no longer {before.value}"
                yield self.finding(message, subject.at(entry.start), quote=f"{entry.key}: {entry.value}")


def _all(subject: DbtChange) -> Iterator[Entry]:
    yield from subject.base.document.entries.values()


def _promise(entry: Entry) -> str:
    if entry.path[0] == "exposures" and not {"depends_on", "name"}.intersection(entry.path):
        return ""
    return next((word for word in _PROMISES if word in entry.path), "")


def _named(entry: Entry) -> str:
    return entry.path[1] if len(entry.path) > 1 else entry.path[0]
