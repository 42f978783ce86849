"""What a worker's fault says when it was at work on rows that were made up, or on real ones."""

from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet
from governance.checks.dbt_audit import ProjectAudit
from governance.checks.unproven import stopped
from governance.fault import CHECK_CRASHED, CHECK_TIMED_OUT, NO_JAIL
from governance.finding import Location, Severity
from governance.syntax.dbt import read_changes

PLACE = Location("models/a.sql")
CHANGES = read_changes(
    ChangeSet(
        (
            Artifact("dbt_project.yml", ArtifactKind.OTHER, b"name: p"),
            Artifact("models/a.sql", ArtifactKind.OTHER, b"select 1 as a"),
        )
    )
)


def project(**known: frozenset[str]) -> ProjectAudit:
    return ProjectAudit("", tuple(CHANGES), **known)


def test_what_may_be_the_fault_of_rows_that_were_made_up_is_for_review() -> None:
    made_up = project(made_up=frozenset({"model.p.a"}))
    for fault in (CHECK_CRASHED, CHECK_TIMED_OUT):
        finding = stopped(made_up, fault, "build took longer than 9 s and was stopped", PLACE)
        assert (finding.severity, "made up" in finding.message) == (Severity.MEDIUM, True)
        assert stopped(project(), fault, "build took longer than 9 s", PLACE).severity is Severity.HIGH
    assert stopped(made_up, NO_JAIL, "no jail here", PLACE).severity is Severity.HIGH


def test_a_crash_on_real_rows_does_not_quote_them() -> None:
    real = project(sampled=frozenset({"model.p.a"}))
    said = "compare: ConversionException: Could not convert 'ann@shop.example'"
    crashed = stopped(real, CHECK_CRASHED, said, PLACE)
    assert crashed.severity is Severity.HIGH
    assert crashed.message == "compare failed, whose text is withheld as it may quote real rows"
    assert (
        "9 s" in stopped(real, CHECK_TIMED_OUT, "build took longer than 9 s and was stopped", PLACE).message
    )
