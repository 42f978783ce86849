"""What descriptions say of columns, what checks demand, and when the two exclude each other."""

from typing import Any

import pytest

from governance.syntax.dbt.claims import Claim, claimed, contradiction, demanded

SAID = [
    ("Key of the order, never null.", Claim(filled=True)),
    ("Null until the order is paid.", Claim(filled=False)),
    ("Never null when the order is paid.", Claim()),
    ("Optional note. Not null in the old system, but may be empty here.", Claim(filled=False)),
    ("Unique key of the order.", Claim(unique=True)),
    ("Unique per customer.", Claim()),
    ("Not unique; one customer has several rows per day.", Claim(unique=False)),
    ("One of `placed`, `paid` or 'sent back'.", Claim(values=frozenset({"placed", "paid", "sent back"}))),
    ("One of the customers of the shop.", Claim()),
    ("Either a gift or a purchase of the customer.", Claim()),
    ("Share of the price, between 0 and 1.", Claim(low=0, high=1)),
    ("Amount in cents; never negative.", Claim(low=0, whole=True)),
    ("What the customer paid.", Claim()),
    ("", Claim()),
]


@pytest.mark.parametrize(("text", "claim"), SAID, ids=[text[:30] for text, _ in SAID])
def test_what_is_said(text: str, claim: Claim) -> None:
    assert claimed(text) == claim


CHECKS: list[tuple[str, str, dict[str, Any], str]] = [
    ("Never null.", "not_null", {}, ""),
    ("Never null.", "dbt_utils.not_null_proportion", {"at_least": 0.9}, "lets nulls pass"),
    ("Never null.", "expect_column_values_to_be_null", {}, "lets nulls pass"),
    ("May be null.", "expect_column_values_to_not_be_null", {"mostly": 0.5}, ""),
    ("May be null.", "expect_column_values_to_not_be_null", {}, "demands a value"),
    ("Unique.", "unique", {}, ""),
    ("One of a, b.", "accepted_values", {"values": ["b", "a"]}, ""),
    ("One of a, b.", "accepted_values", {"values": ["A", "b", "c"]}, "accepts c as well"),
    ("One of a, b.", "accepted_values", {"values": ["a"]}, "refuses b"),
    ("Between 0 and 1.", "dbt_utils.accepted_range", {"min_value": 0}, ""),
    ("Between 0 and 1.", "dbt_utils.accepted_range", {"min_value": 0.2, "max_value": 0.5}, ""),
    ("Between 0 and 1.", "expect_column_values_to_be_between", {"max_value": 1.5}, "accepts 1.5"),
    ("Between 0 and 1.", "accepted_range", {"min_value": "{{ low }}"}, ""),
    ("In cents.", "expect_column_values_to_be_of_type", {"type_": "float64"}, "a fraction's type"),
    ("Between 0 and 1.", "my_own_test", {"max_value": 100}, ""),
]


@pytest.mark.parametrize(("text", "check", "arguments", "words"), CHECKS)
def test_what_contradicts(text: str, check: str, arguments: dict[str, Any], words: str) -> None:
    told, _ = contradiction(claimed(text), demanded(check, arguments))
    assert (words in told) if words else told == ""
