"""One decision with everything the ledger kept beside it, each part read when first asked for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from governance.artifact import Artifact, ArtifactKind, Change
from governance.attestation import payload_of
from governance.blame import BlamedLine, blame, blame_removed
from governance.errors import InvalidEvidence, InvalidInput
from governance.lineage import Graph, lineage_of
from governance.redaction import redact_text
from governance.trace import Trace
from governance.wire import loads

if TYPE_CHECKING:
    from governance.attestation import SaltedTrace
    from governance.ledger.store import Entry, Ledger


@dataclass(frozen=True)
class Case:
    """A ledger entry, opened. Raises InvalidEvidence where a part is missing or was altered."""

    ledger: "Ledger"
    entry: "Entry"

    @classmethod
    def open(cls, ledger: "Ledger", decision_id: str) -> "Case":
        """The case whose decision id starts so. Raises InvalidInput unless exactly one does."""
        return cls(ledger, ledger.entry(decision_id))

    @property
    def id(self) -> str:
        """The decision's id."""
        return self.entry.decision_id

    @cached_property
    def predicate(self) -> Mapping[str, Any]:
        """What was decided, as it was signed; whether the signature holds is the proof's business."""
        return dict(self.statement["predicate"])

    @cached_property
    def statement(self) -> Mapping[str, Any]:
        """The in-toto statement inside the envelope."""
        try:
            statement = dict(loads(payload_of(self.ledger.envelope(self.entry))))
            _ = statement["subject"], statement["predicate"]["verdict"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidEvidence(
                f"decision {self.id}: its envelope cannot be read", "Restore it from a copy of the bodies."
            ) from error
        return statement

    @cached_property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """The signed findings, gravest first."""
        return tuple(self.predicate.get("findings", ()))

    @cached_property
    def bodies(self) -> Mapping[tuple[str, str], str]:
        """The digest of every stored body, by role and name."""
        return self.ledger.body_digests(self.entry.position)

    @cached_property
    def salted(self) -> "SaltedTrace | None":
        """The trace with its salts."""
        return self.ledger.trace(self.entry)

    @property
    def trace(self) -> Trace | None:
        """The trace, if the change came with one."""
        return self.salted.trace if self.salted else None

    @cached_property
    def artifacts(self) -> Mapping[str, Artifact]:
        """The artifacts by path, as the ledger kept them but for their secrets: a page is read by many."""
        return {subject["name"]: self._artifact(subject) for subject in self.statement["subject"]}

    def _artifact(self, subject: Mapping[str, Any]) -> Artifact:
        notes, path = subject["annotations"], subject["name"]
        gone = notes["change"] == str(Change.DELETED)
        content = None if gone else self._body("head", path) or b""
        kind = notes["kind"] if notes["kind"] in set(ArtifactKind) else ArtifactKind.OTHER
        return Artifact(
            path, ArtifactKind(kind), content, self._body("base", path), mode=notes.get("mode", "100644")
        )

    def _body(self, role: str, name: str) -> bytes | None:
        digest = self.bodies.get((role, name))
        return _without_secrets(self.ledger.bodies.get(digest)) if digest else None

    @cached_property
    def blamed(self) -> Mapping[str, tuple[BlamedLine, ...]]:
        """For each artifact that is text, which step wrote each of its lines."""
        return {path: self._blame(artifact) for path, artifact in self.artifacts.items()}

    def _blame(self, artifact: Artifact) -> tuple[BlamedLine, ...]:
        if self.trace is None or artifact.content is None:
            return ()
        try:
            return blame(artifact, self.trace)
        except InvalidInput:
            return ()  # no text, so it has no lines; the artifact's own page says so

    def removed(self, path: str) -> Mapping[int, int]:
        """For an artifact that is text, the step that removed each line, by the line's old number."""
        if self.trace is None:
            return {}
        try:
            return blame_removed(self.artifacts[path], self.trace)
        except InvalidInput:
            return {}

    @cached_property
    def wrote(self) -> Mapping[int, Sequence[Mapping[str, Any]]]:
        """For each step the runs of lines it wrote: path, first and last line."""
        runs: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for path, lines in self.blamed.items():
            for blamed in lines:
                if blamed.step is None:
                    continue
                mine = runs[blamed.step]
                if mine and mine[-1]["path"] == path and mine[-1]["last"] == blamed.line - 1:
                    mine[-1]["last"] = blamed.line
                else:
                    mine.append({"path": path, "first": blamed.line, "last": blamed.line})
        return runs

    @cached_property
    def lineage(self) -> Graph:
        """From the prompt to the tables and columns."""
        return lineage_of(self.id, self.predicate, self.artifacts.values(), self.salted)

    @cached_property
    def cited(self) -> Mapping[int, Sequence[int]]:
        """For each step the findings (by rank) that point at it."""
        found: dict[int, list[int]] = defaultdict(list)
        for rank, finding in enumerate(self.findings):
            for place in (finding.get("location", {}), *finding.get("related", ())):
                if place.get("step") is not None:
                    found[place["step"]].append(rank)
        return found


def _without_secrets(content: bytes) -> bytes:
    """The trace was cleaned in the same way before it was stored, so its edits still fit the text."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return redact_text(text)[0].encode()
