"""Mutations of a statement: small accidents and small tricks, a few of them at a time."""

import re
from collections.abc import Callable
from random import Random

from tests.fuzzing.texts import FRAGMENTS

Pieces = list[str]

_PIECE = re.compile(r"\s+|\w+|.", re.DOTALL)
_WORD = re.compile(r"\w+")
_COMMENTS = (
    "/**/",
    "/* a */",
    "--\n",
    "-- '\n",
    "/* ' */",
    '/* " */',
    "#\n",
    "/* /* */ */",
    "/*!1*/",
    "/*+ a */",
    "--",
)
_QUOTES = ("'", '"', "`", "''", "$$", "[", "]", "\\'", "E'", "q'[", "'''", "$a$")
_LOOKALIKES = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "s": "ѕ", "i": "і", "x": "х", "k": "\u212a", ";": "；", "'": "’", " ": "\u00a0", "(": "（", "-": "−", "=": "＝"}  # fmt: skip

HARMS = {  # what replaces a word of a statement, which may still run after that
    "call": ("evil(1)", "pg_sleep(9)", "nextval('s')", "public.evil(1)", '"evil"(1)', "evil (1)"),
    "query": ("(select a from secret)", "(select max(id) from s.secret)", "(select evil(1))", "exists (table secret)"),
    "end": ("; delete from orders", " union all select * from secret", " union select evil(1)", " into t", " for update"),
    "start": ("with d as (delete from orders returning *) ", "delete from orders; ", "explain analyze ", "insert into t "),
}  # fmt: skip


def mutated(text: str, other: str, rng: Random) -> str:
    """The text after one to four mutations; `other` is what splices are taken from."""
    pieces, donor = _PIECE.findall(text), _PIECE.findall(other)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        if pieces:
            rng.choice(_MUTATIONS)(pieces, donor, rng)
    return "".join(pieces)


def harmed(text: str, rng: Random) -> str:
    """The text with something in it that must not run: before it, behind it, or instead of a word."""
    where = rng.choice(tuple(HARMS))
    harm = rng.choice(HARMS[where])
    if where == "end":
        return text.rstrip().removesuffix(";") + harm
    if where == "start":
        return harm + text
    pieces = _PIECE.findall(text)
    words = [i for i, piece in enumerate(pieces) if _WORD.fullmatch(piece)]
    if words:
        pieces[rng.choice(words)] = harm
    return "".join(pieces)


def _swap(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    one, other = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    pieces[one], pieces[other] = pieces[other], pieces[one]


def _delete(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    start, end = _run(pieces, rng)
    del pieces[start:end]


def _duplicate(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    start, end = _run(pieces, rng)
    pieces[end:end] = pieces[start:end]


def _splice(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    start, end = _run(pieces, rng)
    left, right = _run(donor, rng) if donor else (0, 0)
    pieces[start:end] = donor[left:right]


def _halves(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    pieces[rng.randrange(len(pieces)) :] = donor[rng.randint(0, len(donor)) :]


def _comment(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    pieces.insert(rng.randint(0, len(pieces)), rng.choice(_COMMENTS))


def _quote(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    pieces.insert(rng.randint(0, len(pieces)), rng.choice(_QUOTES))


def _fragment(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    pieces.insert(rng.randint(0, len(pieces)), rng.choice(FRAGMENTS))


def _lookalike(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    at = rng.randrange(len(pieces))
    known = [char for char in pieces[at].lower() if char in _LOOKALIKES]
    if known:
        char = rng.choice(known)
        pieces[at] = pieces[at].lower().replace(char, _LOOKALIKES[char], 1)


def _inside(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    """Something in the middle of a word, where a reader may or may not see two."""
    at = rng.randrange(len(pieces))
    cut = rng.randint(0, len(pieces[at]))
    pieces[at] = pieces[at][:cut] + rng.choice((*_COMMENTS, *_QUOTES, *FRAGMENTS)) + pieces[at][cut:]


def _case(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    at = rng.randrange(len(pieces))
    pieces[at] = rng.choice((str.upper, str.lower, str.title, str.swapcase))(pieces[at])


def _quoted(pieces: Pieces, donor: Pieces, rng: Random) -> None:
    at = rng.randrange(len(pieces))
    mark = rng.choice(('"{}"', "`{}`", "[{}]", "'{}'"))
    pieces[at] = mark.format(pieces[at])


def _run(pieces: Pieces, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(pieces))
    return start, min(len(pieces), start + rng.choice((1, 1, 2, 3, 5, 8, 20)))


_MUTATIONS: tuple[Callable[[Pieces, Pieces, Random], None], ...] = (
    _swap, _delete, _duplicate, _splice, _halves, _comment, _quote, _fragment, _lookalike, _inside, _case, _quoted,
)  # fmt: skip
