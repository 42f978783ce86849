"""Tests and expectations that are taken away or demand less, alone and together with a logic change."""

import pytest

from governance.checks.dbt_screen import screen
from governance.finding import Position, Severity
from governance.syntax.dbt import example

HEAD = "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n"
BASE = HEAD + "          - unique\n          - accepted_values: {values: [x, y]}\n"
SUITE = "expectations:\n  - type: expect_x\n    kwargs: {column: a, min_value: 1}\n"

CASES = [  # id, file, base, head, code, place
    ("test gone", "models/a.yml", BASE, HEAD + "          - unique\n", "DBT016", (4, 9)),
    ("tests emptied", "models/a.yml", BASE, HEAD[:-1] + " []\n", "DBT016", (4, 9)),
    ("file gone", "models/a.yml", BASE, None, "DBT016", (1, 1)),
    ("only warns", "models/a.yml", BASE, BASE.replace("- unique", "- unique: {config: {severity: warn}}"), "DBT017", (6, 31)),
    ("fewer rows", "models/a.yml", BASE, BASE.replace("- unique", "- unique: {where: d > 1}"), "DBT017", (6, 22)),
    ("limit", "models/a.yml", BASE, BASE.replace("- unique", "- unique: {limit: 1}"), "DBT017", (6, 22)),
    ("error only above", "models/a.yml", BASE, BASE.replace("- unique", "- unique: {error_if: '>100'}"), "DBT017", (6, 22)),
    ("switched off", "models/a.yml", BASE, BASE.replace("- unique", "- unique: {enabled: false}"), "DBT017", (6, 22)),
    ("one more value accepted", "models/a.yml", BASE, BASE.replace("x, y", "x, y, z"), "DBT017", (7, 46)),
    ("all tests warn", "dbt_project.yml", "name: s\n", "name: s\ndata_tests:\n  s:\n    +severity: warn\n", "DBT017", (4, 5)),
    ("singular test warns", "tests/t.sql", "select 1", "{{ config(severity='warn') }}select 1", "DBT017", (1, 4)),
    ("singular test gone", "tests/t.sql", "select 1", None, "DBT016", (1, 1)),
    ("singular test empty", "tests/t.sql", "select * from t", "select * from t where false", "DBT017", (1, 1)),
    ("expectation gone", "models/a.expectations.yml", SUITE + "  - type: expect_y\n", SUITE, "DBT016", (1, 1)),
    ("expectation loosened", "models/a.expectations.yml", SUITE, SUITE.replace("min_value: 1", "min_value: 0"), "DBT017", (3, 25)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "base", "head", "code", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_weakening(path: str, base: str, head: str | None, code: str, place: tuple[int, int]) -> None:
    findings = screen([example(path, base, head)])
    assert (code, Position(*place), Severity.MEDIUM) in [
        (f.code, f.location.start, f.severity) for f in findings if f.code in ("DBT016", "DBT017", "DBT018")
    ]


STRONGER = [
    ("test added", "models/a.yml", BASE, BASE + "          - not_null\n"),
    ("value less", "models/a.yml", BASE, BASE.replace("x, y", "x")),
    ("back to an error", "models/a.yml", BASE, BASE.replace("- unique", "- unique: {severity: error}")),
    ("described", "models/a.yml", BASE, BASE.replace("- unique", "- unique: {description: key}")),
    ("spelled anew", "models/a.yml", BASE, BASE.replace("tests:", "data_tests:")),
    ("reordered", "models/a.yml", BASE, HEAD + "          - accepted_values: {values: [y, x]}\n          - unique\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "base", "head"), [c[1:] for c in STRONGER], ids=[c[0] for c in STRONGER])
def test_not_weaker(path: str, base: str, head: str) -> None:
    assert screen([example(path, base, head)]) == []


def test_together_with_logic_is_graver() -> None:
    weaker = BASE.replace("- unique", "- unique: {severity: warn}")
    logic = ("models/a.sql", "select 1 as id", "select 2 as id")
    (finding,) = screen([example("models/a.yml", BASE, weaker, logic)])
    assert (finding.code, finding.severity) == ("DBT018", Severity.HIGH)
    assert [place.path for place in finding.related] == ["models/a.sql"]


def test_moved_to_another_file_is_no_removal() -> None:
    moved = ("models/b.yml", None, BASE)
    assert screen([example("models/a.yml", BASE, None, moved)]) == []


def test_singular_test_of_changed_logic_is_graver() -> None:
    logic = ("models/orders.sql", "select 1 as id", "select 2 as id")
    findings = screen([example("tests/t.sql", "select * from {{ ref('orders') }}", None, logic)])
    assert [f.code for f in findings] == ["DBT018"]
