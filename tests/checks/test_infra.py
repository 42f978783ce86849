"""The infrastructure check with the real scanners: what is new, what is missing, what breaks."""

import shutil
import stat

import pytest

import governance.adapters.scanners as scanners
from governance.artifact import Artifact
from governance.changeset import ChangeSet
from governance.checks.infra import InfraCheck
from governance.finding import Severity
from governance.kind import kind_of

WORKFLOW = b"""\
on: push
permissions: {}
jobs:
  a:
    runs-on: x
    steps:
      - run: echo ${{ github.head_ref }}
"""


def run(path: str, content: bytes | None, base: bytes | None = None, check: InfraCheck | None = None):
    artifact = Artifact(path, kind_of(path, content), content, base)
    return (check or InfraCheck()).run(ChangeSet((artifact,)))


def codes(report):
    return {finding.code for finding in report.findings}


SCANNED = [
    ("ruff", "job.py", b"import subprocess\nsubprocess.run(x, shell=True)\n", "ruff/S602"),
    ("hadolint", "Dockerfile", b"FROM debian\nUSER root\n", "hadolint/DL3002"),
    ("zizmor", ".github/workflows/ci.yml", WORKFLOW, "zizmor/template-injection"),
    ("shellcheck", "run.sh", b'#!/bin/bash\nrm -rf "$X/"\n', "shellcheck/SC2115"),
]


@pytest.mark.parametrize(("path", "content", "code"), [s[1:] for s in SCANNED], ids=[s[0] for s in SCANNED])
def test_each_scanner_reports(path, content, code):
    report = run(path, content)
    assert code in codes(report)
    assert all(version[0].isdigit() for version in report.tools.values())


@pytest.mark.parametrize(("path", "content", "code"), [s[1:] for s in SCANNED], ids=[s[0] for s in SCANNED])
def test_what_base_had_is_not_reported_again(path, content, code):
    moved = content + b"# a comment\n"
    assert code not in codes(run(path, moved, base=content))


def test_a_second_copy_of_an_old_finding_is_new():
    once = b"import subprocess\nsubprocess.run(x, shell=True)\n"
    twice = once + b"subprocess.run(x, shell=True)\n"
    assert [
        f.location.start.line for f in run("job.py", twice, base=once).findings if f.code == "ruff/S602"
    ] == [3]


def test_suppressions_in_the_file_do_not_count():
    assert "ruff/S602" in codes(run("job.py", b"import subprocess\nsubprocess.run(x, shell=True)  # noqa\n"))
    assert "hadolint/DL3002" in codes(
        run("Dockerfile", b"FROM debian\n# hadolint ignore=DL3002\nUSER root\n")
    )


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    monkeypatch.setattr(scanners.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("path", "content", "code"), [s[1:] for s in SCANNED], ids=[s[0] for s in SCANNED])
def test_a_missing_scanner_is_a_finding(no_programs, path, content, code):
    assert "GOV004" in codes(run(path, content))


BROKEN = [
    ("crashes", "kill -9 $$"),
    ("prints no report", "echo hello"),
    ("prints half a report", "echo '{\"runs\": [{'"),
    ("prints nothing and fails", "exit 3"),
    ("never ends", "sleep 60"),
]


@pytest.mark.parametrize("script", [b[1] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_a_broken_scanner_is_a_finding(no_programs, script):
    fake = no_programs / "ruff"
    fake.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 1.0 && exit\nPATH=/bin:/usr/bin\n{script}\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    assert shutil.which("ruff")
    report = run("job.py", b"x = 1\n", check=InfraCheck(("ruff",), timeout=1))
    assert [(f.code, f.severity) for f in report.findings] == [("GOV002", Severity.HIGH)]


def test_an_unknown_scanner_in_the_policy_is_a_finding():
    assert codes(run("job.py", b"x = 1\n", check=InfraCheck(("rufff",)))) == {"GOV004"}


HOSTILE = [
    ("not python", "a.py", b"def (:\n"),
    ("not hcl", "a.tf", b'resource "a" {{{\n'),
    ("deep nesting", "a.py", b"(" * 5000),
]


@pytest.mark.parametrize(("path", "content"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_what_does_not_parse_is_a_finding(path, content):
    assert "GOV005" in codes(run(path, content))


def test_a_deleted_terraform_file_destroys_its_resources():
    base = b'resource "aws_db_instance" "shop" {\n}\n'
    assert codes(run("main.tf", None, base)) == {"INF005"}


def test_odd_file_names_reach_the_scanners_as_plain_ones():
    report = run("-rf\n\\xff $(id).py", b"import subprocess\nsubprocess.run(x, shell=True)\n")
    assert "ruff/S602" in codes(report)
    assert report.findings[0].location.path == "-rf\n\\xff $(id).py"


def test_credentials_do_not_reach_the_evidence():
    report = run("job.py", b'password = "hunter2hunter2"\n')
    assert {"ruff/S105", "INF008"} <= codes(report)
    assert not any("hunter2" in f"{f.quote}{f.message}" for f in report.findings)
