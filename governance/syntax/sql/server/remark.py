"""What a server says against a statement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """The reason, and the place in the text from character `start` to `end`.

    `calls` names the function that would be called by what looks like a column; the server refuses
    the statement where it is empty.
    """

    reason: str
    start: int
    end: int
    calls: str = ""
