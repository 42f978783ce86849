"""Where literals and comments end, per dialect; and that the parser's reading agrees or is refused."""

import pytest

from governance.syntax.sql import SqlContext, Trouble, dialect_named, read
from governance.syntax.sql.lexer import Part, scan

PIECES = [  # id, dialect, text, what is not code
    ("doubled quote", "postgres", "'it''s'", ["'it''s'"]),
    ("backslash is data", "postgres", r"'a\', b", [r"'a\'"]),
    ("backslash escapes", "bigquery", r"'a\', b'", [r"'a\', b'"]),
    ("e-string escapes", "postgres", r"E'a\'b'", [r"'a\'b'"]),
    ("prefix inside a word is none", "postgres", r"ae'a\'", [r"'a\'"]),
    ("dollar quotes", "postgres", "$$ ' $$, $t$ $$ $t$", ["$$ ' $$", "$t$ $$ $t$"]),
    ("dollar inside a name", "postgres", "a$b$c", []),
    ("plain dollars only", "snowflake", "$t$ $$ ' $$", ["$$ ' $$"]),
    ("nested comment", "postgres", "/* /* */ */ 1", ["/* /* */ */"]),
    ("flat comment", "mysql", "/* /* */ 1", ["/* /* */"]),
    ("dashes need a space", "mysql", "1--1", []),
    ("dashes and a space", "mysql", "1-- 1", ["-- 1"]),
    ("hash comment", "mysql", "1 # ' \n 2", ["# ' "]),
    ("hash is an operator", "postgres", "1 # 2", []),
    ("slashes", "snowflake", "1 // '", ["// '"]),
    ("brackets", "tsql", "[a ' b]", ["[a ' b]"]),
    ("brackets are arrays", "duckdb", "[a]", []),
    ("oracle's own quotes", "oracle", "q'[a'b]', nq'!x'!'", ["'[a'b]'", "'!x'!'"]),
    ("triple quotes", "bigquery", "'''a'b'''", ["'''a'b'''"]),
    ("raw literal", "bigquery", r"r'\d'", [r"'\d'"]),
    ("text in double quotes", "mysql", '"a\' b"', ['"a\' b"']),
]


@pytest.mark.parametrize(("dialect", "text", "pieces"), [p[1:] for p in PIECES], ids=[p[0] for p in PIECES])
def test_literals_and_comments(dialect: str, text: str, pieces: list[str]) -> None:
    found = scan(text, dialect_named(dialect).lexis)
    assert [text[s.start : s.end] for s in found] == pieces


@pytest.mark.parametrize("text", ["'open", '"open', "/* open", "$$ open", "/* /* */"])
def test_what_is_never_closed(text: str) -> None:
    assert scan(text, dialect_named("postgres").lexis)[-1].part is Part.UNCLOSED


TROUBLES = [  # id, dialect, text, troubles
    ("clean", "postgres", "select 'a' -- b\n", []),
    ("executable", "mysql", "select 1 /*! + 1 */", [Trouble.EXECUTABLE]),
    ("executable in mariadb", "mariadb", "select 1 /*M! + 1 */", [Trouble.EXECUTABLE]),
    ("not executable elsewhere", "postgres", "select 1 /*! + 1 */", []),
    ("hint", "oracle", "select /*+ parallel */ 1 from dual", [Trouble.HINT]),
    ("depends on the server", "mysql", r"select 'a\' or 1=1 -- '", [Trouble.AMBIGUOUS]),
    ("an error under the other setting", "mysql", r"select 'it\'s'", []),
    ("template", "duckdb", "select {{ x }}", [Trouble.TEMPLATE]),
    ("template in a text", "duckdb", "select '{{ x }}'", []),
    ("cyrillic letter", "duckdb", "select ord\u0435rs from t", [Trouble.HIDDEN]),
    ("full-width letter", "duckdb", "select \uff41 from t", [Trouble.HIDDEN]),
    ("cyrillic word", "duckdb", "select заказ from t", []),
    ("zero-width in a name", "duckdb", 'select "a\u200bb" from t', [Trouble.HIDDEN]),
    ("emoji in a text", "duckdb", "select '👩\u200d💻'", []),
    ("reversed line", "duckdb", "select '\u202e' from t", [Trouble.HIDDEN]),
    ("no-break space", "duckdb", "select\u00a01", [Trouble.HIDDEN]),
    ("empty", "duckdb", " \n", [Trouble.UNREADABLE]),
    ("only a comment", "duckdb", "-- nothing", [Trouble.UNREADABLE]),
]


@pytest.mark.parametrize(
    ("dialect", "text", "wanted"), [t[1:] for t in TROUBLES], ids=[t[0] for t in TROUBLES]
)
def test_troubles(dialect: str, text: str, wanted: list[Trouble]) -> None:
    found = [problem.trouble for problem in read(text, SqlContext(dialect)).problems]
    assert list(dict.fromkeys(found)) == wanted
