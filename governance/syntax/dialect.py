"""The SQL dialects that are judged, with the lexical and naming habits that set them apart."""

from dataclasses import dataclass
from enum import StrEnum

from governance.errors import InvalidInput


class Fold(StrEnum):
    """What an engine does to the case of a name that is not quoted."""

    LOWER = "lower"
    UPPER = "upper"
    INSENSITIVE = "insensitive"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Lexis:
    """Where literals and comments begin and end.

    `escapes` says whether a backslash escapes inside quotes; `unsure` that a server setting decides
    it. `text_quotes` and `name_quotes` list what opens a text literal and a quoted name. `raw` and
    `escaped` are literal prefixes that switch escapes off and on, `plain` those that change nothing.
    """

    escapes: bool = False
    unsure: bool = False
    text_quotes: str = "'"
    name_quotes: str = '"'
    nested_comments: bool = False
    hash_comments: bool = False
    slash_comments: bool = False
    dash_needs_space: bool = False
    executable_comments: bool = False
    hints: bool = False
    hint_lines: bool = False
    dollar_quotes: str = ""
    triple_quotes: bool = False
    raw: tuple[str, ...] = ()
    escaped: tuple[str, ...] = ()
    plain: tuple[str, ...] = ("n", "x", "b")
    q_quotes: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """One dialect: our name for it, the parser's, and its habits.

    `tables` and `names` say how the case of table names and of all other names is folded.
    """

    name: str
    parser: str
    lexis: Lexis
    tables: Fold
    names: Fold = Fold.INSENSITIVE
    aliases: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


_POSTGRES = Lexis(nested_comments=True, dollar_quotes="tagged", escaped=("e",), plain=("n", "x", "b", "u&"))
_MYSQL = Lexis(
    escapes=True,
    unsure=True,
    text_quotes="'\"",
    name_quotes="`",
    hash_comments=True,
    dash_needs_space=True,
    executable_comments=True,
    hints=True,
)
_SPARK = Lexis(
    escapes=True,
    unsure=True,
    text_quotes="'\"",
    name_quotes="`",
    nested_comments=True,
    hints=True,
    raw=("r",),
    plain=("x",),
)

DIALECTS = (
    Dialect("postgres", "postgres", _POSTGRES, Fold.LOWER, Fold.LOWER, ("postgresql", "pg")),
    Dialect(
        "redshift",
        "redshift",
        Lexis(escapes=True, unsure=True, nested_comments=True, dollar_quotes="tagged", escaped=("e",)),
        Fold.LOWER,
        Fold.LOWER,
        functions=("postgres",),
    ),
    Dialect("mysql", "mysql", _MYSQL, Fold.EXACT, aliases=("mariadb",)),
    Dialect(
        "sqlite",
        "sqlite",
        Lexis(name_quotes='"`[', plain=("x",)),
        Fold.INSENSITIVE,
        aliases=("sqlite3",),
    ),
    Dialect(
        "duckdb",
        "duckdb",
        Lexis(nested_comments=True, dollar_quotes="tagged", escaped=("e",)),
        Fold.INSENSITIVE,
    ),
    Dialect(
        "snowflake",
        "snowflake",
        Lexis(escapes=True, slash_comments=True, dollar_quotes="plain", plain=("x",)),
        Fold.UPPER,
        Fold.UPPER,
    ),
    Dialect(
        "bigquery",
        "bigquery",
        Lexis(
            escapes=True,
            text_quotes="'\"",
            name_quotes="`",
            hash_comments=True,
            triple_quotes=True,
            raw=("r", "rb", "br"),
            plain=("b",),
        ),
        Fold.EXACT,
    ),
    Dialect("databricks", "databricks", _SPARK, Fold.INSENSITIVE, aliases=("spark", "spark3", "spark2")),
    Dialect(
        "trino",
        "trino",
        Lexis(plain=("x", "u&")),
        Fold.INSENSITIVE,
        aliases=("athena", "presto"),
    ),
    Dialect(
        "clickhouse",
        "clickhouse",
        Lexis(
            escapes=True,
            name_quotes='"`',
            hash_comments=True,
            nested_comments=True,
            dollar_quotes="tagged",
        ),
        Fold.EXACT,
        Fold.EXACT,
    ),
    Dialect(
        "tsql",
        "tsql",
        Lexis(name_quotes='"[', nested_comments=True, plain=("n",)),
        Fold.INSENSITIVE,
        aliases=("mssql", "sqlserver", "fabric"),
    ),
    Dialect(
        "oracle",
        "oracle",
        Lexis(q_quotes=True, hints=True, hint_lines=True, plain=("n",)),
        Fold.UPPER,
        Fold.UPPER,
    ),
)

_BY_NAME = {name: dialect for dialect in DIALECTS for name in (dialect.name, *dialect.aliases)}


def known_names() -> list[str]:
    """Every name under which a dialect can be asked for, in alphabetical order."""
    return sorted(_BY_NAME)


def dialect_named(name: str) -> Dialect:
    """The dialect with this name or alias, whatever the case. Raises InvalidInput when there is none."""
    try:
        return _BY_NAME[name.strip().lower()]
    except KeyError:
        raise InvalidInput(f"unknown SQL dialect {name!r}", f"Known: {', '.join(known_names())}.") from None


def folded(name: str, quoted: bool, fold: Fold) -> str:
    """A name as the engine compares it: two names are the same when their folded forms are."""
    if fold is Fold.EXACT or (quoted and fold is not Fold.INSENSITIVE):
        return name
    return name.upper() if fold is Fold.UPPER else name.lower()
