"""What prose says of a column and what a check demands of it, in the same few terms, so that they compare."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_UNLESS = re.compile(
    r"\b(unless|except|if|when|where|while|until|before|after|only|but|mostly|usually|almost)\b"
)
_FILLED = re.compile(
    r"\b(never|not|non|cannot be|must not be)[ -](be )?(null|empty|missing)\b|\balways (set|filled|present)\b"
)
_OPEN = re.compile(
    r"(?<!never )(?<!not )(?<!non-)(?<!be )\b(null|empty|missing) "
    r"(if|when|for|unless|until|where|before|after|means)\b"
    r"|\b(may|can|might|could) be (null|empty|missing|unknown)\b|\bnullable\b|\boptional\b"
)
_UNIQUE = re.compile(
    r"\bunique\b(?! (per|within|in|together|by|for|with|only))|(?<!part of the )\bprimary key\b"
)
_REPEATED = re.compile(
    r"\b(not|non)[ -]unique\b|\b(may|can) (repeat|occur (twice|more than once|several times))\b"
    r"|\b(several|many|multiple) rows (per|for)\b|\bduplicates are (allowed|expected|possible)\b"
)
_ONE_OF = re.compile(
    r"\b(?:one|any) of:?\s+([^.;:()]+)|\beither\s+([^.;:()]+)|\bvalues(?: are|:)\s+([^.;:()]+)"
)
_SPLIT = re.compile(r"\s*,\s*(?:or|and)?\s*|\s+(?:or|and)\s+")
_WORD = re.compile(r"""["'`]?([\w+/-]+)["'`]?|["'`]([^"'`]+)["'`]""")
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_BETWEEN = re.compile(rf"\b(?:between|from) {_NUMBER} ?%? (?:and|to) {_NUMBER}")
_NOT_NEGATIVE = re.compile(
    r"\b(non-negative|never negative|not negative|zero or more|at least zero|positive)\b"
)
_WHOLE = re.compile(r"\b(integers?|whole numbers?|in cents)\b")
_BROKEN_TYPES = ("float", "double", "real", "decimal", "numeric")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a column's values; `None` where nothing is."""

    filled: bool | None = None
    unique: bool | None = None
    values: frozenset[str] | None = None
    low: float | None = None
    high: float | None = None
    whole: bool | None = None


def claimed(description: str) -> Claim:
    """What a description says, sentence by sentence; a sentence that hedges says only what may be."""
    found = Claim()
    for sentence in re.split(r"(?<=[.;!\n])\s+", description.lower()):
        found = _both(found, _sentence(sentence))
    return found


def demanded(check: str, arguments: Mapping[str, Any]) -> Claim:
    """What a dbt test or an expectation demands, by its name and arguments."""
    plain = check.rpartition(".")[2].removeprefix("expect_column_values_to_").removeprefix("expect_column_")
    whole = _number(arguments.get("mostly", arguments.get("at_least", 1))) in (1, None)
    match plain:
        case "not_null" | "not_be_null" | "not_null_proportion":
            return Claim(filled=whole)
        case "be_null":
            return Claim(filled=False)
        case "unique" | "be_unique":
            return Claim(unique=True)
        case "accepted_values" | "be_in_set" | "distinct_values_to_be_in_set":
            values = arguments.get("values", arguments.get("value_set"))
            if isinstance(values, list):
                return Claim(values=frozenset(str(value).lower() for value in values))
        case "accepted_range" | "be_between":
            return Claim(low=_number(arguments.get("min_value")), high=_number(arguments.get("max_value")))
        case "be_of_type":
            kind = str(arguments.get("type_", arguments.get("column_type", ""))).lower()
            return Claim(whole=False if kind.startswith(_BROKEN_TYPES) else None)
    return Claim()


def contradiction(said: Claim, check: Claim) -> tuple[str, bool]:
    """How a check contradicts what is said, in words, and whether one of the two must be wrong."""
    if said.filled is True and check.filled is False:
        return "never null, and the check lets nulls pass", True
    if said.filled is False and check.filled is True:
        return "sometimes null, and the check demands a value", True
    if said.unique is False and check.unique is True:
        return "not unique, and the check demands that it is", True
    if said.values is not None and check.values is not None:
        more, fewer = sorted(check.values - said.values), sorted(said.values - check.values)
        if more:
            return f"one of {_list(said.values)}, and the check accepts {_list(more)} as well", True
        if fewer:
            return f"one of {_list(said.values)}, and the check refuses {_list(fewer)}", False
    if said.low is not None and check.low is not None and check.low < said.low:
        return f"at least {said.low:g}, and the check accepts {check.low:g}", True
    if said.high is not None and check.high is not None and check.high > said.high:
        return f"at most {said.high:g}, and the check accepts {check.high:g}", True
    if said.whole and check.whole is False:
        return "a whole number, and the check demands a fraction's type", True
    return "", False


def _sentence(text: str) -> Claim:
    hedged = bool(_UNLESS.search(text))
    open_, repeated = bool(_OPEN.search(text)), bool(_REPEATED.search(text))
    low, high = _limits(text)
    return Claim(
        filled=False if open_ else True if _FILLED.search(text) and not hedged else None,
        unique=False if repeated else True if _UNIQUE.search(text) and not hedged else None,
        values=None if hedged else _one_of(text),
        low=None if hedged else low,
        high=None if hedged else high,
        whole=True if _WHOLE.search(text) and not hedged else None,
    )


def _limits(text: str) -> tuple[float | None, float | None]:
    between = _BETWEEN.search(text)
    if between:
        return float(between[1]), float(between[2])
    return (0.0, None) if _NOT_NEGATIVE.search(text) else (None, None)


def _one_of(text: str) -> frozenset[str] | None:
    """The values that a sentence lists, when it is plain that it lists values: words, or quoted ones."""
    found = _ONE_OF.search(text)
    if not found:
        return None
    parts = [part for part in _SPLIT.split(next(filter(None, found.groups())).strip()) if part]
    words = [_WORD.fullmatch(part) for part in parts]
    if len(words) < 2 or not all(words):
        return None
    return frozenset(word[1] or word[2] for word in words if word)


def _both(one: Claim, other: Claim) -> Claim:
    """What two sentences say together; where both say something, the first counts."""
    names = ("filled", "unique", "values", "low", "high", "whole")
    mine = {name: getattr(one, name) for name in names}
    return Claim(**{name: getattr(other, name) if value is None else value for name, value in mine.items()})


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _list(values: Any) -> str:
    return ", ".join(sorted(values)[:6])
