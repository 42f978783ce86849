"""Findings for a terminal: what, where, why it matters, and how to mend it."""

import os
import sys

from governance.changeset import ChangeSet
from governance.decision import Decision, Judgement
from governance.finding import Finding, Location, Verdict
from governance.report import dbt
from governance.report.inert import inert, inert_name, one_line

_COLOURS = {Verdict.PASS: "32", Verdict.REVIEW: "33", Verdict.BLOCK: "31"}
_QUOTE_WIDTH, _RELATED = 100, 3


def render(decision: Decision, changeset: ChangeSet) -> str:
    """One paragraph for each finding, gravest first, what a dbt change does, and the verdict at the end."""
    paragraphs = [_paragraph(judgement, changeset) for judgement in decision.judgements]
    return "\n".join([*paragraphs, *dbt.block(decision), _summary(decision, changeset)]) + "\n"


def _paragraph(judgement: Judgement, changeset: ChangeSet) -> str:
    finding = judgement.finding
    mark = "waived" if judgement.waiver else str(judgement.verdict)
    where = inert_name(str(finding.location))
    head = f"{paint(mark, judgement.verdict)} {finding.code} {finding.name}  {where}"
    lines = [head.rstrip(), f"    {one_line(finding.message)}"]
    lines += _source(finding.location, changeset)
    lines += _related(finding)
    if finding.remedy:
        lines.append(f"    mend: {one_line(finding.remedy)}")
    if finding.allow:
        lines.append(f"    allow: {one_line(finding.allow)}")
    if judgement.waiver:
        waiver = judgement.waiver
        lines.append(
            f"    waived by {one_line(waiver.author)} until {waiver.expires}: {one_line(waiver.reason)}"
        )
    if judgement.verdict is not Verdict.PASS:
        lines.append(f"    fingerprint: {finding.fingerprint}")
    return "\n".join(lines) + "\n"


def _related(finding: Finding) -> list[str]:
    places = [inert_name(str(place)) for place in finding.related]
    if finding.category != "impact":
        return [f"    see also {place}" for place in places]
    more = f" and {len(places) - _RELATED} more" if len(places) > _RELATED else ""
    return [f"    see also {', '.join(places[:_RELATED])}{more}"] if places else []


def _source(place: Location, changeset: ChangeSet) -> list[str]:
    """The offending line with a mark under the column."""
    artifact = next((a for a in changeset.artifacts if a.path == place.path), None)
    if artifact is None or artifact.content is None or place.start is None:
        return []
    rows = artifact.content.decode("utf-8", "replace").splitlines()
    if not 0 < place.start.line <= len(rows):
        return []
    row = rows[place.start.line - 1].replace("\t", " ")
    start = max(0, place.start.column - 1 - _QUOTE_WIDTH // 2) if len(row) > _QUOTE_WIDTH else 0
    shown = row[start : start + _QUOTE_WIDTH]
    number = str(place.start.line)
    before = inert(shown[: place.start.column - 1 - start])
    return [f"    {number} | {inert(shown)}", f"    {' ' * len(number)} | {' ' * len(before)}^"]


def _summary(decision: Decision, changeset: ChangeSet) -> str:
    counts = [sum(j.verdict is verdict for j in decision.judgements) for verdict in reversed(Verdict)]
    named = [f"{n} {v}" for n, v in zip(counts, ("blocking", "to review", "noted"), strict=True) if n]
    files = len(changeset.artifacts)
    what = f"{files} artifact{'s' if files != 1 else ''}"
    return f"{paint(str(decision.verdict), decision.verdict)}: {what}, {', '.join(named) or 'nothing found'}"


def paint(word: str, verdict: Verdict) -> str:
    """The word in the verdict's colour, on a terminal that wants colours."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return word
    return f"\033[1;{_COLOURS[verdict]}m{word}\033[0m"
