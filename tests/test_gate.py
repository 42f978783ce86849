"""The spine: whatever a check does, it never becomes a pass by accident."""

import datetime
import os
import time

import pytest

from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet
from governance.check import CheckReport, examine
from governance.decision import decide
from governance.errors import InvalidInput, MissingTool
from governance.fault import FAULTS
from governance.finding import Finding, Location, Severity, Verdict
from governance.gate import check_sql, evaluate, run_check
from governance.policy import Limits, Policy, SqlPolicy, Waiver
from governance.rule import Rule

NOTHING = ChangeSet(())


class Saying:
    """A check that reports what it is given, or raises it."""

    name = "saying"

    def __init__(self, *findings: Finding, error: BaseException | None = None, seconds: float = 0) -> None:
        self.findings, self.error, self.seconds = findings, error, seconds

    def run(self, changeset):
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        return CheckReport(self.name, self.findings)


def found(severity: Severity, code: str = "SQL900", path: str = "a.sql") -> Finding:
    return Finding(code, "something", severity, "about this place", Location(path))


SEVERITIES = [
    (Severity.INFO, Verdict.PASS),
    (Severity.LOW, Verdict.PASS),
    (Severity.MEDIUM, Verdict.REVIEW),
    (Severity.HIGH, Verdict.BLOCK),
    (Severity.CRITICAL, Verdict.BLOCK),
]


@pytest.mark.parametrize(("severity", "verdict"), SEVERITIES)
def test_severity_leads_to_verdict(severity, verdict):
    assert evaluate(NOTHING, [Saying(found(severity))], Policy()).verdict is verdict


def test_the_gravest_finding_decides_and_comes_first():
    decision = evaluate(
        NOTHING, [Saying(found(Severity.LOW), found(Severity.HIGH), found(Severity.MEDIUM))], Policy()
    )
    assert [judgement.verdict for judgement in decision.judgements] == [
        Verdict.BLOCK,
        Verdict.REVIEW,
        Verdict.PASS,
    ]


CRASHES = [
    ("exception", RuntimeError("boom"), "RuntimeError: boom"),
    ("exit", SystemExit(0), "SystemExit: 0"),
    ("recursion", RecursionError("deep"), "RecursionError"),
    ("memory", MemoryError(), "MemoryError"),
    ("interrupt inside a check", KeyboardInterrupt(), "KeyboardInterrupt"),
    ("missing tool", MissingTool("dbt is not installed"), "could not run: dbt is not installed"),
    ("unreadable input", InvalidInput("a.sql: not text"), "could not run: a.sql: not text"),
]


@pytest.mark.parametrize(("error", "words"), [c[1:] for c in CRASHES], ids=[c[0] for c in CRASHES])
def test_a_check_that_crashes_blocks(error, words):
    decision = evaluate(NOTHING, [Saying(error=error)], Policy())
    assert decision.verdict is Verdict.BLOCK
    assert [f.code for f in decision.findings] == ["GOV002"]
    assert words in decision.findings[0].message


def test_a_check_that_hangs_blocks():
    decision = evaluate(NOTHING, [Saying(seconds=5)], Policy(limits=Limits(check_seconds=0.05)))
    assert [f.code for f in decision.findings] == ["GOV003"]
    assert decision.verdict is Verdict.BLOCK


def test_the_checks_after_a_crash_still_run():
    decision = evaluate(
        NOTHING, [Saying(error=ValueError()), Saying(found(Severity.LOW, "SQL901"))], Policy()
    )
    assert {f.code for f in decision.findings} == {"GOV002", "SQL901"}


def test_seconds_are_measured():
    assert run_check(Saying(seconds=0.05), NOTHING, 5).seconds >= 0.05


class Raising(Rule[str]):
    """It raises."""

    code, name, severity, remedy = "SQL999", "raising", Severity.LOW, "none"

    def check(self, subject):
        yield self.finding("first")
        raise ZeroDivisionError(subject)


def test_a_rule_that_raises_is_a_finding_and_keeps_what_it_found():
    findings = examine("text", [Raising()], Location("a.sql"))
    assert [(f.code, f.location.path) for f in findings] == [("SQL999", ""), ("GOV001", "a.sql")]
    assert findings[1].severity is Severity.HIGH


def artifact(path: str, content: bytes | None, **more) -> Artifact:
    return Artifact(path, more.pop("kind", ArtifactKind.SQL), content, **more)


