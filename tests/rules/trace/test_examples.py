"""The examples in every trace rule are true, and each rule explains itself."""

import inspect

import pytest

from governance.catalog import rules
from governance.check import examine
from governance.facts import TraceFacts
from governance.fault import FAULTS
from governance.finding import Severity
from governance.rule import Rule
from governance.transcripts.story import session

RULES = rules("trace")
TraceRule = Rule[TraceFacts]


def examples(kind: str) -> list[object]:
    return [
        pytest.param(rule, story, id=f"{rule.code}-{rule.name}-{number}")
        for rule in RULES
        for number, story in enumerate(getattr(rule, kind), 1)
    ]


@pytest.mark.parametrize(("rule", "story"), examples("bad"))
def test_a_bad_example_is_found(rule: TraceRule, story: str) -> None:
    found = examine(TraceFacts(session(story)), [rule])
    assert found
    assert {f.code for f in found} == {rule.code}


@pytest.mark.parametrize(("rule", "story"), examples("good"))
def test_a_good_example_is_clean(rule: TraceRule, story: str) -> None:
    assert examine(TraceFacts(session(story)), [rule]) == []


@pytest.mark.parametrize(("rule", "story"), examples("bad"))
def test_every_finding_names_its_step_and_quotes_it(rule: TraceRule, story: str) -> None:
    steps = {s.seq for s in session(story).steps}
    for finding in examine(TraceFacts(session(story)), [rule]):
        assert finding.location.step in steps
        assert finding.quote
        assert finding.message
        assert finding.category in ("DEC", "TST", "SEC", "UFO", "INV", "RES")


@pytest.mark.parametrize(("rule", "story"), examples("good"))
def test_a_good_example_never_blocks(rule: TraceRule, story: str) -> None:
    """No other rule may block what one rule shows as right."""
    found = examine(TraceFacts(session(story)), RULES)
    if rule.name in CROSSED:
        assert [f.name for f in found if f.severity >= Severity.HIGH] == CROSSED[rule.name]
        return
    assert [f for f in found if f.severity >= Severity.HIGH] == []


CROSSED: dict[str, list[str]] = {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_explains_itself(rule: TraceRule) -> None:
    summary, _, reason = inspect.getdoc(type(rule)).partition("\n\n")  # type: ignore[union-attr]
    assert summary.endswith(".")
    assert reason.strip()
    assert rule.remedy.endswith(".")
    assert rule.good
    assert rule.bad


def test_codes_and_names_are_unique() -> None:
    assert len({r.code for r in RULES}) == len({r.name for r in RULES}) == len(RULES)
    assert not {r.name for r in RULES} & {fault.name for fault in FAULTS}
