"""Which SQL a project is written in, and its rendered SQL as that dialect would have it.

Projects are rendered for DuckDB whatever warehouse they are meant for: what an author wrote is in the
warehouse's own SQL, and only what dbt's macros put in, names of relations among it, is in DuckDB's.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from governance.errors import InvalidInput
from governance.syntax.dbt.graph import RENDERED_FOR
from governance.syntax.dialect import DIALECTS, dialect_named
from governance.syntax.sql import Profile, SqlContext, read
from governance.syntax.sql.calls import calls
from governance.syntax.sql.functions import Effect, function_table

_LOOKED_AT = 300
_RELATION = re.compile(r'"([^"`]+)"\."([^"`]+)"(?:\."([^"`]+)")?')
_CALLED = re.compile(r"(?<![\w.])[\w.]++(?=\s*+\()")  # in one go: a text may be one word of megabytes
_COMPUTING = (Effect.PURE, Effect.VOLATILE, Effect.SERIES)


def told_dialect(texts: Iterable[str]) -> str:
    """The dialect in which most of some rendered queries are understood; DuckDB's where that is as good."""
    sample = _spread(sorted({text for text in texts if text.strip()}))
    best, least = RENDERED_FOR, sum(not _understood(text, RENDERED_FOR) for text in sample)
    for dialect in DIALECTS:
        if least and (misfits := _misfits(sample, dialect.name, least)) < least:
            best, least = dialect.name, misfits
    return best


def in_dialect(sql: str, dialect: str) -> str:
    """Rendered SQL with its relations quoted as the dialect does."""
    if dialect_named(dialect).lexis.name_quotes != "`" or '"' not in sql:
        return sql
    return _RELATION.sub(lambda found: ".".join(f"`{part}`" for part in found.groups() if part), sql)


def called(texts: Iterable[str]) -> frozenset[str]:
    """The names that look like those of functions, in lower case."""
    return frozenset(name.lower() for text in texts for name in _CALLED.findall(text))


def vouched(dialect: str, called_before: Iterable[str]) -> tuple[str, ...]:
    """Functions that are no news in a project: those it calls already, and DuckDB's, which dbt puts in."""
    return (*called_before, *(_computing(RENDERED_FOR) if dialect != RENDERED_FOR else ()))


def acts_somewhere(function: str) -> bool:
    """Whether some engine has a function of this name that does more than compute."""
    effects = (function_table(dialect).effect(function.lower()) for dialect in DIALECTS)
    return any(effect is not None and effect not in _COMPUTING for effect in effects)


@cache
def _computing(dialect: str) -> tuple[str, ...]:
    table = function_table(dialect_named(dialect)).exact
    return tuple(name for name, effect in table.items() if effect is Effect.PURE)


def _misfits(texts: Sequence[str], dialect: str, enough: int) -> int:
    """How many texts are not understood; counting ends where it is no better than what is known."""
    count = 0
    for text in texts:
        count += not _understood(text, dialect)
        if count >= enough:
            break
    return count


def _understood(text: str, dialect: str) -> bool:
    context = SqlContext(dialect, Profile.MODEL, functions=vouched(dialect, ()))
    try:
        script = read(in_dialect(text, dialect), context)
    except (InvalidInput, RecursionError):
        return False
    known = (call.effect is not None for statement in script.statements for call in calls(statement))
    return not script.problems and all(s.tree is not None for s in script.statements) and all(known)


def _spread(texts: list[str]) -> list[str]:
    return texts[:: max(1, len(texts) // _LOOKED_AT)]
