"""The lineage of one decision: prompt → steps → lines → tables and columns → findings → decision.

Ids are made of content, so the same prompt, bytes or table is the same node in every graph. What a
blocked change would have read or written never happened; such edges are only `proposed`.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from governance.artifact import Artifact
from governance.attestation import SaltedTrace
from governance.blame import blame
from governance.errors import InvalidInput
from governance.facts import EffectKind, TraceFacts, is_temporary, resolved
from governance.reach import Reach, reach_of, statement_reach
from governance.trace import ResultStatus, Step, StepKind, Trace

MOST_STEPS = 60
"""Steps beyond these are counted as omitted: those that wrote, chose or are cited come first."""

MOST_READS = 40


class NodeKind(StrEnum):
    """What a node stands for."""

    PROMPT = "prompt"
    STEP = "step"
    CHOICE = "choice"
    ARTIFACT = "artifact"
    LINES = "lines"
    FINDING = "finding"
    DECISION = "decision"
    DATASET = "dataset"
    COLUMN = "column"


class EdgeKind(StrEnum):
    """How two nodes hang together; the direction is that of time and data flow, cause first."""

    USED = "used"
    GENERATED = "wasGeneratedBy"
    INFORMED = "wasInformedBy"
    PART = "partOf"
    CHECKED = "checkedBy"
    DECIDED = "decidedBy"
    READS = "readsFrom"
    WRITES = "writesTo"

    @property
    def looks_back(self) -> bool:
        """Whether the verb is the effect's: a step `used` a table, though the table came first."""
        return self in (EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.INFORMED, EdgeKind.READS)


class Standing(StrEnum):
    """Whether something happened, may happen, or was only proposed."""

    RECORDED = "recorded"
    EXECUTED = "executed"
    ALLOWED = "allowed"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the graph; `step`, `path` and `line` say where the view shows it."""

    id: str
    kind: NodeKind
    label: str
    detail: str = ""
    step: int | None = None
    path: str = ""
    line: int | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A tie from cause to effect; data flows from `source` to `target`."""

    source: str
    target: str
    kind: EdgeKind
    standing: Standing = Standing.RECORDED


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges; `omitted` counts steps that are left out for the sake of the reader."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    omitted: int = 0


def lineage_of(
    decision_id: str,
    predicate: Mapping[str, Any],
    artifacts: Iterable[Artifact],
    salted: SaltedTrace | None,
) -> Graph:
    """The graph of one decision, from what the ledger keeps of it."""
    builder = _Builder(decision_id, predicate)
    artifacts = tuple(artifacts)
    if salted:
        builder.trace(salted, artifacts)
    for artifact in artifacts:
        builder.artifact(artifact, salted.trace if salted else None)
    builder.findings()
    return Graph(tuple(builder.nodes.values()), tuple(builder.edges), builder.omitted)


def _short(text: str | bytes) -> str:
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()[:16]


