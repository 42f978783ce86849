"""DBT006: a template reaches for Python's internals."""

import re
from collections import Counter
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, Source, case

_DUNDER = re.compile(r"__[a-z]+(_[a-z]+)*__")
_THINGS: tuple[object, ...] = (type, re.compile, property(), re, [].append, "", {}, 1.0, super)
_OWN = frozenset(
    {"__globals__", "__builtins__", "__subclasses__", "__mro__", "__base__", "__bases__", "__import__"}
).union(*map(dir, _THINGS))
"""Names of Python's own, which text has no use for; `__null__` is only text."""
# fmt: off
_INNARDS = frozenset({
    "mro", "func_globals", "func_code", "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame",
    "ag_code", "f_globals", "f_locals", "f_builtins", "tb_frame", "im_func", "im_self",
})
# fmt: on


class SandboxEscape(Rule[DbtChange]):
    """A template reaches for Python's internals.

    Attributes like `__class__` and `__globals__` are the known road from a template to running
    any code with dbt's rights. No model needs them.
    """

    code, name, severity = "DBT006", "sandbox-escape", Severity.CRITICAL
    category = "screen"
    remedy = "Take the expression out; dbt offers what a template needs by name."
    good = (case("models/a.sql", None, "select * from {{ this.identifier }}__dbt_tmp"),)
    bad = (
        case("models/a.sql", None, "{{ ''.__class__.__mro__ }}"),
        case("models/a.sql", None, "{{ ref['__globals__'] }}"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each dunder or frame attribute that head has and base has not."""
        before = Counter(word for word, _ in _reaches(subject.base))
        for word, place in _reaches(subject.head):
            before[word] -= 1
            if before[word] < 0:
                message = f"{word} leads out of the template into Python itself"
                yield self.finding(message, subject.at(place, word), quote=word)


def _reaches(source: Source) -> Iterator[tuple[str, Position]]:
    for mention in source.mentions:
        for part in mention.path:
            if _DUNDER.fullmatch(part) or part in _INNARDS:
                yield part, mention.start
    for template in source.templates:
        for text, place in template.strings:
            named = next((word for word in _dunders(text) if word in _OWN), "")
            if named or text in _INNARDS:
                yield named or text, place


def _dunders(text: str) -> Iterator[str]:
    return (found.group() for found in _DUNDER.finditer(text))
