"""Engines' own parsers, to hold against our reading of a text. They run nothing and need no server.

Each is used where its package is installed; SQLite, which has no parser apart from its binder, where the
schema of the tables is known. Text of a size or depth that a parser cannot carry has
no second reading, only ours.
"""

from importlib import import_module

from governance.syntax.sql.native.reading import NativeReading
from governance.syntax.sql.script import Script

__all__ = ["NativeReading", "native_reading"]

# Nesting of many thousands of levels overflows a native stack, which no `except` can catch.
MAX_TOKENS = 4_000

# Redshift is PostgreSQL with words of its own: what the parser knows counts, the rest is no reading.
_PARSERS = {"postgres": "postgres", "redshift": "postgres", "duckdb": "duckdb", "sqlite": "sqlite"}


def native_reading(script: Script) -> NativeReading | None:
    """The engine's reading of a script; `None` where no native parser of its dialect is installed."""
    parser = _PARSERS.get(script.dialect.name) if script.dialect else None
    if parser is None or sum(len(statement.tokens) for statement in script.statements) > MAX_TOKENS:
        return None
    engine = import_module(f"{__name__}.{parser}")
    reading: NativeReading | None = engine.parsed(script.text, script.context.schema or {})
    return reading
