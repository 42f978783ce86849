"""Findings: what a check has to say about one place, and how grave it is."""

import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self


class Grade(IntEnum):
    """An ordered value that is written as its name in lower case, in files as on screen."""

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Self:
        """The grade of that name. Raises ValueError with the known names."""
        for grade in cls:
            if str(grade) == word:
                return grade
        raise ValueError(f"{word!r} is none of {', '.join(map(str, cls))}")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from pydantic_core import core_schema  # values stay importable without pydantic

        words = core_schema.literal_schema([str(grade) for grade in cls])
        from_word = core_schema.no_info_after_validator_function(cls.parse, words)
        return core_schema.json_or_python_schema(
            json_schema=from_word,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_word]),
            serialization=core_schema.to_string_ser_schema(),
        )


class Severity(Grade):
    """How grave a finding is; the policy maps each to a verdict (S0 to S4 in escalation tables)."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Verdict(Grade):
    """What may happen to a change. Ordered, so that combining verdicts is `max`."""

    PASS = 0
    REVIEW = 1
    BLOCK = 2


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text; line and column count from 1, columns in characters."""

    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding points: into an artifact (`path`, `start`, `end`), or into the trace (`step`).

    `end` is exclusive. `step` is the `seq` of a trace step.
    """

    path: str = ""
    start: Position | None = None
    end: Position | None = None
    step: int | None = None

    def __str__(self) -> str:
        if self.step is not None and not self.path:
            return f"step {self.step}"
        return f"{self.path}:{self.start}" if self.start else self.path


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule or a check found, about one place.

    `message` says what would have happened here; `remedy` how to mend it; `allow` is the line of
    policy that would permit it, where one exists; `quote` is the offending text itself.
    """

    code: str
    name: str
    severity: Severity
    message: str
    location: Location = Location()
    related: tuple[Location, ...] = ()
    remedy: str = ""
    allow: str = ""
    quote: str = ""
    category: str = ""

    @property
    def fingerprint(self) -> str:
        """A name for this finding that survives moved lines: code, path and normalised quote."""
        snippet = re.sub(r"\s+", " ", self.quote or self.message).strip().lower()
        parts = "\x00".join((self.code, self.location.path, snippet))
        return hashlib.sha256(parts.encode("utf-8", "backslashreplace")).hexdigest()[:16]
