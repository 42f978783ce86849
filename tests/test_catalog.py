"""The catalogue is whole, and the page of rules says what the classes say."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from governance import fault as faults
from governance.catalog import FAMILIES, all_rules, describe, listing, render, rules
from governance.fault import FAULTS, Fault
from governance.rule import Rule

ROOM = Path(__file__).resolve().parents[1] / "governance" / "rules"
PREFIX = {"sql": "(SQL|COL)", "dbt": "(DBT|EXP)", "infra": "INF", "trace": "TRC"}
EVERY = [pytest.param(rule, family, id=rule.name) for family in FAMILIES for rule in rules(family)]


def test_the_page_is_up_to_date() -> None:
    page = ROOM / "README.md"
    assert page.read_text("utf-8") == render(), "run `make docs`"


def test_links_of_the_page_lead_to_headings() -> None:
    page = render()
    headings = {
        line.strip("# ").lower().replace(" ", "-") for line in page.splitlines() if line.startswith("###")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) == headings


def test_codes_and_names_are_unique() -> None:
    rows = listing()
    for column in (0, 2):
        values = [row[column] for row in rows]
        assert sorted(values) == sorted(set(values))


@pytest.mark.parametrize(("rule", "family"), EVERY)
def test_a_rule_is_well_formed(rule: Rule[Any], family: str) -> None:
    assert re.fullmatch(PREFIX[family] + r"\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert not rule.name.startswith(("no-", "ban-", "dont-", "avoid-")), (
        "names say what is found, not the cure"
    )
    summary, _, reason = (type(rule).__doc__ or "").partition("\n\n")
    assert summary.strip().endswith(".")
    assert "\n" not in summary.strip()
    assert reason.strip(), "why should the reader care?"
    assert rule.remedy.endswith(".")
    assert rule.bad
    assert rule.good


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_well_formed(fault: Any) -> None:
    assert re.fullmatch(r"GOV\d{3}", fault.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", fault.name)
    assert fault.summary.endswith(".")
    assert fault.remedy.endswith(".")


def test_every_fault_is_listed() -> None:
    assert [value for value in vars(faults).values() if isinstance(value, Fault)] == list(FAULTS)


def rule_classes(file: Path, family: str) -> list[str]:
    """The classes of a file that are rules with a code of their own."""
    module = import_module(f"governance.rules.{family}.{file.stem}")
    return [
        f"{file.stem}:{name}"
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__
        if "code" in vars(value)
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_rule_class_is_listed_and_every_entry_is_there(family: str) -> None:
    found = [entry for file in sorted((ROOM / family).glob("*.py")) for entry in rule_classes(file, family)]
    assert sorted(found) == sorted(FAMILIES[family])


def test_one_file_holds_one_rule() -> None:
    for family, entries in FAMILIES.items():
        modules = [entry.partition(":")[0] for entry in entries]
        assert len(modules) == len(set(modules)), family


@pytest.mark.parametrize(
    "word", [rule.code for rule in all_rules()[::20]] + ["trace-missing", "multi-statement"]
)
def test_a_rule_is_described_by_code_or_name(word: str) -> None:
    page = describe(word)
    assert page is not None
    assert word in page.splitlines()[0]
    assert "**Mend:**" in page


def test_an_unknown_rule_has_no_page() -> None:
    assert describe("SQL999") is None


def test_the_page_shows_no_invisible_letters() -> None:
    assert [c for c in render() if not c.isprintable() and c not in "\n\t"] == []
