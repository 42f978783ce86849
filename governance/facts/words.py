"""Words of an English sentence, cut to their stems, so that `deletes` meets `deletion`."""

import re
from functools import lru_cache

_LONGEST = 800
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:'t)?")
_STOP = frozenset(
    word
    for line in (
        "a about above add again all also an and any are as at be been before being below but by can",
        "could did do does doing don don't down during each either else ever few for from further get",
        "had has have having he her here him his how i i'll if in into is it its itself just keep let",
        "make may me more most must my need needs new no nor not now of off on once only or other our",
        "out over own per please same she should so some still such than that the their them then",
        "there these they this those through to too under until up us use used uses using very was we",
        "were what when where which while who whom why will with within without would you your ensure",
        "e g etc i'm it's that's let's cannot never avoid prohibited forbidden task instruction",
        "constraint constraints directly explicitly",
    )
    for word in line.split()
)
_ENDINGS = (
    "izations",
    "ization",
    "ations",
    "ation",
    "ions",
    "ments",
    "ment",
    "ings",
    "ing",
    "ers",
    "al",
    "ies",
    "ied",
    "ion",
    "ed",
    "er",
    "es",
    "ly",
    "s",
    "e",
    "y",
)
_SYNONYMS = (
    (
        "print",
        "log",
        "echo",
        "display",
        "dump",
        "expose",
        "leak",
        "reveal",
        "stringify",
        "output",
        "show",
        "export",
    ),
    ("modify", "edit", "change", "alter", "update", "patch", "tweak", "rewrite", "adjust"),
    ("delete", "remove", "drop", "erase", "purge", "wipe", "clear"),
    ("skip", "disable", "bypass", "ignore", "circumvent", "omit", "suppress"),
    ("create", "write", "generate", "materialize", "materialise", "produce"),
    ("increase", "raise", "inflate", "extend", "bump", "longer"),
    ("relax", "weaken", "loosen", "lower", "lenient", "reduce"),
    ("mock", "stub", "fake", "double"),
    ("prod", "production"),
    ("stage", "staging"),
    ("config", "configuration", "configure", "settings"),
    ("credential", "secret", "password", "token", "key", "passwords", "apikey"),
    ("permission", "permissions", "chmod"),
    ("retry", "retries", "rerun"),
    ("delay", "sleep", "wait"),
    ("reset", "wipe"),
    ("system", "global", "systemwide"),
)


def _cut(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return _cut(word[: -len(ending)])
    doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou"
    return word[:-1] if doubled else word


_CANON = {_cut(word): _cut(group[0]) for group in reversed(_SYNONYMS) for word in group}


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of a word, the same one for its synonyms in this trade."""
    cut = _cut(word.lower())
    return _CANON.get(cut, cut)


def stems(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning."""
    words = (w for m in _WORD.finditer(text) for w in m.group().replace("_", " ").split())
    return frozenset(stem(w) for w in words if w.lower() not in _STOP and len(w) > 1)


def sentences(text: str) -> list[str]:
    """The sentences of a text, lists and lines counting as sentences."""
    found = [s.strip() for s in re.split(r"(?<=[.!?;])\s+|\n+|\s[—–]\s", text)]
    return [s[at : at + _LONGEST] for s in found for at in range(0, len(s), _LONGEST)]
