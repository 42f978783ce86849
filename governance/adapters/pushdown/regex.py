"""Python's regular expressions in the words of DuckDB's, for texts of ASCII characters only.

The two engines share a syntax and differ in its meaning, so a pattern is parsed by Python and written
anew from the tree. What has no exact counterpart (looking around, references back, flags) has none here.
"""

import re
from collections.abc import Iterable
from typing import Any

from governance.adapters.pushdown.question import Leave

_parser: Any = re._parser  # the tree has no public name
_constants: Any = re._constants
_REPEATED = 1000
_CLASSES = {
    "CATEGORY_DIGIT": "0-9",
    "CATEGORY_WORD": "0-9A-Za-z_",
    "CATEGORY_SPACE": r"\x09-\x0d\x1c-\x20",
}
_ANCHORS = {"AT_BEGINNING": r"\A", "AT_BEGINNING_STRING": r"\A", "AT_END_STRING": r"\z", "AT_BOUNDARY": r"\b"}


def translated(pattern: str) -> str:
    """The same pattern for DuckDB's engine. Raises Leave where there is no such thing."""
    try:
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise Leave from error
    if tree.state.flags != re.UNICODE.value or not pattern.isascii():
        raise Leave
    return _sequence(tree, last=True)


def _sequence(items: Iterable[Any], last: bool = False) -> str:
    listed = list(items)
    return "".join(
        _one(str(kind), value, last and place == len(listed)) for place, (kind, value) in enumerate(listed, 1)
    )


def _one(kind: str, value: Any, last: bool) -> str:
    match kind:
        case "LITERAL":
            return _character(value)
        case "NOT_LITERAL":
            return f"[^{_character(value)}]"
        case "ANY":
            return r"[^\x0a]"
        case "IN":
            return _class(value)
        case "BRANCH":
            return "(?:" + "|".join(_sequence(branch, last) for branch in value[1]) + ")"
        case "SUBPATTERN":
            _, added, removed, inner = value
            if not added and not removed:
                return f"(?:{_sequence(inner, last)})"
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeat(*value)
        case "AT" if str(value) == "AT_END" and last:
            return r"\x0a?\z"  # before a newline at the very end as well
        case "AT" if str(value) in _ANCHORS:
            return _ANCHORS[str(value)]
    raise Leave


def _repeat(least: int, most: int, inner: Iterable[Any]) -> str:
    endless = most == _constants.MAXREPEAT
    if max(least, 0 if endless else int(most)) > _REPEATED:
        raise Leave
    return f"(?:{_sequence(inner)}){{{least},{'' if endless else int(most)}}}"


def _class(items: Iterable[Any]) -> str:
    parts = []
    for kind, value in items:
        match str(kind):
            case "NEGATE":
                parts.append("^")
            case "LITERAL":
                parts.append(_character(value))
            case "RANGE":
                parts.append(f"{_character(value[0])}-{_character(value[1])}")
            case "CATEGORY" if str(value) in _CLASSES:
                parts.append(_CLASSES[str(value)])
            case "CATEGORY" if str(value).replace("_NOT", "") in _CLASSES:
                parts.append(_outside(_CLASSES[str(value).replace("_NOT", "")]))
            case _:
                raise Leave
    return f"[{''.join(parts)}]"


def _outside(inside: str) -> str:
    """The ASCII characters that a class has not."""
    missing = [code for code in range(128) if not re.match(f"[{inside}]", chr(code))]
    return "".join(map(_character, missing))


def _character(code: int) -> str:
    if code > 127:
        raise Leave
    return f"\\x{code:02x}"
