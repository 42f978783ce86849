"""Who wrote each line of a file as it is: its bytes lead to a decision, and that to those before it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import InvalidInput
from governance.view.case import Case
from governance.view.steps import thoughts_before

if TYPE_CHECKING:
    from governance.ledger.store import Ledger
    from governance.trace import Step


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One line of a file. `decision` is the one that let it in, `step` the step of its trace that wrote it.

    Without a step the line is unexplained; without a decision it is older than the ledger.
    """

    line: int
    text: str
    decision: str = ""
    step: int | None = None
    agent: str = ""
    why: tuple["Step", ...] = ()


def file_history(ledger: "Ledger", path: str, content: bytes) -> list[ToldLine]:
    """Each line of a text with the step that wrote it. Raises InvalidInput when nobody judged these bytes."""
    digest = hashlib.sha256(content).hexdigest()
    case = _judged(ledger, digest, path)
    if case is None:
        remedy = f"It was changed since, or never judged; `governance log --text {path}` tells."
        raise InvalidInput(f"no decision in the ledger is about {path} as it is now", remedy)
    texts = content.decode("utf-8", "replace").splitlines()
    told = [ToldLine(number, text) for number, text in enumerate(texts, start=1)]
    numbers = {line.line: line.line for line in told}  # in the version at hand → in the file
    seen: set[int] = set()
    while case is not None and numbers and case.entry.position not in seen:
        seen.add(case.entry.position)
        older: dict[int, int] = {}
        for blamed in case.blamed.get(path, ()):
            if blamed.line not in numbers:
                continue
            number = numbers[blamed.line]
            if blamed.before:
                older[blamed.before] = number
            else:
                told[number - 1] = _told(case, number, texts[number - 1], blamed.step)
        digest = case.bodies.get(("base", path), "")
        case, numbers = _judged(ledger, digest, path) if digest else None, older
    return told


def _judged(ledger: "Ledger", digest: str, path: str) -> Case | None:
    """The newest decision about these bytes that came with a trace; else the newest at all."""
    cases = [Case(ledger, entry) for entry in reversed(ledger.entries_about(digest, path))]
    return next((case for case in cases if case.trace), cases[0] if cases else None)


def _told(case: Case, number: int, text: str, step: int | None) -> ToldLine:
    why: Sequence[Step] = ()
    if step is not None and case.trace is not None:
        why = thoughts_before(case.trace.steps, case.trace.steps[step - 1])
    return ToldLine(number, text, case.id, step, case.entry.agent, tuple(why))
