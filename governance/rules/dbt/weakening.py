"""What a change takes away from tests and expectations, compared with base."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from governance.artifact import Change
from governance.finding import Position
from governance.syntax.dbt import DbtChange, DbtKind
from governance.syntax.dbt.change import Project
from governance.syntax.dbt.surroundings import guarded, logic
from governance.syntax.dbt.tests import DbtTest, TestKey, read_tests

_DEGREES = frozenset({"severity", "where", "limit", "error_if", "warn_if", "fail_calc", "enabled"})
_STRICTEST = frozenset({">0", "!=0", "<>0", ">=1"})
_NARROWING = frozenset({"where", "limit", "error_if", "warn_if"})
"""Options that let a test fail on less than it would without them."""
_LOWER, _UPPER = ("min_value", "mostly", "at_least"), ("max_value",)
_UNIT = frozenset({"given", "expect", "overrides"})
_HARMLESS = frozenset({"description", "name", "tags", "meta", "store_failures", "store_failures_as"})


@dataclass(frozen=True, slots=True)
class Weakening:
    """One test that is gone or demands less. `beside` is the changed file that it tests.

    It is `owed` to that where what it tested is no more, its new value is one that the logic now makes, or it
    is a unit test, which states what a model makes of given rows.
    """

    start: Position
    words: str
    quote: str
    removed: bool = False
    beside: str = ""
    owed: bool = False


def weakenings(subject: DbtChange) -> Iterator[Weakening]:
    """Each test of base that head removes or weakens."""
    if subject.change is Change.ADDED:
        return
    yield from _own_generic(subject)
    if subject.kind is DbtKind.TEST:
        yield from _singular(subject)
    elif subject.kind in (DbtKind.PROPERTIES, DbtKind.EXPECTATIONS):
        yield from _generic(subject)
    elif subject.kind is DbtKind.PROJECT:
        yield from _for_all(subject)
    elif "/fixtures/" in f"/{subject.path}" and subject.head.text.split() != subject.base.text.split():
        changed = subject.project.logic_changed
        tested = subject.project.fixtures.get(subject.path, ())
        beside = next((changed[model] for model in tested if model in changed), "")
        words = f"the rows of {subject.path.rpartition('/')[2]}, which unit tests give or expect, are others"
        yield Weakening(Position(1), words, subject.path, beside=beside, owed=True)


def _own_generic(subject: DbtChange) -> Iterator[Weakening]:
    """A generic test of the project whose query is another one, told where models of it changed as well."""
    before, now = subject.base.template.bodies, subject.head.template.bodies
    for name, body in before.items():
        beside = subject.project.tested_by.get(name, "")
        said = _query(name, subject.base.text)
        same = said is not None and said == _query(name, subject.head.text)
        if name.startswith("test:") and body != now.get(name) and not same:
            plain, removed = name.removeprefix("test:"), name not in now
            words = f"test {plain} is {'gone' if removed else 'another query now'}"
            place = subject.head.template.macros.get(name, Position(1))
            yield Weakening(place, words, plain, removed, beside)


def _query(name: str, text: str) -> tuple[str, str] | None:
    """The words of one generic test, its signature apart; `None` when it is not plain which block it is."""
    plain = re.escape(name.removeprefix("test:"))
    block = rf"\{{%[-+]?\s*test\s+{plain}\b(.*?)%\}}(.*?)\{{%[-+]?\s*endtest\b"
    found = re.findall(block, text, re.DOTALL)
    return (logic(found[0][0]), logic(found[0][1])) if len(found) == 1 else None


def _singular(subject: DbtChange) -> Iterator[Weakening]:
    if any(name.startswith("test:") for name in subject.base.template.macros):
        return
    changed = subject.project.logic_changed.items()
    text = subject.base.text
    beside = next((path for name, path in changed if re.search(rf"\b{re.escape(name)}\b", text)), "")
    if subject.change is Change.DELETED:
        if ("query", *text.split()) in subject.project.tests:
            return
        yield Weakening(Position(1), "the test is deleted", subject.path, removed=True, beside=beside)
        return
    for key, (_, value, place) in subject.new_settings.items():
        if key in _DEGREES and not _stricter(key, value):
            yield Weakening(place, f"the test now says {key}: {value}", f"{key}: {value}", beside=beside)
    if logic(subject.head.text) != logic(text):
        yield Weakening(Position(1), "the test's query is another one", subject.path, beside=beside)


def _generic(subject: DbtChange) -> Iterator[Weakening]:
    head, base = read_tests(subject.head.document), read_tests(subject.base.document)
    suite = subject.path.rpartition("/")[2].partition(".")[0] if subject.kind is DbtKind.EXPECTATIONS else ""
    for key, before in base.items():
        owner = guarded(before) or suite
        beside = subject.project.logic_changed.get(owner, "")
        now = head.get(key)
        if now is not None:
            yield from _compared(before, now, beside, subject.project)
        elif suite or key not in subject.project.tests:
            words = f"{before.name} on {owner or 'the project'} is gone"
            left_out, brought_in = subject.project.left_out.get(owner, ()), subject.project.brought_in
            renamed = (new for new in head if new not in base and new[-1] == key[-1] and new[:2] == key[:2])
            owed = _column(key) in left_out or any(_column(new) in brought_in for new in renamed)
            yield Weakening(_nearest(subject, key), words, before.name, True, beside, owed)


def _column(key: TestKey) -> str:
    return key[key.index("columns") + 1].lower() if "columns" in key[:-1] else ""


def _compared(before: DbtTest, now: DbtTest, beside: str, project: Project) -> Iterator[Weakening]:
    for option in (*now.options, *(gone for gone in before.options if gone not in now.options)):
        was, value = before.options.get(option), now.options.get(option)
        key = next((part for part in reversed(option) if not part.startswith("#")), "")
        if was == value or option[0] in _HARMLESS or _stricter(key, value) or _lifted(key, was, value):
            continue
        if _narrower(key, was, value):
            continue
        if value is None and key == "values":
            continue  # an accepted value less is a stricter test
        words = (
            f"{now.name} on {now.owner or 'this model'} now says {key}: {value} instead of {was or 'nothing'}"
        )
        quote, owed = f"{now.name} {key}: {value}", _owed(key, was, value, project)
        owed = owed or (("model",) in before.options and option[0] in _UNIT)  # a unit test
        yield Weakening(now.places.get(option, now.start), words, quote, beside=beside, owed=owed)


def _owed(key: str, was: Any, value: Any, project: Project) -> bool:
    """Whether the logic that changed leaves no choice: a new value that it makes, a table that is gone."""
    if key == "values":
        said = set(re.findall(r"\w+", str(value).lower()))
        return bool(said) and said <= project.brought_in
    return key == "to" and any(word in project.deleted for word in re.findall(r"\w+", str(was)))


def _stricter(key: str, value: Any) -> bool:
    if key in ("error_if", "warn_if"):
        return str(value).replace(" ", "") in _STRICTEST
    return (key, str(value).lower()) in (("severity", "error"), ("enabled", "true"))


def _lifted(key: str, was: Any, value: Any) -> bool:
    """Whether an option that let the test fail on less is gone."""
    loose = (key, str(was).lower()) in (("severity", "warn"), ("enabled", "false"))
    return value is None and was is not None and (key in _NARROWING or loose)


def _narrower(key: str, was: Any, value: Any) -> bool:
    """Whether a limit is drawn closer, or drawn where there was none."""
    if key not in _LOWER + _UPPER or value is None:
        return key == "mostly" and value is None and was is not None
    if was is None:
        return key != "mostly"  # which lets rows fail
    if isinstance(was, str | bool) or isinstance(value, str | bool):
        return False
    return bool(value > was if key in _LOWER else value < was)


def _for_all(subject: DbtChange) -> Iterator[Weakening]:
    beside = next(iter(subject.project.logic_changed.values()), "")
    for entry in subject.new_entries:
        key = entry.path[-1]
        for_tests = entry.path[0] in ("tests", "data_tests") and key in _DEGREES
        if for_tests and not _stricter(key, entry.value):
            words = f"every test of {entry.path[1]} now says {key}: {entry.value}"
            yield Weakening(entry.start, words, f"{key}: {entry.value}", beside=beside)


def _nearest(subject: DbtChange, key: tuple[str, ...]) -> Position:
    """The place in head that comes closest to where the test stood."""
    owner = key[:-2]
    while owner:
        for path, entry in subject.head.document.entries.items():
            if path[: len(owner)] == owner:
                return entry.start
        owner = owner[:-1]
    return Position(1)
