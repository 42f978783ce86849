"""Dockerfiles as instructions with positions; continuation lines are joined."""

from collections.abc import Iterator
from dataclasses import dataclass

from governance.finding import Position


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, such as RUN with its arguments on one line; `stage` counts FROM lines from 1."""

    word: str
    arguments: str
    position: Position
    stage: int


def read_instructions(text: str) -> tuple[Instruction, ...]:
    """All instructions in order; comments and blank lines are left out."""
    instructions: list[Instruction] = []
    stage = 0
    for number, line in _logical_lines(text):
        word, _, arguments = line.strip().partition(" ")
        stage += word.upper() == "FROM"
        column = len(line) - len(line.lstrip()) + 1
        instructions.append(Instruction(word.upper(), arguments.strip(), Position(number, column), stage))
    return tuple(instructions)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not pending):
            continue
        start = start if pending else number
        if line.rstrip().endswith("\\"):
            pending += line.rstrip()[:-1] + " "
            continue
        yield start, pending + line
        pending = ""
    if pending:
        yield start, pending
