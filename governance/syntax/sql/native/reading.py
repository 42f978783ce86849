"""What an engine's own parser makes of a text, in the words that two readings are compared in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NativeReading:
    """How many statements there are, whether one writes, and which tables and functions they name.

    `error` is set instead of all else when the parser refuses the text.
    """

    statements: int = 0
    tables: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    writes: bool = False
    error: str = ""


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parse tree that came as JSON."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
