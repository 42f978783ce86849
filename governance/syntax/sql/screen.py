"""What a text must not contain before anybody reads it as SQL: hidden and look-alike characters."""

import re
import unicodedata
from collections.abc import Iterator

from governance.syntax.sql.lexer import Part, Stretch, code_between

MAX_CHARACTERS = 1_500_000
MAX_DEPTH = 150  # sqlglot takes the square of it on subqueries of BigQuery and Redshift

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Directional marks reorder what a reviewer sees; they have no honest use anywhere in SQL.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_BRACKET = re.compile(r"[()]")
_WORD = re.compile(r"\w+")
# Letters of other scripts that are drawn like Latin ones.
_LOOKALIKE = frozenset("авеѕіјкорсухԁһԛԝАВЕЅІЈКМНОРСТУХαορνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")


def hidden(text: str, stretches: list[Stretch]) -> Iterator[tuple[int, int, str]]:
    """Characters that make the text read otherwise than it runs: start, end and what is wrong."""
    for match in _CONTROL.finditer(text):
        yield match.start(), match.end(), f"control character U+{ord(match.group()):04X}"
    if text.isascii():
        return
    for match in _BIDI.finditer(text):
        yield match.start(), match.end(), f"directional mark U+{ord(match.group()):04X}"
    names = ((s.start, text[s.start : s.end]) for s in stretches if s.part is Part.NAME)
    for offset, piece in (*code_between(text, stretches), *names):
        if not piece.isascii():
            yield from _invisible(offset, piece)
            yield from _lookalikes(offset, piece)


def depth(plain: str) -> int:
    """How deep brackets are nested in a text whose literals and comments are blank.

    Where there are few of them, how many there are: they cannot be deeper.
    """
    if plain.count("(") <= MAX_DEPTH:
        return plain.count("(")
    level = deepest = 0
    for bracket in _BRACKET.findall(plain):
        level = level + 1 if bracket == "(" else max(0, level - 1)
        deepest = max(deepest, level)
    return deepest


def _invisible(offset: int, piece: str) -> Iterator[tuple[int, int, str]]:
    for match in _NOT_ASCII.finditer(piece):
        for index, char in enumerate(match.group(), offset + match.start()):
            if unicodedata.category(char) in ("Cf", "Zs", "Zl", "Zp", "Cc", "Cn", "Co"):
                yield index, index + 1, f"invisible character U+{ord(char):04X}"


def _lookalikes(offset: int, piece: str) -> Iterator[tuple[int, int, str]]:
    for match in _WORD.finditer(piece):
        word = match.group()
        if word.isascii():
            continue
        place = (offset + match.start(), offset + match.end())
        if unicodedata.normalize("NFKC", word) != word:
            yield *place, f"{word!r} is written with letters that stand for plainer ones"
        elif _imitates(word):
            yield *place, f"{word!r} has letters of another script that look like Latin ones"


def _imitates(word: str) -> bool:
    foreign = [char for char in word if not char.isascii()]
    letters = [char for char in word if char.isalpha()]
    mixed = any(char.isascii() for char in letters)
    alike = [char in _LOOKALIKE for char in foreign]
    return any(alike) if mixed else all(alike)
