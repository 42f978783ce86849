"""DBT019: a model, seed, snapshot or macro is deleted."""

from collections.abc import Iterator

from governance.artifact import Change
from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case

_NODES = (DbtKind.MODEL, DbtKind.PYTHON_MODEL, DbtKind.SEED, DbtKind.SNAPSHOT)


class ModelDeleted(Rule[DbtChange]):
    """A model, seed or snapshot is deleted.

    dbt leaves its table standing and stale, and whoever reads it outside the project keeps reading
    old data.
    """

    code, name, severity = "DBT019", "model-deleted", Severity.MEDIUM
    category = "screen"
    remedy = "Make sure that nobody reads the relation, and drop it in a reviewed migration."
    good = (case("models/a.sql", "select 1 as a", "select 2 as a"),)
    bad = (case("models/a.sql", "select 1 as a", None),)

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """The deletion of a file that is a node."""
        if subject.kind in _NODES and subject.change is Change.DELETED:
            message = f"the {subject.kind} is deleted; its relation stays behind and goes stale"
            yield self.finding(message, subject.at(), quote=subject.path)
