"""The names of Oracle's data dictionary: `user_tables` is one, `user_events` is none."""

from functools import cache
from pathlib import Path

import governance.syntax.sql

_TABLE = Path(governance.syntax.sql.__file__).parent / "tables" / "catalogs" / "oracle.txt"
# Nobody but the engine begins names like these.
_ENGINE = ("dba_", "cdb_", "v$", "gv$", "v_$", "gv_$", "x$")


def in_dictionary(name: str) -> bool:
    """Whether a table's name, in lower case, is one of the data dictionary."""
    return name.startswith(_ENGINE) or name in _names()


@cache
def _names() -> frozenset[str]:
    lines = _TABLE.read_text("utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    return frozenset(word.replace("*", owner) for word in words for owner in ("user", "all"))
