"""What each function does besides computing: the reviewed tables, per dialect, and how to look in them.

`tables/functions/<dialect>.txt` is reviewed by hand; `<dialect>.engine.txt` beneath it lists what the
engine itself declares free of side effects. A name in neither is unknown, and unknown is refused.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from governance.syntax.dialect import Dialect

_TABLES = Path(__file__).parent / "tables" / "functions"


class Effect(StrEnum):
    """What calling a function does; the values are the section names of the tables."""

    PURE = "pure"
    VOLATILE = "volatile"
    SERIES = "series"
    INFO = "info"
    TABLES = "tables"
    READS = "reads"
    NETWORK = "network"
    WRITES = "writes"
    SESSION = "session"
    SLEEP = "sleep"
    CODE = "code"

    @property
    def consequence(self) -> str:
        """The words for a message: what the call would do."""
        return _CONSEQUENCES[self]


_CONSEQUENCES = {
    Effect.PURE: "compute from its arguments",
    Effect.VOLATILE: "give another answer each time",
    Effect.SERIES: "make rows out of nothing",
    Effect.INFO: "tell about the server, the session or the catalog",
    Effect.TABLES: "read a table that is named inside its arguments",
    Effect.READS: "read from outside of the tables in scope",
    Effect.NETWORK: "send data over the network",
    Effect.WRITES: "change data or state on the server",
    Effect.SESSION: "change or lock the session or the server",
    Effect.SLEEP: "hold the connection for as long as it is told",
    Effect.CODE: "run SQL or code that is given as text",
}


@dataclass(frozen=True, slots=True)
class FunctionTable:
    """The functions of one dialect: exact names first, then the longest pattern that fits."""

    exact: dict[str, Effect]
    prefixes: tuple[tuple[str, Effect], ...]
    suffixes: tuple[tuple[str, Effect], ...]
    endings: tuple[str, ...] = ()

    def effect(self, name: str) -> Effect | None:
        """The effect of a function by its name in lower case, qualified as written; `None` is unknown."""
        found = self.exact.get(name)
        if found is not None:
            return found
        for prefix, effect in self.prefixes:
            if name.startswith(prefix):
                return effect
        for suffix, effect in self.suffixes:
            if name.endswith(suffix):
                return effect
        return self._ended(name) if self.endings else None

    def _ended(self, name: str) -> Effect | None:
        """The effect of `sumIf` is that of `sum`, wherever the dialect builds names with such endings."""
        stems = [name]
        for _ in range(_MOST_ENDINGS):
            stems = [s.removesuffix(e) for s in stems for e in self.endings if s.endswith(e)]
            for stem in stems:
                if effect := self.exact.get(stem):
                    return effect
        return None


# ClickHouse: aggregate combinators, and what conversions and searches do with the values they cannot take.
_MOST_ENDINGS = 4
_ENDINGS = {
    "clickhouse": (
        *("if", "array", "map", "simplestate", "state", "merge", "mergestate", "foreach", "distinct"),
        *("ornull", "ordefault", "orzero", "resample", "argmin", "argmax", "utf8", "caseinsensitive"),
        *("_respect_nulls", "_ignore_nulls"),
    )
}


@cache
def function_table(dialect: Dialect) -> FunctionTable:
    """The functions of a dialect, from its tables and those of the dialects it builds on."""
    exact: dict[str, Effect] = {}
    patterns: dict[str, Effect] = {}
    names = ["common", *(n for base in dialect.functions for n in (f"{base}.engine", base))]
    for name in (*names, f"{dialect.name}.engine", dialect.name):
        for word, effect in entries(name):
            (patterns if "*" in word else exact)[word] = effect
    ordered = sorted(patterns.items(), key=lambda item: len(item[0]), reverse=True)
    prefixes = tuple((p[:-1], e) for p, e in ordered if p.endswith("*"))
    suffixes = tuple((p[1:], e) for p, e in ordered if p.startswith("*"))
    return FunctionTable(exact, prefixes, suffixes, _ENDINGS.get(dialect.name, ()))


def entries(name: str) -> list[tuple[str, Effect]]:
    """The words of one table file with the section each stands in; nothing when there is no such file."""
    path = _TABLES / f"{name}.txt"
    if not path.exists():
        return []
    effect = Effect.PURE
    found: list[tuple[str, Effect]] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            effect = Effect(line.strip("[] "))
        elif not line.startswith("#"):
            found.extend((word.lower(), effect) for word in line.split())
    return found
