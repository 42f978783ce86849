"""The SQL check: every SQL file of a change set, judged statement by statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from governance.artifact import ArtifactKind, Change
from governance.changeset import ChangeSet
from governance.check import CheckReport, installed
from governance.errors import InvalidInput
from governance.finding import Finding
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext


@dataclass(frozen=True, slots=True)
class SqlCheck:
    """Judges artifacts of kind SQL. An artifact's own dialect wins over `dialect`."""

    dialect: str
    profile: str = "read"
    tables: tuple[str, ...] | None = None
    functions: tuple[str, ...] = ()
    schema: Mapping[str, Mapping[str, str]] | None = None
    personal: tuple[str, ...] = ()
    name: str = "sql"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Examine every SQL artifact that head still has."""
        findings: list[Finding] = []
        for artifact in changeset.artifacts:
            if artifact.kind is ArtifactKind.SQL and artifact.change is not Change.DELETED:
                findings += examine_sql(artifact.text, self._context(artifact.dialect), artifact.path)
        return CheckReport(self.name, tuple(findings), tools=installed("sqlglot"))

    def _context(self, dialect: str) -> SqlContext:
        return context_of(
            dialect or self.dialect, self.profile, self.tables, self.functions, self.schema, self.personal
        )


def context_of(
    dialect: str,
    profile: str,
    tables: Iterable[str] | None = None,
    functions: Iterable[str] = (),
    schema: Mapping[str, Mapping[str, str]] | None = None,
    personal: Iterable[str] = (),
) -> SqlContext:
    """The ground to judge SQL on. Raises InvalidInput for an unknown profile."""
    if profile not in set(Profile):
        known = ", ".join(Profile)
        raise InvalidInput(f"no profile is called {profile!r}", f"Use one of {known}.")
    scope = None if tables is None else tuple(tables)
    return SqlContext(dialect, Profile(profile), scope, schema, tuple(functions), tuple(personal))