INTAKE = [
    ("binary", artifact("a.sql", b"\xff\xfe\x00"), "GOV005", Verdict.BLOCK),
    ("nul byte", artifact("a.sql", b"select 1\x00"), "GOV005", Verdict.BLOCK),
    ("fifty megabytes", artifact("a.sql", b" " * 50_000_000), "GOV006", Verdict.BLOCK),
    ("fifty megabytes that no check reads", artifact("docs/manifest.json", b" " * 50_000_000, kind=ArtifactKind.OTHER), "GOV008", Verdict.REVIEW),
    ("link out of the repository", artifact("m/a.sql", b"../../etc/passwd", link="../../etc/passwd"), "GOV007", Verdict.BLOCK),
    ("absolute link", artifact("a.sql", b"/etc/passwd", link="/etc/passwd"), "GOV007", Verdict.BLOCK),
    ("link inside the repository", artifact("m/a.sql", b"../b.txt", link="../b.txt"), "GOV007", Verdict.REVIEW),
    ("the policy itself", artifact("governance.yml", b"version: 1", kind=ArtifactKind.POLICY), "GOV032", Verdict.BLOCK),
    ("a document", artifact("notes.md", b"hello", kind=ArtifactKind.OTHER), "GOV008", Verdict.PASS),
    ("a file that may do anything", artifact("Makefile", b"all:", kind=ArtifactKind.OTHER), "GOV008", Verdict.REVIEW),
]  # fmt: skip


@pytest.mark.parametrize(("item", "code", "verdict"), [i[1:] for i in INTAKE], ids=[i[0] for i in INTAKE])
def test_intake(item, code, verdict):
    decision = evaluate(ChangeSet((item,)), [], Policy())
    assert [f.code for f in decision.findings] == [code]
    assert decision.verdict is verdict


def test_what_cannot_be_judged_reaches_no_check():
    seen = []

    class Looking:
        name = "looking"

        def run(self, changeset):
            seen.extend(a.path for a in changeset.artifacts)
            return CheckReport(self.name)

    evaluate(
        ChangeSet((artifact("bad.sql", b"\xff"), artifact("good.sql", b"select 1"))), [Looking()], Policy()
    )
    assert seen == ["good.sql"]


def test_a_required_check_that_did_not_run_blocks():
    decision = evaluate(NOTHING, [Saying()], Policy(required=("saying", "dbt")))
    assert [(f.code, f.quote) for f in decision.findings] == [("GOV033", "dbt")]


def test_a_transcript_that_cannot_be_read_blocks():
    decision = evaluate(ChangeSet((), trace_problem="no known format"), [], Policy())
    assert [f.code for f in decision.findings] == ["GOV013"]


TODAY = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)


def waiver(finding: Finding, days: int, path: str = "") -> Waiver:
    return Waiver(finding.fingerprint, "ada", "known", (TODAY + datetime.timedelta(days=days)).date(), path)


def decided(*findings: Finding, waivers=(), paths=("a.sql",)):
    changeset = ChangeSet(tuple(artifact(path, b"select 1") for path in paths))
    return decide(changeset, [CheckReport("sql", findings)], Policy(waivers=tuple(waivers)), TODAY)


def test_a_waiver_in_force_passes_and_stays_visible():
    finding = found(Severity.CRITICAL)
    decision = decided(finding, waivers=[waiver(finding, 0)])
    assert decision.verdict is Verdict.PASS
    assert decision.judgements[0].waiver.author == "ada"


def test_an_expired_waiver_changes_nothing_and_is_a_finding():
    finding = found(Severity.HIGH)
    decision = decided(finding, waivers=[waiver(finding, -1)])
    assert [j.finding.code for j in decision.judgements] == ["SQL900", "GOV030"]
    assert decision.verdict is Verdict.BLOCK


UNUSED = [("without a path", "", 1), ("for a changed file", "a.sql", 1), ("for another file", "b.sql", 0)]


@pytest.mark.parametrize(("path", "expected"), [u[1:] for u in UNUSED], ids=[u[0] for u in UNUSED])
def test_an_unused_waiver_is_a_finding(path, expected):
    decision = decided(waivers=[waiver(found(Severity.HIGH), 9, path)])
    assert [f.code for f in decision.findings] == ["GOV031"] * expected


def test_a_waiver_is_for_one_place_only():
    here, there = found(Severity.HIGH), found(Severity.HIGH, path="b.sql")
    assert decided(here, there, waivers=[waiver(here, 9)]).verdict is Verdict.BLOCK


def test_no_policy_turns_a_gate_in_doubt_into_a_pass():
    soft = Policy(rules={fault.code: Severity.INFO for fault in FAULTS})
    for fault in FAULTS:
        decision = decide(NOTHING, [CheckReport("x", (fault.finding("in doubt"),))], soft)
        expected = Verdict.REVIEW if fault.severity >= Severity.MEDIUM else Verdict.PASS
        assert decision.verdict is expected, fault.code


def test_an_empty_change_set_without_checks_passes():
    assert evaluate(NOTHING, [], Policy()).verdict is Verdict.PASS


def test_threads_of_hung_checks_do_not_keep_the_process():
    pid = os.fork()
    if pid == 0:
        run_check(Saying(seconds=60), NOTHING, 0.01)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "block"),
        ({"tables": ["orders"]}, "pass"),
        ({"tables": []}, "block"),
        ({"tables": ["orders"], "schema": {"orders": {"id": "int"}}}, "block"),
    ],
)
def test_check_sql_judges_by_the_policy_where_nothing_else_is_given(given, verdict) -> None:
    policy = Policy(sql=SqlPolicy(tables=("customers",), schema={"orders": {"total": "int"}}))
    assert check_sql("select total from orders", "duckdb", policy=policy, **given).verdict == Verdict.parse(
        verdict
    )
