"""The infrastructure check: our own rules and the scanners, reporting what is new against base."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from governance.adapters.scanners import SCANNERS, ScanFailed, Scanner, ScanResult
from governance.artifact import Artifact, ArtifactKind, Change
from governance.catalog import rules
from governance.changeset import ChangeSet
from governance.check import CheckReport, examine
from governance.errors import InvalidInput, MissingTool
from governance.fault import CHECK_CRASHED, TOOL_MISSING, UNREADABLE
from governance.finding import Finding, Location
from governance.syntax.source import SourceFile

KINDS = frozenset({
    ArtifactKind.DAG, ArtifactKind.PYTHON, ArtifactKind.TERRAFORM, ArtifactKind.DOCKERFILE,
    ArtifactKind.WORKFLOW, ArtifactKind.SHELL,
})  # fmt: skip


_CREDENTIAL_RULES = frozenset({"S105", "S106", "S107"})
"""Rules whose quote and message would carry the credential itself into the evidence."""


@dataclass(frozen=True, slots=True)
class InfraCheck:
    """Runs on Python, DAGs, Terraform, Dockerfiles, workflows and shell scripts.

    `scanners` names the programs to use; `timeout` is what each may take, in seconds.
    """

    scanners: tuple[str, ...] = tuple(SCANNERS)
    timeout: float = 30.0
    name: str = "infra"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Findings that the change brings; what was there before is not reported."""
        artifacts = [a for a in changeset.artifacts if a.kind in KINDS and a.change is not Change.DELETED]
        findings = [finding for artifact in artifacts for finding in _own_findings(artifact)]
        findings += [finding for artifact in changeset.artifacts for finding in _destroyed(artifact)]
        tools: dict[str, str] = {}
        for word in self.scanners:
            scanner = SCANNERS.get(word)
            if scanner is None:
                known = ", ".join(SCANNERS)
                findings.append(
                    TOOL_MISSING.finding(f"no scanner is called {word}; known are {known}", quote=word)
                )
                continue
            suited = [artifact for artifact in artifacts if artifact.kind in scanner.kinds]
            if suited:
                findings += self._scan(scanner, suited, tools)
        return CheckReport(self.name, tuple(findings), tools=tools)

    def _scan(self, scanner: Scanner, artifacts: list[Artifact], tools: dict[str, str]) -> list[Finding]:
        try:
            tools[scanner.name] = scanner.version()
            return list(self._new_results(scanner, artifacts))
        except MissingTool as error:
            return [TOOL_MISSING.finding(error.message, Location(artifacts[0].path), quote=scanner.name)]
        except ScanFailed as error:
            return [CHECK_CRASHED.finding(error.message, Location(artifacts[0].path), quote=scanner.name)]

    def _new_results(self, scanner: Scanner, artifacts: list[Artifact]) -> Iterator[Finding]:
        before = Counter(_key(f) for f in self._results(scanner, artifacts, base=True))
        for finding in self._results(scanner, artifacts, base=False):
            if before[_key(finding)]:
                before[_key(finding)] -= 1
            else:
                yield finding

    def _results(self, scanner: Scanner, artifacts: list[Artifact], *, base: bool) -> Iterator[Finding]:
        texts = {a.path: (a.base if base else a.content) for a in artifacts}
        present = {path: data for path, data in texts.items() if data is not None}
        if not present:
            return
        with tempfile.TemporaryDirectory(prefix="governance-scan-") as folder:
            names = {_safe_name(path): path for path in present}
            for name, path in names.items():
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(present[path])
            for result in scanner.run(Path(folder), names, self.timeout):
                path = next((path for name, path in names.items() if result.path.endswith(name)), "")
                yield _finding(scanner, result, path, present.get(path, b""))


def _safe_name(path: str) -> str:
    """A name that any program takes; zizmor and others tell the kind of a file from its place."""
    file = PurePosixPath(path)
    digest = hashlib.sha256(path.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    folder = ".github/workflows/" if path.startswith(".github/workflows/") else ""
    return f"{folder}{digest}{file.suffix if file.suffix.isascii() else ''}"


def _finding(scanner: Scanner, result: ScanResult, path: str, data: bytes) -> Finding:
    lines = data.decode("utf-8", "replace").splitlines()
    quote = lines[result.start.line - 1].strip() if 0 < result.start.line <= len(lines) else ""
    if result.rule in _CREDENTIAL_RULES:
        quote = f"line with digest {hashlib.sha256(quote.encode()).hexdigest()[:12]}"
    return Finding(
        f"{scanner.name}/{result.rule}",
        result.rule,
        result.severity,
        result.message if result.rule not in _CREDENTIAL_RULES else "a credential stands in the code",
        Location(path, result.start),
        remedy=f"See rule {result.rule} of {scanner.name}.",
        quote=quote,
        category="infrastructure",
    )


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.location.path, finding.quote


def _own_findings(artifact: Artifact) -> Iterator[Finding]:
    base = None if artifact.base is None else SourceFile(artifact.path, artifact.kind, artifact.base_text)
    source = SourceFile(artifact.path, artifact.kind, artifact.text, base)
    try:
        source.parse()
    except InvalidInput as error:
        message = error.message.removeprefix(f"{artifact.path}:")
        yield UNREADABLE.finding(message, Location(artifact.path), quote=artifact.path)
        return
    except MissingTool as error:
        yield TOOL_MISSING.finding(error.message, Location(artifact.path), quote=artifact.path)
        return
    before = Counter(_key(finding) for finding in _examine(base)) if base else Counter()
    for finding in _examine(source):
        if before[_key(finding)]:
            before[_key(finding)] -= 1
        else:
            yield finding


def _examine(source: SourceFile) -> Iterable[Finding]:
    return examine(source, rules("infra"), Location(source.path))


def _destroyed(artifact: Artifact) -> Iterator[Finding]:
    """A deleted Terraform file destroys what it declared."""
    if artifact.change is Change.DELETED and artifact.kind is ArtifactKind.TERRAFORM:
        base = SourceFile(artifact.path, artifact.kind, artifact.base_text)
        yield from _examine(SourceFile(artifact.path, artifact.kind, "", base))
