"""One artifact: its diff from base to head, with the step behind each line and findings beside it."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from governance.artifact import Artifact
from governance.errors import InvalidInput
from governance.view.case import Case
from governance.view.decision import finding_view

if TYPE_CHECKING:
    from governance.ledger.store import Ledger

MOST_LINES = 6000
"""Lines beyond these are counted, not shown; the whole file stays in the evidence."""


def artifact_view(source: "Ledger | Case", decision_id: str = "", path: str = "") -> dict[str, Any]:
    """The diff of one artifact. Raises InvalidInput when the decision is not about such a file."""
    case = source if isinstance(source, Case) else Case.open(source, decision_id)
    artifact = case.artifacts.get(path)
    if artifact is None:
        raise InvalidInput(f"decision {case.id} is not about {path!r}", "Its page lists the artifacts.")
    findings = [finding_view(rank, finding) for rank, finding in enumerate(case.findings)]
    shared = {
        "path": path,
        "kind": str(artifact.kind),
        "change": str(artifact.change),
        "findings": [f for f in findings if f["path"] == path or _mentions(f, path)],
    }
    try:
        rows = list(_rows(case, artifact))
    except InvalidInput as error:
        return {**shared, "rows": [], "omitted": 0, "problem": error.message}
    return {**shared, "rows": rows[:MOST_LINES], "omitted": max(0, len(rows) - MOST_LINES), "problem": ""}


def _mentions(finding: dict[str, Any], path: str) -> bool:
    return any(place["path"] == path for place in finding["related"])


def _rows(case: Case, artifact: Artifact) -> Iterator[dict[str, Any]]:
    """Lines of the diff: same, added or removed, with their numbers on both sides and the step behind it."""
    old, new = _lines(artifact.base_text), _lines(artifact.text)
    origins = _origins(case, artifact, new)
    removed = case.removed(artifact.path) if len(old) == len(artifact.base_text.splitlines()) else {}
    for tag, a, b, c, d in _opcodes(old, new):
        if tag == "equal":
            for before, after in zip(range(a, b), range(c, d), strict=True):
                yield _row("same", before + 1, after + 1, new[after], origins[after])
            continue
        for before in range(a, b):
            step = removed.get(before + 1)
            source = "step" if step else "unexplained" if case.trace else ""
            yield _row("removed", before + 1, None, old[before], (step, source))
        for after in range(c, d):
            yield _row("added", None, after + 1, new[after], origins[after])


def _opcodes(old: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(old) + len(new) > 4 * MOST_LINES:  # comparing takes the square of it, and nobody reads it
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=len(new) > MOST_LINES).get_opcodes()


def _row(
    kind: str, old: int | None, new: int | None, text: str, origin: tuple[int | None, str]
) -> dict[str, Any]:
    return {"kind": kind, "old": old, "new": new, "text": text, "step": origin[0], "from": origin[1]}


def _lines(text: str) -> list[str]:
    """Lines as findings count them: only a line feed ends one, whatever else a file hides."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _origins(case: Case, artifact: Artifact, lines: list[str]) -> list[tuple[int | None, str]]:
    """For each line the step that wrote it, and in a word where it is from."""
    blamed = case.blamed.get(artifact.path, ())
    origins: list[tuple[int | None, str]] = []
    at = 0
    for line in lines:
        pieces = max(1, len(line.splitlines()))  # blame also ends a line at rarer characters
        mine = blamed[at : at + pieces]
        at += pieces
        step = next((piece.step for piece in mine if piece.step is not None), None)
        if not mine:
            origins.append((None, ""))
        elif step is not None:
            origins.append((step, "step"))
        else:
            origins.append((None, "base" if all(piece.base for piece in mine) else "unexplained"))
    return origins