@dataclass
class _Builder:
    """Collects nodes and edges, each once."""

    decision_id: str
    predicate: Mapping[str, Any]
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    omitted: int = 0
    steps: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        verdict = self.predicate["verdict"]
        approved = bool(self.predicate.get("approval"))
        self.standing = Standing.ALLOWED if verdict == "pass" or approved else Standing.PROPOSED
        shown = "pass" if approved else verdict
        self.decision = self.add(
            Node(f"decision:{self.decision_id}", NodeKind.DECISION, shown, self.decision_id, verdict=shown)
        )

    def add(self, node: Node) -> str:
        """The id of the node, which is kept as it was first seen."""
        self.nodes.setdefault(node.id, node)
        return node.id

    def tie(self, source: str, target: str, kind: EdgeKind, standing: Standing = Standing.RECORDED) -> None:
        """An edge, unless a node would be tied to itself."""
        if source != target:
            self.edges.setdefault(Edge(source, target, kind, standing))

    def trace(self, salted: SaltedTrace, artifacts: Collection[Artifact]) -> None:
        """The prompt, the steps that matter, and the data they looked at."""
        trace, name = salted.trace, f"trace:{salted.root[:16]}"
        wrote = _writers(trace, artifacts)
        wanted = _telling(trace, wrote, self._cited())
        self.omitted = len(trace.steps) - len(wanted)
        before = ""
        for step in trace.steps:
            if step.seq not in wanted:
                continue
            node = self._step(step, name, step.seq in wrote)
            self.steps[step.seq] = node
            if before:
                self.tie(before, node, EdgeKind.INFORMED)
            before = node
        self._looked_at(trace)

    def _cited(self) -> set[int]:
        places = (
            place
            for finding in self.predicate.get("findings", ())
            for place in (finding.get("location", {}), *finding.get("related", ()))
        )
        return {place["step"] for place in places if place.get("step") is not None}

    def _step(self, step: Step, trace: str, wrote: bool) -> str:
        text = step_text(step)
        if step.kind is StepKind.PROMPT:
            return self.add(Node(f"prompt:{_short(text)}", NodeKind.PROMPT, _label(text), step=step.seq))
        kind = NodeKind.CHOICE if step.kind is StepKind.CHOICE else NodeKind.STEP
        detail = f"{step.kind.replace('_', ' ')}{', wrote lines' if wrote else ''}"
        return self.add(Node(f"{trace}#{step.seq}", kind, _label(text), detail, step=step.seq))

    def _looked_at(self, trace: Trace) -> None:
        """What the agent's own calls read: these did happen, unless they were refused."""
        reads = 0
        for action in TraceFacts(trace).actions:
            if not action.took_place or action.result.status is ResultStatus.ERROR:
                continue
            for effect in action.effects:
                node = self.steps.get(action.step.seq)
                if node is None or reads >= MOST_READS:
                    continue
                if effect.kind is EffectKind.READ and not is_temporary(effect.target):
                    target = resolved(effect)
                    reads += 1
                    seen = self.add(Node(f"file:{_short(target)}", NodeKind.DATASET, target, "file read"))
                    self.tie(seen, node, EdgeKind.USED, Standing.EXECUTED)
                elif effect.kind is EffectKind.SQL:
                    reads += 1
                    self._queried(effect.target, node)

    def _queried(self, sql: str, node: str) -> None:
        reach = statement_reach(sql)
        for table in reach.reads:
            self.tie(self._table(table), node, EdgeKind.USED, Standing.EXECUTED)
        for table in reach.writes:
            self.tie(node, self._table(table), EdgeKind.WRITES, Standing.EXECUTED)

    def _table(self, name: str) -> str:
        return self.add(Node(f"dataset:{name}", NodeKind.DATASET, name, "table"))

    def _column(self, table: str, name: str) -> str:
        node = self.add(Node(f"column:{table}.{name}", NodeKind.COLUMN, f"{table}.{name}", "column"))
        self.tie(self._table(table), node, EdgeKind.PART)
        return node

    def artifact(self, artifact: Artifact, trace: Trace | None) -> None:
        """One artifact, its runs of lines by the step that wrote them, and what it touches."""
        name = f"artifact:{artifact.sha256[:16]}:{_short(artifact.path)[:8]}"
        self.add(
            Node(
                name,
                NodeKind.ARTIFACT,
                artifact.path,
                f"{artifact.change} {artifact.kind}",
                path=artifact.path,
            )
        )
        self.tie(name, self.decision, EdgeKind.DECIDED)
        for first, last, step in _runs(artifact, trace):
            node = self.steps.get(step)
            if node is None:
                continue
            label = f"line {first}" if first == last else f"lines {first}–{last}"
            lines = self.add(
                Node(
                    f"{name}#{first}-{last}", NodeKind.LINES, label, artifact.path, step, artifact.path, first
                )
            )
            self.tie(node, lines, EdgeKind.GENERATED)
            self.tie(lines, name, EdgeKind.PART)
        self._touches(name, reach_of(artifact))

    def _touches(self, name: str, reach: Reach) -> None:
        traced = {table for sources in reach.columns.values() for table, _ in sources}
        for table in reach.reads:
            if table not in traced:
                self.tie(self._table(table), name, EdgeKind.READS, self.standing)
        for table in reach.writes:
            self.tie(name, self._table(table), EdgeKind.WRITES, self.standing)
        for column, sources in reach.columns.items():
            made = self._column(reach.writes[0], column) if reach.writes else ""
            for table, source in sorted(sources):
                read = self._column(table, source)
                self.tie(read, name, EdgeKind.READS, self.standing)
            if made:
                self.tie(name, made, EdgeKind.WRITES, self.standing)

    def findings(self) -> None:
        """Every finding, between what it is about and the decision."""
        names = {node.path: node.id for node in self.nodes.values() if node.kind is NodeKind.ARTIFACT}
        for finding in self.predicate.get("findings", ()):
            place = finding.get("location", {})
            line = (place.get("start") or {}).get("line")
            node = self.add(
                Node(
                    f"finding:{finding['fingerprint']}",
                    NodeKind.FINDING,
                    f"{finding['code']} {finding['name']}",
                    finding["message"],
                    place.get("step"),
                    place.get("path", ""),
                    line,
                    finding["verdict"],
                )
            )
            about = names.get(place.get("path", "")) or self.steps.get(place.get("step") or 0)
            if about:
                self.tie(about, node, EdgeKind.CHECKED)
            self.tie(node, self.decision, EdgeKind.DECIDED)


