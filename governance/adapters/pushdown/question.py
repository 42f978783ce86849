"""What an expectation asks of a table in SQL, and what the answer means.

A question is answered with a finding, or leads to another question when the first answers are needed
to ask it. Whatever cannot be said with certainty to be what Great Expectations says is left to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Leave(Exception):
    """Raised where only Great Expectations itself can judge."""


@dataclass(frozen=True, slots=True)
class Found:
    """Whether an expectation is met, with the counts that Great Expectations gives for it."""

    success: bool
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """Aggregates over all rows of a table; `judge` is called with their values, in order."""

    aggregates: tuple[str, ...]
    judge: Callable[..., "Answer"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A query of its own; `judge` is called with its rows, at most `LONGEST`."""

    query: str
    judge: Callable[[list[tuple[Any, ...]]], "Answer"]


Answer = Found | Question | Listing
LONGEST = 100_000


def known(value: bool | None) -> bool:
    """A verdict that rounding does not blur; leaves to Great Expectations what it does."""
    if value is None:
        raise Leave
    return value


def mapped(rows: int, missing: int, unexpected: int, mostly: float) -> Found:
    """The result of an expectation about each row: of `rows`, so many are missing and unexpected."""
    considered = rows - missing
    share = (float(considered) - float(unexpected)) / float(considered) if considered else 1.0
    percent = unexpected / considered * 100 if considered else None
    return Found(
        share >= mostly if rows and considered else True,
        {
            "element_count": rows,
            "unexpected_count": unexpected,
            "unexpected_percent": percent,
            "missing_count": missing,
            "missing_percent": missing / rows * 100 if rows else None,
            "unexpected_percent_total": unexpected / rows * 100 if rows else None,
            "unexpected_percent_nonmissing": percent,
        },
    )
