"""Packages that `dbt deps` has installed in the work tree, of which git knows nothing."""

from pathlib import Path
from typing import Any

import pytest

from governance.decision import Decision
from governance.gate import evaluate
from governance.govern import branch_changeset, build_checks
from governance.policy import DbtPolicy, OutputPolicy, Policy

pytestmark = pytest.mark.dbt

PROJECT = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\n",
    "packages.yml": "packages:\n  - package: acme/tools\n    version: 1.0.0\n",
    ".gitignore": "dbt_packages/\n",
    "seeds/raw.csv": "id,cents\n1,100\n2,250\n",
    "models/all.yml": "models: [{name: orders, columns: [{name: id, data_tests: [unique, tools.whole]}]}]\n",
    "models/orders.sql": "select id, {{ tools.euros('cents') }} as amount from {{ ref('raw') }}\n",
}
INSTALLED = {
    "tools/dbt_project.yml": "name: tools\nversion: '1.0.0'\n",
    "tools/macros/euros.sql": "{% macro euros(column) %}{{ column }} / 100{% endmacro %}",
    "tools/tests/generic/whole.sql": "{% test whole(model, column_name) %}"
    "select * from {{ model }} where {{ column_name }} % 1 <> 0{% endtest %}",
}


def judged(workshop: Any, cache: Path, packages: str) -> Decision:
    policy = Policy(dbt=DbtPolicy(packages=packages, cache=str(cache)), outputs=OutputPolicy(validate=False))
    with branch_changeset(workshop.repository, "main", cache=cache, packages=packages) as changeset:
        return evaluate(changeset, build_checks(policy, changeset), policy)


def told(decision: Decision) -> list[str]:
    return [finding.message for finding in decision.findings if finding.code.startswith(("GOV02", "DBT0"))]


@pytest.fixture
def shop(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("GOVERNANCE_CACHE", raising=False)
    for path, text in PROJECT.items():
        workshop.write(path, text)
    workshop.commit()
    workshop.run("checkout", "-qb", "change")
    for path, text in INSTALLED.items():
        workshop.write(f"dbt_packages/{path}", text)
    workshop.write(
        "models/orders.sql", PROJECT["models/orders.sql"].replace("select id", "select id, id as same")
    )
    workshop.commit()
    return workshop


def test_without_packages_nothing_is_rendered_and_the_message_says_how(shop: Any, tmp_path: Path) -> None:
    messages = told(judged(shop, tmp_path / "cache", ""))
    assert any("dbt.packages in the policy" in message for message in messages), messages


def test_a_project_is_built_with_its_installed_packages(shop: Any, tmp_path: Path) -> None:
    decision = judged(shop, tmp_path / "cache", "dbt_packages")
    assert told(decision) == []
    runs = next(report.evidence for report in decision.reports if report.check == "dbt-build")["."]
    assert runs["model.shop.orders"] == "success"
    assert "pass" in {status for key, status in runs.items() if "whole" in key}


def test_other_packages_are_another_base(shop: Any, tmp_path: Path) -> None:
    judged(shop, tmp_path / "cache", "dbt_packages")
    shop.write("dbt_packages/tools/macros/euros.sql", "{% macro euros(column) %}{{ column }}{% endmacro %}")
    judged(shop, tmp_path / "cache", "dbt_packages")
    assert len(list((tmp_path / "cache" / "bases").iterdir())) == 2


def test_a_link_that_the_change_brings_leads_nowhere(shop: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (shop.root / ".gitignore").unlink()
    shop.run("checkout", "-qB", "linked", "main")
    (shop.root / "dbt_packages").rename(tmp_path / "installed")
    (shop.root / "dbt_packages").symlink_to(tmp_path / "elsewhere")
    shop.run("add", "-f", "dbt_packages")
    shop.write("models/orders.sql", PROJECT["models/orders.sql"] + "where id > 0\n")
    shop.commit()
    messages = told(judged(shop, tmp_path / "cache", str(tmp_path / "installed")))
    assert not any("elsewhere" in message for message in messages)
    assert not any("dbt deps" in message for message in messages), messages
