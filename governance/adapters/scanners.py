"""Scanners for infrastructure code as separate programs: ruff, hadolint, zizmor and shellcheck.

Each is given exact copies of the files in a folder of its own, a time limit, and no configuration
of the repository's (an agent could edit it). Their reports come back in one shape.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.artifact import ArtifactKind
from governance.errors import GovernanceError, MissingTool
from governance.finding import Position, Severity


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One thing that a scanner said, as in SARIF: its rule, its level, where, and its words."""

    rule: str
    severity: Severity
    message: str
    path: str
    start: Position


@dataclass(frozen=True, slots=True)
class Scanner:
    """How to call one program and read what it prints."""

    name: str
    kinds: frozenset[ArtifactKind]
    arguments: tuple[str, ...]
    read: Callable[[str], Iterator[ScanResult]]
    version_arguments: tuple[str, ...] = ("--version",)

    def run(self, folder: Path, paths: Iterable[str], timeout: float) -> list[ScanResult]:
        """Scan files below `folder`. Raises MissingTool, or ScanFailed when there is no report."""
        command = [self._program(), *self.arguments, *(f"./{path}" for path in paths)]
        printed = _call(self.name, command, folder, timeout)
        try:
            return list(self.read(printed))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ScanFailed(f"{self.name} printed no report that can be read: {error}") from error

    def version(self) -> str:
        """What the program says of itself, on one line."""
        printed = _call(self.name, [self._program(), *self.version_arguments], Path("/"), 10)
        words = [word for word in printed.split() if word[:1].isdigit()]
        return words[0] if words else "unknown"

    def _program(self) -> str:
        beside = Path(sys.executable).with_name(self.name)
        program = str(beside) if beside.exists() else shutil.which(self.name)
        if program is None:
            raise MissingTool(f"{self.name} is not installed", "pip install 'airflow-governance[infra]'")
        return program


class ScanFailed(GovernanceError):
    """A scanner ended without a report: it crashed, was killed, or took too long."""


def _call(name: str, command: list[str], folder: Path, timeout: float) -> str:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise ScanFailed(f"{name} was stopped after {timeout:g} s") from error
    except OSError as error:
        raise MissingTool(f"{name} cannot be started: {error.strerror}", "Install it again.") from error
    if done.returncode < 0 or (done.returncode and not done.stdout.strip()):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ScanFailed(f"{name} ended with status {done.returncode}: {said[-1] if said else 'no output'}")
    return done.stdout.decode("utf-8", "replace")


def _sarif(grade: Callable[[Mapping[str, Any]], Severity]) -> Callable[[str], Iterator[ScanResult]]:
    def read(printed: str) -> Iterator[ScanResult]:
        for run in json.loads(printed)["runs"]:
            for result in run["results"]:
                place = result["locations"][0]["physicalLocation"]
                region = place["region"]
                yield ScanResult(
                    result["ruleId"].rpartition("/")[2],
                    grade(result),
                    result["message"]["text"],
                    place["artifactLocation"]["uri"],
                    Position(region["startLine"], region.get("startColumn", 1)),
                )

    return read


def _shellcheck(printed: str) -> Iterator[ScanResult]:
    for comment in json.loads(printed)["comments"]:
        rule = f"SC{comment['code']}"
        severity = _SHELL.get(rule) or _SHELL_LEVELS[comment["level"]]
        place = Position(comment["line"], comment["column"])
        yield ScanResult(rule, severity, comment["message"], comment["file"], place)


_SHELL_LEVELS = {
    "error": Severity.MEDIUM,
    "warning": Severity.LOW,
    "info": Severity.INFO,
    "style": Severity.INFO,
}
_SHELL = {"SC2115": Severity.HIGH, "SC2114": Severity.HIGH}
_RUFF = {
    # credentials in code, commands from text, and code from data: what an attacker looks for first
    **dict.fromkeys(("S102", "S105", "S106", "S301", "S307", "S506", "S602", "S604", "S605"), Severity.HIGH),
    # weak transport, SQL from strings, unchecked archives, world-writable files
    **dict.fromkeys(("S103", "S202", "S310", "S501", "S323", "S608", "S701"), Severity.MEDIUM),
    # `assert` and calls with fixed arguments are everyday code
    **dict.fromkeys(("S101", "S404", "S603", "S607"), Severity.INFO),
}
_HADOLINT = {"DL3002": Severity.HIGH, "DL3004": Severity.MEDIUM}
_HADOLINT_LEVELS = {"error": Severity.MEDIUM, "warning": Severity.LOW, "note": Severity.INFO}
_ZIZMOR_LEVELS = {"High": Severity.HIGH, "Medium": Severity.MEDIUM, "Low": Severity.LOW}


def _grade_ruff(result: Mapping[str, Any]) -> Severity:
    if not result["ruleId"].startswith(("S", "AIR")):
        return Severity.MEDIUM  # a syntax error or another word that the file was not fully read
    return _RUFF.get(result["ruleId"], Severity.LOW)


def _grade_hadolint(result: Mapping[str, Any]) -> Severity:
    return _HADOLINT.get(result["ruleId"]) or _HADOLINT_LEVELS.get(result["level"], Severity.MEDIUM)


def _grade_zizmor(result: Mapping[str, Any]) -> Severity:
    said = result.get("properties", {})
    severity = _ZIZMOR_LEVELS.get(said.get("zizmor/severity", ""), Severity.INFO)
    if result["ruleId"].endswith("unpinned-uses"):
        return Severity.MEDIUM  # worth a look, but half the world pins by tag
    return min(severity, Severity.LOW) if said.get("zizmor/confidence") == "Low" else severity


_PYTHON = frozenset({ArtifactKind.PYTHON, ArtifactKind.DAG})
SCANNERS: Mapping[str, Scanner] = {
    scanner.name: scanner
    for scanner in (
        Scanner(
            "ruff",
            _PYTHON,
            ("check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero", "--select", "S,AIR",
             "--output-format", "sarif"),
            _sarif(_grade_ruff),
        ),
        Scanner(
            "hadolint",
            frozenset({ArtifactKind.DOCKERFILE}),
            ("--no-fail", "--disable-ignore-pragma", "-f", "sarif"),
            _sarif(_grade_hadolint),
        ),
        Scanner(
            "zizmor",
            frozenset({ArtifactKind.WORKFLOW}),
            ("--offline", "--no-config", "--no-exit-codes", "--quiet", "--format", "sarif"),
            _sarif(_grade_zizmor),
        ),
        Scanner("shellcheck", frozenset({ArtifactKind.SHELL}), ("--norc", "-f", "json1"), _shellcheck),
    )
}  # fmt: skip
