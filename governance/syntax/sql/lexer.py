"""Our own reading of where literals, quoted names and comments are, to hold against the parser's.

Most ways to talk a gate round begin with two readers that disagree about where a string ends. This
scanner knows nothing of grammar; it splits a text into code, literals and comments, per dialect.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from governance.syntax.dialect import Lexis


class Part(StrEnum):
    """What a stretch of text is."""

    LITERAL = "literal"
    NAME = "name"
    COMMENT = "comment"
    HINT = "hint"
    EXECUTABLE = "executable"
    UNCLOSED = "unclosed"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a text that is not plain code: `start` inclusive, `end` exclusive.

    A literal starts at its opening quote; a prefix such as `E` or `N` counts as code.
    """

    part: Part
    start: int
    end: int


_Q_CLOSERS = {"[": "]", "{": "}", "(": ")", "<": ">"}
# What is no sign of ASCII, `_` aside, may stand in a word. Said as what may not, since a range up to the last
# character of Unicode takes a hundred times longer to compile.
_WORD = r"[^\x00-/:-@\[-^`{-\x7f][^\x00-#%-/:-@\[-^`{-\x7f]*+"
_PLAIN = r"[\s,()=<>.*+;:|%!?]"  # signs that open nothing; a word may be the prefix of what follows it
_NOT_BREAK = re.compile(r"[^\n]")
_QUOTE = re.compile(r"['\"]")
_OPENERS = re.compile(r"/\*|\*/")


def scan(text: str, lexis: Lexis) -> list[Stretch]:
    """All literals, quoted names and comments of the text in order; an unclosed one ends the list."""
    pattern = _pattern(lexis)
    found: list[Stretch] = []
    at = 0
    while match := pattern.search(text, at):
        at = match.end()
        kind = match.lastgroup
        if kind == "skip":
            continue
        stretch = _stretch(kind or "", match.start(), at, text, lexis)
        found.append(stretch)
        if stretch.part is Part.UNCLOSED:
            break
        at = stretch.end
    return found


def blanked(text: str, stretches: list[Stretch]) -> str:
    """The text with everything but code turned into spaces, so that offsets and lines stay true."""
    pieces: list[str] = []
    at = 0
    for stretch in stretches:
        inside = text[stretch.start : stretch.end]
        pieces += (
            text[at : stretch.start],
            _NOT_BREAK.sub(" ", inside) if "\n" in inside else " " * len(inside),
        )
        at = stretch.end
    return "".join(pieces) + text[at:]


def code_between(text: str, stretches: list[Stretch]) -> Iterator[tuple[int, str]]:
    """The stretches of plain code, each with its offset."""
    at = 0
    for stretch in stretches:
        if at < stretch.start:
            yield at, text[at : stretch.start]
        at = stretch.end
    if at < len(text):
        yield at, text[at:]


def _stretch(kind: str, start: int, end: int, text: str, lexis: Lexis) -> Stretch:
    if kind == "block":
        return _block_comment(text, start, lexis)
    if kind == "dollar":
        return _until(text, start, end, text[start:end])
    if kind == "q":
        return _until(text, end - 2, end, _Q_CLOSERS.get(text[end - 1], text[end - 1]) + "'")
    if kind == "open":
        return Stretch(Part.UNCLOSED, start, len(text))
    parts = {"line": Part.COMMENT, "hint": Part.HINT, "name": Part.NAME}
    part = parts.get(kind, Part.LITERAL)
    if part is Part.LITERAL and (quote := _QUOTE.search(text, start)):
        start = quote.start()
    return Stretch(part, start, end)


def _until(text: str, start: int, after: int, closer: str) -> Stretch:
    end = text.find(closer, after)
    if end < 0:
        return Stretch(Part.UNCLOSED, start, len(text))
    return Stretch(Part.LITERAL, start, end + len(closer))


