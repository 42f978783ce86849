"""Hostile text made harmless: control, bidirectional and invisible characters become visible."""

import unicodedata

_KEPT = {"\n", "\t"}
_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>|#"})


def inert(text: str) -> str:
    """The text with every character that a terminal or a reader could be fooled by written out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in _KEPT or character.isprintable():
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return f"\\u{{{ord(character):x}}}"
    return character


def inert_name(text: str) -> str:
    """A name on one line, nothing lost: a line break in a file's name could forge a line of a report."""
    return inert(text).replace("\n", "\\n").replace("\t", "\\t")


def one_line(text: str, width: int = 0) -> str:
    """The text on one line, inert, cut to `width` characters when that is not 0."""
    line = " ".join(inert(text).split())
    return line if not width or len(line) <= width else line[: width - 1] + "…"


def markdown_text(text: str) -> str:
    """The text as Markdown that shows it literally: no markup, links, HTML or mentions."""
    return one_line(text).translate(_MARKUP).replace("@", "@\u2060")
