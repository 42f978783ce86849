"""The trace, a page at a time: outlines of the steps that match, and one step in full."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from governance.errors import InvalidInput
from governance.trace import Step, StepKind, Visibility
from governance.view.case import Case
from governance.view.decision import trace_summary
from governance.wire import plain

if TYPE_CHECKING:
    from governance.ledger.store import Ledger

OUTLINE = 160
LARGEST_PAGE = 500
_WITHHELD = {
    Visibility.ENCRYPTED: "withheld by the provider (encrypted)",
    Visibility.OMITTED: "withheld by the provider",
    Visibility.ABSENT: "no reasoning was recorded",
    Visibility.SUMMARY: "a summary by the provider",
    Visibility.FULL: "",
}


def trace_view(
    source: "Ledger | Case",
    decision_id: str = "",
    offset: int = 0,
    limit: int = 200,
    kinds: Collection[str] = (),
    text: str = "",
    around: int = 0,
) -> dict[str, Any]:
    """One page of step outlines. `around` moves the page so that it holds the step of that number."""
    case = source if isinstance(source, Case) else Case.open(source, decision_id)
    if case.trace is None:
        return {"summary": None, "matched": 0, "offset": 0, "steps": [], "at": None}
    matched = [step for step in case.trace.steps if _matches(step, kinds, text.casefold())]
    limit = max(1, min(limit, LARGEST_PAGE))
    at = next((i for i, step in enumerate(matched) if step.seq >= around), None) if around else None
    offset = max(0, at - limit // 2) if at is not None else max(0, offset)
    return {
        "summary": trace_summary(case.trace),
        "matched": len(matched),
        "offset": offset,
        "steps": [_outline(case, step) for step in matched[offset : offset + limit]],
        "at": at,
    }


def _matches(step: Step, kinds: Collection[str], text: str) -> bool:
    if kinds and str(step.kind) not in kinds:
        return False
    return not text or any(text in part.casefold() for part in _texts(step))


def _texts(step: Step) -> Iterator[str]:
    yield step.text
    if step.reasoning:
        yield step.reasoning.text
    if step.call:
        yield step.call.name
        yield json.dumps(plain(step.call.arguments), ensure_ascii=False)
    if step.result:
        yield step.result.content
    if step.choice:
        yield from (step.choice.question, step.choice.chosen, step.choice.because, *step.choice.options)


def _outline(case: Case, step: Step) -> dict[str, Any]:
    return {
        "seq": step.seq,
        "turn": step.turn,
        "kind": str(step.kind),
        "actor": str(step.actor),
        "title": " ".join(title(step)[: OUTLINE * 2].split())[:OUTLINE],
        "thread": step.thread,
        "status": str(step.result.status) if step.result else "",
        "visibility": str(step.reasoning.visibility) if step.reasoning else "",
        "withheld": _WITHHELD[step.reasoning.visibility] if step.reasoning else "",
        "wrote": sum(run["last"] - run["first"] + 1 for run in case.wrote.get(step.seq, ())),
        "findings": len(case.cited.get(step.seq, ())),
    }


def title(step: Step) -> str:
    """What a step is about, in its own words."""
    if step.kind is StepKind.REASONING and step.reasoning:
        return step.reasoning.text or _WITHHELD[step.reasoning.visibility]
    if step.call:
        arguments = [v for v in step.call.arguments.values() if isinstance(v, str) and v.strip()]
        return f"{step.call.name}  {min(arguments, key=len) if arguments else ''}"
    if step.result:
        return step.result.content or f"({step.result.status})"
    if step.choice:
        return f"{step.choice.question} → {step.choice.chosen}"
    return step.text or str(step.kind)


def step_view(source: "Ledger | Case", decision_id: str = "", seq: int = 1) -> dict[str, Any]:
    """One step in full, the thought before it, and the lines it wrote. Raises InvalidInput."""
    case = source if isinstance(source, Case) else Case.open(source, decision_id)
    steps: Sequence[Step] = case.trace.steps if case.trace else ()
    if not 1 <= seq <= len(steps):
        raise InvalidInput(f"decision {case.id} has no step {seq}", f"Its trace has {len(steps)} steps.")
    step = steps[seq - 1]
    return {
        **_outline(case, step),
        "text": step.text,
        "reasoning": step.reasoning.text if step.reasoning else "",
        "call": plain(step.call) if step.call else None,
        "result": plain(step.result) if step.result else None,
        "choice": plain(step.choice) if step.choice else None,
        "timestamp": step.timestamp,
        "model": step.model,
        "extra": plain(step.extra),
        "before": [_thought(one) for one in thoughts_before(steps, step)],
        "lines": list(case.wrote.get(seq, ())),
        "cited": list(case.cited.get(seq, ())),
    }


def _thought(step: Step) -> dict[str, Any]:
    shown, choice = step.reasoning, step.choice
    chosen = f"{title(step)}\n{choice.because}".strip() if choice else step.text
    return {
        "seq": step.seq,
        "kind": str(step.kind),
        "text": shown.text if shown else chosen,
        "withheld": _WITHHELD[shown.visibility] if shown else "",
    }


def thoughts_before(steps: Sequence[Step], step: Step, most: int = 3) -> list[Step]:
    """The reasoning, choice or message that led to a step: the nearest of its own thread, oldest first."""
    kinds = (StepKind.REASONING, StepKind.CHOICE, StepKind.MESSAGE)
    found: list[Step] = []
    for other in reversed(steps[max(0, step.seq - 41) : step.seq - 1]):
        if other.kind is StepKind.PROMPT or len(found) == most:
            break
        if other.thread != step.thread or (other.kind is StepKind.MESSAGE and not other.text.strip()):
            continue
        if other.kind in kinds:
            found.append(other)
        elif any(one.kind is not StepKind.CHOICE for one in found):
            break  # what was thought before an earlier action belongs to that one; a plan is no action
    return found[::-1]
