"""The examples in every rule are true: its bad ones make it speak, its good ones make no rule of it speak."""

from typing import Any

import pytest

from governance.catalog import rules
from governance.rule import Rule
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext


def judged(example: Any) -> set[str]:
    """The codes that are found in an example of a SQL rule: a text, or a text with its context."""
    text, options = example if isinstance(example, tuple) else (example, {})
    options = {"dialect": "duckdb", **options, "profile": Profile(options.get("profile", "read"))}
    return {finding.code for finding in examine_sql(text, SqlContext(**options))}


def sql_examples(kind: str) -> list[Any]:
    """Each example of each SQL rule, named by the rule and its number."""
    return [
        pytest.param(rule, example, id=f"{rule.code}-{rule.name}-{number}")
        for rule in rules("sql")
        for number, example in enumerate(getattr(rule, kind), 1)
    ]


@pytest.mark.parametrize(("rule", "example"), sql_examples("bad"))
def test_a_bad_example_is_found(rule: Rule[Any], example: Any) -> None:
    assert rule.code in judged(example)


@pytest.mark.parametrize(("rule", "example"), sql_examples("good"))
def test_a_good_example_is_clean(rule: Rule[Any], example: Any) -> None:
    assert judged(example) == set()


@pytest.mark.parametrize("rule", rules("sql"), ids=lambda rule: rule.name)
def test_every_rule_explains_itself(rule: Rule[Any]) -> None:
    summary, _, reason = (type(rule).__doc__ or "").partition("\n\n")
    assert summary.endswith(".")
    assert reason.strip()
    assert rule.remedy.endswith(".")
    assert rule.good
    assert rule.bad


def test_codes_and_names_are_unique() -> None:
    found = rules("sql")
    assert len({rule.code for rule in found}) == len(found)
    assert len({rule.name for rule in found}) == len(found)
