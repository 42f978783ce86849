"""Every dbt rule finds its bad examples, leaves its good ones alone, and explains itself."""

import re
from dataclasses import replace
from typing import Any

import pytest

from governance.catalog import rules
from governance.check import examine
from governance.finding import Location, Severity
from governance.rule import Rule
from governance.rules.dbt import HOLD, SCREEN
from governance.syntax.dbt import read_case
from governance.syntax.dbt.column_change import ColumnImpact
from governance.syntax.dbt.graph import Graph, Node
from governance.syntax.dbt.impact import column_impacts
from governance.syntax.dbt.outputs import Outputs
from governance.syntax.dbt.results import CheckKind, DataDifference, DataTest, FailedExpectation, TriedTest

RULES = rules("dbt")
RAW = Node("seed.raw", "raw", "seed", "seeds/raw.csv", (), "raw", {"a": "INTEGER", "b": "INTEGER"})


def impacts(text: str) -> list[ColumnImpact]:
    """A case about models over the table `raw`, where the second file reads the first as `m`."""
    bodies = dict(re.findall(r"^# (\S+(?:, before)?)\n(.*)$", text, re.MULTILINE))
    user = Node(
        "model.user",
        "user",
        "model",
        "models/user.sql",
        ("model.m",),
        "user",
        sql=bodies.get("models/user.sql", ""),
    )
    sides = []
    for name in ("models/m.sql, before", "models/m.sql"):
        m = Node("model.m", "m", "model", "models/m.sql", ("seed.raw",), "m", sql=bodies[name])
        sides.append(Graph({node.key: node for node in (RAW, m, user)}))
    return list(column_impacts(Outputs(sides[0], "duckdb"), sides[1], ["model.m"]))


def outcome(text: str) -> list[DataTest | FailedExpectation]:
    """A line about data as the subject that the checks would make of it."""
    name, found, how = re.fullmatch(r"(.+): (\d+)(?: of \d+)? rows (fail|warn)", text).groups()  # type: ignore[union-attr]
    if "expect_" not in name:
        return [DataTest(name, "orders", Location("models/orders.yml"), int(found), warns=how == "warn")]
    model, kind = name.split(": ")
    counts = {"unexpected_count": int(found), "element_count": 600}
    return (
        [FailedExpectation(model, kind, Severity.HIGH, Location("x.yml"), counts=counts)]
        if int(found)
        else []
    )


def trial(text: str) -> list[TriedTest]:
    """A line about a test on damaged data."""
    said = re.fullmatch(r"(.+): (\d+) of (\d+) faults noticed(?:, (lax|restates|constant))?", text)
    name, noticed, tried, how = said.groups()  # type: ignore[union-attr]
    subject = TriedTest(
        name, "orders", Location("models/orders.yml"), int(tried), int(noticed), CheckKind.QUERY
    )
    flags: dict[str, Any] = {
        "lax": {"lax": True},
        "restates": {"restates": True},
        "constant": {"constant": "a"},
    }
    return [replace(subject, **flags.get(how, {}))]


def difference(text: str) -> list[DataDifference]:
    """A line about the rows of a model, before and now."""
    model, before, now = re.fullmatch(r"(.+): (\d+) to (\d+) rows", text).groups()  # type: ignore[union-attr]
    return [DataDifference(model, Location("models/orders.sql"), (int(before), int(now)))]


SUBJECTS = {
    SCREEN: lambda text: [read_case(text)],
    HOLD: lambda text: [read_case(text)],
    "impact": impacts,
    "data": outcome,
    "trial": trial,
    "difference": difference,
}


def codes(rule: Rule[Any], text: str) -> set[str]:
    return {f.code for subject in SUBJECTS[rule.category](text) for f in examine(subject, [rule])}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_examples(rule: Rule[Any]) -> None:
    for text in rule.bad:
        assert codes(rule, text) == {rule.code}, text
    for text in rule.good:
        assert codes(rule, text) == set(), text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_explains_itself(rule: Rule[Any]) -> None:
    summary, _, reason = (type(rule).__doc__ or "").partition("\n\n")
    assert summary.endswith(".")
    assert reason.strip()
    assert rule.remedy.endswith(".")
    assert rule.good
    assert rule.bad


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
