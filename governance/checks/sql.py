"""The SQL check: every SQL file of a change set, judged statement by statement."""

from dataclasses import dataclass, replace

import sqlglot

from governance.artifact import ArtifactKind, Change
from governance.changeset import ChangeSet
from governance.check import CheckReport
from governance.finding import Finding
from governance.statements import examine_sql
from governance.syntax.sql import SqlContext

_PARSER: str = sqlglot.__version__  # type: ignore[attr-defined]  # it is there, though not declared


@dataclass(frozen=True, slots=True)
class SqlCheck:
    """Judges artifacts of kind SQL on `ground`; an artifact's own dialect wins over that of the ground."""

    ground: SqlContext
    name: str = "sql"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Examine every SQL artifact that head still has."""
        findings: list[Finding] = []
        for artifact in changeset.artifacts:
            if artifact.kind is ArtifactKind.SQL and artifact.change is not Change.DELETED:
                ground = replace(self.ground, dialect=artifact.dialect or self.ground.dialect)
                findings += examine_sql(artifact.text, ground, artifact.path)
        return CheckReport(self.name, tuple(findings), tools={"sqlglot": _PARSER})
