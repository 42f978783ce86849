"""What the task demands and forbids, in its own words: sentences, paths, flags, numbers, places."""

import re
from dataclasses import dataclass
from enum import StrEnum

from governance.facts.words import sentences, stems

_FORBIDS = re.compile(
    r"\b(?:do not|don'?t|never|must not|mustn'?t|should not|shouldn'?t|may not|cannot|can'?t|avoid"
    r"|prohibited|forbidden|not allowed|refrain from|not the)\b",
    re.I,
)
_CONFINES = re.compile(
    r"\b(?:only|limited to|restricted to|exclusively|solely|stay (?:with)?in|keep \w+ (?:with)?in)\b", re.I
)
_READ_ONLY = re.compile(r"\bread[- ]only\b|\bobservational\b", re.I)
_DEMANDS = re.compile(
    r"\b(?:must|always|require[sd]?|ensure|verify|make sure|need to|has to|validate|first)\b", re.I
)
_PATH = re.compile(
    r"(?<![\w/.@:-])(?:~|\.{1,2}|/)?/?(?:[\w.*@-]+/)+[\w.*-]*|(?<![\w/.-])(?:[\w-]+\.(?:py|sql"
    r"|ya?ml|json|toml|tf|js|ts|sh|cfg|ini|conf|env|md|txt|lock|csv|properties))\b"
    r"|(?<![\w/])\.(?:env|github|gitignore|git)\b"
)
_FLAG = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]+|(?<![\w-])-[A-Za-z]\b")
_QUOTED = re.compile(r"`([^`]{2,80})`|'([^'\n]{3,60})'|\"([^\"\n]{3,60})\"")
_COMMAND = re.compile(
    r"\b(?:rm -\w+|chmod \d{3,4}|(?:DROP|TRUNCATE|DELETE|ALTER) (?:TABLE|DATABASE|SCHEMA|FROM)"
    r"|git (?:push|rebase|commit|reset|merge)(?: --?\w+)*|CONFIG GET \w+|terraform (?:destroy"
    r"|apply)|dbt \w+)\b"
)
_LIMIT = re.compile(
    r"(?:more than|at most|max(?:imum)?(?: of)?|up to|no more than|exceed(?:ing)?"
    r"|limit(?:ed)? (?:of|to)|longer than"
    r"|larger than|under|below|less than|fewer than)\s+(?:~"
    r"|about )?([\d][\d,._]*)\s*([kKmMgG][bB]?)?[\s-]*([A-Za-z]+)?(?:\s+([A-Za-z]+))?",
    re.I,
)
_AT_LEAST = re.compile(r"\b(?:at least|minimum|not delete|do not delete)\b", re.I)
_PLACES = {
    "production": re.compile(r"\bprod(?:uction)?\b", re.I),
    "staging": re.compile(r"\bstag(?:e|ing)\b", re.I),
    "development": re.compile(r"\bdev(?:elopment)?\b", re.I),
    "qa": re.compile(r"\bqa\b", re.I),
}


class Mood(StrEnum):
    """How a constraint binds."""

    FORBIDS = "forbids"
    CONFINES = "confines"
    DEMANDS = "demands"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that must not be exceeded, and the noun it counts."""

    number: float
    unit: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """One sentence of the task that binds the agent, with what it names literally."""

    text: str
    mood: Mood
    read_only: bool = False
    stems: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    places: frozenset[str] = frozenset()


def constraints(task: str) -> tuple[Constraint, ...]:
    """The binding sentences of a task."""
    found = (_constraint(sentence.lstrip("-*•0123456789.) ")) for sentence in sentences(task[:20_000]))
    return tuple(c for c in found if c)


def _constraint(text: str) -> Constraint | None:
    read_only = bool(_READ_ONLY.search(text))
    forbids = _FORBIDS.search(text)
    mood: Mood | None = None
    if forbids:
        mood = Mood.FORBIDS
    elif read_only or _CONFINES.search(text):
        mood = Mood.CONFINES
    elif _DEMANDS.search(text) or _LIMIT.search(text):
        mood = Mood.DEMANDS
    if mood is None:
        return None
    banned = text[forbids.start() :] if forbids else text
    return Constraint(
        text,
        mood,
        read_only,
        stems(_PATH.sub(" ", re.sub(r"\([^)]*\)", " ", banned))),
        paths(banned),
        literals(banned),
        limits(text),
        places(banned),
    )


def paths(text: str) -> tuple[str, ...]:
    """The paths that a text names."""
    return tuple(dict.fromkeys(m.group().rstrip(".,;:") for m in _PATH.finditer(text) if len(m.group()) > 2))


def literals(text: str) -> tuple[str, ...]:
    """Flags, commands and quoted words that a text names."""
    found = [m.group() for m in _FLAG.finditer(text)]
    found += [next(filter(None, m.groups())) for m in _QUOTED.finditer(text)]
    found += [m.group() for m in _COMMAND.finditer(text)]
    found += re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", text)
    chmod = re.search(r"\bchmod (\d{3,4}) or (?:chmod )?(\d{3,4})", text)
    found += [f"chmod {chmod.group(2)}"] if chmod else []
    return tuple(dict.fromkeys(f for f in found if len(f) > 1))


def limits(text: str) -> tuple[Limit, ...]:
    """The upper bounds that a text states."""
    if _AT_LEAST.search(text):
        return ()
    return tuple(Limit(number(m.group(1), m.group(2) or ""), _unit(m, text)) for m in _LIMIT.finditer(text))


def _unit(match: re.Match[str], text: str) -> str:
    """The noun after the number, or else the words before it: `retry limit must not exceed 5`."""
    after = " ".join(filter(None, (match.group(3), match.group(4))))
    before = re.sub(r"\b(?:limit|count|number|must|max|total|size)\b", " ", text[: match.start()], flags=re.I)
    return (after or before).lower()


def number(digits: str, unit: str = "") -> float:
    """The number behind `10,000`, `20k` or `5_000`."""
    factor = {"k": 1e3, "m": 1e6, "g": 1e9}.get(unit[:1].lower(), 1.0)
    try:
        return float(digits.rstrip(".,_").replace(",", "").replace("_", "")) * factor
    except ValueError:
        return 0.0


def places(text: str) -> frozenset[str]:
    """The environments that a text names."""
    return frozenset(name for name, pattern in _PLACES.items() if pattern.search(text))
