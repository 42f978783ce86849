"""The trace itself: what was asked, and what it cost."""

import pytest

from governance.trace import Actor, Source, Step, StepKind, Trace, Usage

DONE = Step(1, 1, StepKind.MESSAGE, Actor.AGENT, "done", usage=Usage(10, 2, 1, 4))
ASKED = Step(1, 1, StepKind.PROMPT, Actor.USER, "what the transcript says")


def trace(*steps: Step) -> Trace:
    return Trace("t", Source("agent", "test"), steps)


CASES = [
    ("no prompt in the transcript", (DONE,), "add a mart", "add a mart", [1, 2]),
    ("the transcript has its own", (ASKED,), "add a mart", "what the transcript says", [1]),
    ("nothing was asked", (DONE,), "", "", [1]),
]


@pytest.mark.parametrize(
    ("steps", "task", "expected", "numbers"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_asked(steps, task, expected, numbers):
    told = trace(*steps).asked(task)
    assert told.task == expected
    assert [step.seq for step in told.steps] == numbers


def test_usage_is_summed():
    assert trace(DONE, DONE, ASKED).usage == Usage(20, 4, 2, 8)