def step_text(step: Step) -> str:
    """The words of a step: what was asked, thought, chosen or called."""
    if step.reasoning:
        return step.reasoning.text or f"reasoning {step.reasoning.visibility}"
    if step.choice:
        return f"{step.choice.question} → {step.choice.chosen}"
    if step.call:
        words = [v for v in step.call.arguments.values() if isinstance(v, str) and v.strip()]
        return f"{step.call.name} {min(words, key=len) if words else ''}"
    return step.result.content if step.result else step.text


def _label(text: str) -> str:
    line = " ".join(text[:400].split())
    return line if len(line) <= 120 else line[:119] + "…"


def _writers(trace: Trace, artifacts: Iterable[Artifact]) -> set[int]:
    return {step for artifact in artifacts for _, _, step in _runs(artifact, trace)}


def _runs(artifact: Artifact, trace: Trace | None) -> list[tuple[int, int, int]]:
    """First line, last line and step of each run of lines that one step wrote."""
    runs: list[tuple[int, int, int]] = []
    if trace is None or artifact.content is None:
        return runs
    try:
        lines = blame(artifact, trace)
    except InvalidInput:
        return runs  # no text, so no lines
    for blamed in lines:
        if blamed.step is None:
            continue
        if runs and runs[-1][2] == blamed.step and runs[-1][1] == blamed.line - 1:
            runs[-1] = (runs[-1][0], blamed.line, blamed.step)
        else:
            runs.append((blamed.line, blamed.line, blamed.step))
    return runs


def _telling(trace: Trace, wrote: set[int], cited: set[int]) -> set[int]:
    """The steps worth a node: prompt, writers, what led to them, choices, and what findings cite."""
    ordered: dict[int, None] = {}
    for step in trace.steps:
        if step.kind is StepKind.PROMPT:
            ordered[step.seq] = None
            break
    ordered |= dict.fromkeys(sorted(wrote)) | dict.fromkeys(sorted(cited & {s.seq for s in trace.steps}))
    reasons: dict[int, None] = {}
    for seq in sorted(wrote):
        before = [
            s for s in trace.steps[max(0, seq - 12) : seq - 1] if s.thread == trace.steps[seq - 1].thread
        ]
        thought = next((s for s in reversed(before) if s.kind in (StepKind.REASONING, StepKind.CHOICE)), None)
        if thought:
            reasons[thought.seq] = None
    choices = dict.fromkeys(s.seq for s in trace.steps if s.kind is StepKind.CHOICE)
    looks = dict.fromkeys(s.seq for s in trace.steps if s.call and s.call.tool in ("read", "sql"))
    return set(list(ordered | reasons | choices | looks)[:MOST_STEPS])