def _block_comment(text: str, start: int, lexis: Lexis) -> Stretch:
    part = Part.COMMENT
    opening = text[start : start + 4].lower()
    if lexis.executable_comments and (opening[2:3] == "!" or opening[2:] == "m!"):
        part = Part.EXECUTABLE
    elif lexis.hints and opening[2:3] == "+":
        part = Part.HINT
    depth, at = 1, start + 2
    while depth:
        match = _OPENERS.search(text, at)
        if not match:
            return Stretch(Part.UNCLOSED, start, len(text))
        at = match.end()
        if match.group() == "*/":
            depth -= 1
        elif lexis.nested_comments:
            depth += 1
    return Stretch(part, start, at)


@cache
def _pattern(lexis: Lexis) -> re.Pattern[str]:
    """One alternation for the dialect; `skip` swallows runs of words whole, so that prefixes start words.

    Only prefixes ignore case: over the whole pattern it would take a hundred times longer to compile.
    """
    branches = [r"(?P<hint>--\+[^\n]*)"] if lexis.hint_lines else []
    branches += [f"(?P<line>{'|'.join(_line_comments(lexis))})", r"(?P<block>/\*)"]
    branches += _literals(lexis)
    branches += _names(lexis)
    if lexis.dollar_quotes:
        tag = r"(?:[^\x00-@\[-^`{-\x7f]\w*)?" if lexis.dollar_quotes == "tagged" else ""
        branches.append(rf"(?P<dollar>\${tag}\$)")
    branches.append(rf"(?P<open>[{re.escape(lexis.text_quotes + lexis.name_quotes)}])")
    branches.append(rf"(?P<skip>(?:{_PLAIN}++|{_WORD}(?!['\"`&]))++|{_WORD})")
    return re.compile("|".join(branches), re.DOTALL)


def _line_comments(lexis: Lexis) -> list[str]:
    dashes = r"--(?=[\s\x00-\x1f]|\Z)" if lexis.dash_needs_space else "--"
    openers = [dashes]
    if lexis.hash_comments:
        openers.append("#")
    if lexis.slash_comments:
        openers.append("//")
    return [rf"(?:{'|'.join(openers)})[^\n]*"]


def _literals(lexis: Lexis) -> list[str]:
    branches = []
    if lexis.q_quotes:
        branches.append(r"(?P<q>(?i:n?q)'.)")
    groups = (
        ("raw", lexis.raw, False),
        ("escaped", lexis.escaped, True),
        ("plain", lexis.plain, lexis.escapes),
    )
    for group, prefixes, escapes in groups:
        if prefixes:
            prefix = "|".join(re.escape(p) for p in sorted(prefixes, key=len, reverse=True))
            branches.append(f"(?P<{group}>(?i:{prefix})(?:{_quoted(lexis, escapes, raw=group == 'raw')}))")
    branches.append(f"(?P<text>{_quoted(lexis, lexis.escapes)})")
    return branches


def _quoted(lexis: Lexis, escapes: bool, raw: bool = False) -> str:
    # A raw literal of BigQuery still lets a backslash keep a quote from closing it; Spark's does not.
    skips = escapes or (raw and lexis.triple_quotes)
    forms = []
    for quote in lexis.text_quotes:
        if lexis.triple_quotes:
            forms.append(rf"{quote * 3}(?:[^{quote}\\]|\\.|{quote}(?!{quote * 2}))*+{quote * 3}")
        doubled = "" if lexis.triple_quotes else f"|{quote * 2}"
        body = rf"[^{quote}\\]|\\." if skips else f"[^{quote}]"
        forms.append(f"{quote}(?:{body}{doubled})*+{quote}")
    return "|".join(forms)


def _names(lexis: Lexis) -> list[str]:
    forms = []
    for opener in lexis.name_quotes:
        closer = "]" if opener == "[" else opener
        doubled = "" if opener == "[" and "`" in lexis.name_quotes else f"|{re.escape(closer * 2)}"
        forms.append(f"{re.escape(opener)}(?:[^{re.escape(closer)}]{doubled})*+{re.escape(closer)}")
    return [f"(?P<name>{'|'.join(forms)})"]
