"""What dbt's own artifacts say of tables: by hand for the shapes, by dbt itself for the truth."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance import check_sql
from governance.errors import InvalidInput, InvalidPolicy
from governance.policy import Policy, SqlPolicy
from governance.syntax.dbt.relations import dbt_relations

PROJECT = Path(__file__).resolve().parents[3] / "dags/dbt/corner_shop"


def artifact(kind: str, **content: Any) -> str:
    version = f"https://schemas.getdbt.com/dbt/{kind}/v12.json"
    return json.dumps({"metadata": {"dbt_schema_version": version}, **content})


def node(relation: str | None, kind: str = "model", enforced: bool = False) -> dict[str, Any]:
    columns = {"id": {"name": "id", "data_type": "int"}}
    return {
        "relation_name": relation,
        "resource_type": kind,
        "columns": columns,
        "contract": {"enforced": enforced},
    }


MANIFEST = artifact(
    "manifest",
    nodes={
        "model.shop.orders": node('"db"."main"."orders"'),
        "model.shop.through": node(None),
        "model.shop.sales": node('"db"."main"."sales"', enforced=True),
        "test.shop.unique": node('"db"."audit"."unique"', "test"),
    },
    sources={"source.shop.raw.payments": node('"db"."raw"."payments"', "source")},
    child_map={
        "source.shop.raw.payments": ["model.shop.orders"],
        "model.shop.orders": ["test.shop.unique", "model.shop.through", "exposure.shop.board"],
        "model.shop.through": ["model.shop.sales", "metric.shop.total"],
        "metric.shop.total": ["exposure.shop.board", "exposure.shop.letter"],
        "model.shop.sales": ["model.shop.orders"],
    },
)
CATALOG = artifact(
    "catalog",
    nodes={"model.shop.orders": {
        "metadata": {"database": "DB", "schema": "MAIN", "name": "Orders", "type": "BASE TABLE"},
        "columns": {"ID": {"name": "ID", "type": "NUMBER", "index": 1}},
    }},
    sources={"source.shop.raw.x": {"metadata": {"database": None, "schema": "raw", "name": "x"}, "columns": {}}},
)  # fmt: skip


def test_a_manifest_knows_that_tables_exist_and_only_a_contract_makes_their_columns_complete() -> None:
    found = dbt_relations(MANIFEST, "manifest.json")
    assert found is not None
    assert found.tables == {
        '"db"."main"."orders"': {},
        '"db"."main"."sales"': {"id": "int"},
        '"db"."raw"."payments"': {},
    }


def test_readers_are_followed_through_what_is_stored_nowhere_and_round_a_circle() -> None:
    found = dbt_relations(MANIFEST, "manifest.json")
    assert found is not None
    assert found.readers['"db"."main"."orders"'] == (
        *("exposure board", "model through"),
        *("model sales", "exposure letter"),
    )
    assert found.readers['"db"."main"."sales"'][0] == "model orders"


def test_a_catalog_knows_all_columns_under_the_names_that_are_stored() -> None:
    found = dbt_relations(CATALOG, "catalog.json")
    assert found is not None
    assert found.tables == {'"DB"."MAIN"."Orders"': {"ID": "NUMBER"}, '"raw"."x"': {}}
    assert found.readers == {}


OTHER = ["", "orders: {id: int}", '{"orders": {"dbt_schema_version": "int"}}', '{"metadata": {"dbt_schema_version": "v1"}}', '{"dbt_schema_version"', "dbt_schema_version"]  # fmt: skip


@pytest.mark.parametrize("text", OTHER)
def test_other_texts_are_no_artifacts_of_dbt(text: str) -> None:
    assert dbt_relations(text, "tables.yml") is None


BROKEN = [
    (artifact("run-results", results=[]), "dbt's run-results says nothing of tables"),
    (artifact("manifest", nodes={}), "not a whole manifest of dbt: KeyError 'sources'"),
    (artifact("manifest", nodes={"a": 1}, sources={}), "not a whole manifest"),
    (artifact("catalog", nodes={"a": {"metadata": {}}}, sources={}), "not a whole catalog of dbt"),
]


@pytest.mark.parametrize(("text", "reason"), BROKEN, ids=[b[1] for b in BROKEN])
def test_a_broken_artifact_is_refused_by_name(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=reason):
        dbt_relations(text, "target/x.json")
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InvalidPolicy, match=reason):
        SqlPolicy(schema=str(tmp_path / "x.json")).resolved()


def test_a_catalog_and_a_manifest_complete_each_other_in_either_order() -> None:
    files = {
        "m": MANIFEST,
        "c": CATALOG.replace("DB", "db").replace("MAIN", "main").replace("Orders", "orders"),
    }
    for order in ("[m, c]", "[c, m]"):
        policy = Policy.parse(
            f"sql: {{schema: {order}, dialect: postgres, readers: {{zoo: [the zoo]}}}}",
            read=files.__getitem__,
        )
        assert policy.sql.known_tables is not None
        assert policy.sql.known_tables['"db"."main"."orders"'] == {"ID": "NUMBER"}
        assert policy.sql.readers["zoo"] == ("the zoo",)
        (finding,) = check_sql("drop table main.orders", "postgres", "migrate", policy=policy).findings
        assert finding.message.endswith(
            "; built from it: exposure board, model through, model sales and 1 more"
        )


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What dbt itself writes about a built project, one model of which has a contract."""
    project = tmp_path_factory.mktemp("dbt") / "corner_shop"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
    (project / "models/day.sql").write_text("select 1 as id")
    (project / "models/day.yml").write_text(
        "models: [{name: day, config: {contract: {enforced: true}}, columns: [{name: id, data_type: integer}]}]"
    )
    private = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "HOME": str(project)}
    for command in ("build", "docs"):
        arguments = [command, *(["generate"] if command == "docs" else []), "--profiles-dir", "."]
        ran = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *arguments], cwd=project, env={**os.environ, **private},
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout
    return project / "target"


def verdict(sql: str, *files: Path) -> str:
    policy = Policy(sql=SqlPolicy(schema=tuple(map(str, files))))
    return str(check_sql(sql, "duckdb", "migrate", policy=policy).verdict)


@pytest.mark.dbt
def test_what_dbt_writes_is_read_as_it_is(target: Path) -> None:
    catalog, manifest = target / "catalog.json", target / "manifest.json"
    for known in ([catalog], [manifest, catalog], [catalog, manifest]):
        assert verdict("select o.net_amount from main.orders o", *known) == "pass"
        assert verdict("select o.evil from orders o", *known) == "block"
        assert verdict("select o.evil from corner_shop.main.orders o", *known) == "block"
    assert verdict("select o.evil from orders o", manifest) == "pass"
    assert verdict("select d.evil from day d", manifest) == "block"
    assert verdict("select d.id from day d", manifest) == "pass"
    (dropped,) = check_sql(
        "drop table raw_orders", "duckdb", "migrate", policy=Policy(sql=SqlPolicy(schema=str(manifest)))
    ).findings
    assert dropped.message.endswith(
        "built from it: model stg_orders, model orders, exposure weekly_sales_report and 4 more"
    )
