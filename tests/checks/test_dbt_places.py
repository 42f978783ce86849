"""Findings about rendered and built models point into their sources, and SARIF has the places."""

import json
from pathlib import Path

import pytest

from governance.checks.dbt_audit import DbtOptions
from governance.decision import decide
from governance.policy import Policy
from governance.report import render
from tests.checks.test_dbt_audit import Edit, audit, change

FIRST = """\
{{ config(materialized='view') }}
{% set wanted = ['order_id', 'customer_id'] %}

select
  {% for name in wanted %}{{ name }}, {% endfor %}{{ 'random()' }} as luck, random() as chance,
  1 as a
from {{ ref('orders') }}
"""
FILES = {
    "models/marts/first.sql": FIRST,
    "models/marts/second.sql": "select\n    order_id as id,\n    {{ 'no' ~ '_column' }} as b\nfrom {{ ref('orders') }}\n",
    "models/marts/third.sql": "select\n    order_id as id,\n    {{ no_such_thing() }} as b\nfrom {{ ref('orders') }}\n",
    "models/marts/fourth.sql": "select 1 as a, 2 as b union all select 1, 3\n",
    "models/marts/more.yml": """\
models:
  - name: fourth
    columns:
      - name: b
        data_tests: [not_null, accepted_values: {arguments: {values: [2, 3]}}, accepted_values: {arguments: {values: [2]}}]
      - name: a
        data_tests:
          - not_null
          - unique
""",
}

pytestmark = pytest.mark.dbt


def test_every_finding_points_at_its_source(tmp_path: Path) -> None:
    edits: dict[str, Edit] = {path: lambda _, text=text: text for path, text in FILES.items()}  # type: ignore[misc]
    changeset = change(tmp_path, edits)
    reports = audit(changeset)
    named = FIRST.splitlines()[4]
    luck, chance = named.index("{{ 'random()'") + 1, named.index("random() as chance") + 1
    behind = luck + len("{{ 'random()' }}")
    found = sorted(
        (f.code, f.location.path.rpartition("/")[2], str(f.location.start), str(f.location.end or ""))
        for report in reports.values()
        for f in report.findings
        if f.location.start
    )
    assert found == [
        ("DBT021", "third.sql", "3:8", "3:21"),  # the screen's own
        ("DBT040", "more.yml", "5:80", ""),
        ("DBT040", "more.yml", "9:13", ""),
        ("EXP001", "more.yml", "5:80", ""),
        ("EXP001", "more.yml", "9:13", ""),
        ("GOV023", "second.sql", "3:5", ""),  # does not build: the expression that names the column
        ("GOV023", "third.sql", "3:8", ""),  # does not render
        ("SQL108", "first.sql", f"5:{luck}", f"5:{behind}"),
        ("SQL108", "first.sql", f"5:{chance}", f"5:{chance + len('random')}"),
    ]
    decision = decide(changeset, reports.values(), Policy())
    (run,) = json.loads(render(decision, changeset, "sarif"))["runs"]
    regions = {
        (result["ruleId"], *sorted(place["physicalLocation"]["region"].items()))
        for result in run["results"]
        for place in result["locations"]
        if "region" in place["physicalLocation"]
    }
    assert len(regions) == len(found)
    end = ("endColumn", behind), ("endLine", 5)
    assert ("SQL108", *end, ("startColumn", luck), ("startLine", 5)) in regions
    assert ("DBT040", ("startColumn", 13), ("startLine", 9)) in regions
    assert ("GOV023", ("startColumn", 5), ("startLine", 3)) in regions


def test_a_model_that_changes_by_a_macro_has_places_too(tmp_path: Path) -> None:
    """Its own file is in no change; it is read where it is checked out."""
    macro = "{% macro lucky() %}random(){% endmacro %}"
    changeset = change(tmp_path, {"macros/lucky.sql": lambda _: macro})
    for side in ("base", "head"):
        shop = tmp_path / side / "dbt" / "shop"
        (shop / "models/marts/late.sql").write_text("select 1 as a,\n  {{ lucky() }} as b\n")
        if side == "base":
            (shop / "macros").mkdir(exist_ok=True)
            (shop / "macros/lucky.sql").write_text("{% macro lucky() %}1{% endmacro %}")
    report = audit(changeset, DbtOptions(build=False))["dbt-impact"]
    (finding,) = (f for f in report.findings if f.code == "SQL108")
    assert str(finding.location) == "dbt/shop/models/marts/late.sql:2:3"


@pytest.mark.parametrize(
    ("text", "line"), [("select 1\n  as a {% if x %}\n", 2), ("\n\nselect 1 as a,\n {{ x y }}\n", 4)]
)
def test_a_template_that_does_not_parse_is_told_at_its_line(tmp_path: Path, text: str, line: int) -> None:
    edits: dict[str, Edit] = {
        "models/marts/a.sql": lambda _: "select 1 as a\n",
        "models/marts/b.sql": lambda _: text,
    }
    changeset = change(tmp_path, edits)
    accepted = frozenset(finding.fingerprint for finding in audit(changeset)["dbt-screen"].findings)
    (finding,) = audit(changeset, DbtOptions(build=False, accepted=accepted))["dbt-impact"].findings
    assert (finding.code, str(finding.location)) == ("GOV023", f"dbt/shop/models/marts/b.sql:{line}:1")
