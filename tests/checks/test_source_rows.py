"""The dbt audit of projects that read sources: rows made up or sampled, and what is said when they fail."""

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from governance.adapters.checkout import FolderTree
from governance.adapters.jail import Limits
from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet
from governance.check import CheckReport
from governance.checks.dbt import dbt_checks
from governance.checks.dbt_audit import DbtOptions
from governance.finding import Finding, Severity

pytestmark = pytest.mark.dbt

PROJECT = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\n",
    "models/staging/sources.yml": """\
sources:
  - name: raw
    schema: landing
    tables:
      - name: customers
        columns:
          - {name: id, data_tests: [unique, not_null]}
      - name: orders
        columns:
          - name: customer
            data_tests: [{relationships: {arguments: {to: "source('raw', 'customers')", field: id}}}]
""",
    "models/staging/stg_customers.sql": "select * from {{ source('raw', 'customers') }}\n",
    "models/staging/stg_orders.sql": """\
with source as (
    select * from {{ source('raw', 'orders') }}
),

renamed as (
    select
        id as order_id,
        customer as customer_id,
        lower(status) as status,
        amount / 100.0 as amount,
        cast(placed_at as date) as placed_on
    from source
    where status <> 'deleted'
)

select * from renamed
""",
    "models/staging/staging.yml": """\
models:
  - name: stg_orders
    columns:
      - {name: order_id, data_tests: [unique, not_null]}
      - name: status
        data_tests: [{accepted_values: {arguments: {values: [paid, open]}}}]
""",
    "models/marts/orders.sql": """\
{{ config(materialized='incremental', unique_key='order_id') }}

select o.order_id, o.status, o.amount, o.placed_on, c.id as customer_id, c.email
from {{ ref('stg_orders') }} as o
join {{ ref('stg_customers') }} as c on o.customer_id = c.id
where c.deleted_at is null and o.amount > 1
{% if is_incremental() %} and o.placed_on > (select max(placed_on) from {{ this }}) {% endif %}
""",
    "models/marts/marts.yml": """\
models:
  - name: orders
    columns:
      - {name: order_id, data_tests: [unique, not_null]}
      - {name: status, data_tests: [{accepted_values: {arguments: {values: [paid, open]}}}]}
      - name: customer_id
        data_tests: [not_null, {relationships: {arguments: {to: ref('stg_customers'), field: id}}}]
unit_tests:
  - name: deleted_customers_do_not_count
    model: orders
    overrides: {macros: {is_incremental: false}}
    given:
      - input: ref('stg_orders')
        rows: [{order_id: 1, customer_id: 1, amount: 5}, {order_id: 2, customer_id: 2, amount: 5}]
      - input: ref('stg_customers')
        rows: [{id: 1, deleted_at: null}, {id: 2, deleted_at: '2024-01-01'}]
    expect: {rows: [{order_id: 1, customer_id: 1}]}
""",
}
ORDERS, STAGED, SOURCES = (
    "models/marts/orders.sql",
    "models/staging/stg_orders.sql",
    "models/staging/sources.yml",
)
MARTS = "models/marts/marts.yml"
HARMLESS = {
    ORDERS: PROJECT[ORDERS].replace(
        "where c.deleted_at is null and o.amount > 1", "where o.amount > 1 and c.deleted_at is null"
    )
}


def change(folder: Path, edits: Mapping[str, str], base: Mapping[str, str] = PROJECT) -> ChangeSet:
    """A change of the project, with checkouts of both sides."""
    for side, files in (("base", base), ("head", {**base, **edits})):
        for path, text in files.items():
            file = folder / side / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    artifacts = [
        Artifact(path, ArtifactKind.OTHER, text.encode(), base[path].encode() if path in base else None)
        for path, text in edits.items()
    ]
    return ChangeSet(tuple(artifacts), workdir=str(folder / "head"), base=FolderTree(folder / "base"))


def audit(changeset: ChangeSet, options: DbtOptions = DbtOptions()) -> dict[str, CheckReport]:
    return {check.name: check.run(changeset) for check in dbt_checks(changeset, options)}


def findings(reports: Mapping[str, CheckReport]) -> list[Finding]:
    return [finding for report in reports.values() for finding in report.findings]


def sources(reports: Mapping[str, CheckReport]) -> dict[str, tuple[str, int]]:
    (built,) = reports["dbt-build"].evidence.values()
    return {
        key.rpartition(".")[2]: (told["rows_from"], told.get("rows", -1))
        for key, told in built["sources"].items()
    }


def test_a_harmless_change_passes_on_rows_that_are_made_up(tmp_path: Path) -> None:
    reports = audit(change(tmp_path, HARMLESS))
    assert findings(reports) == []
    assert sources(reports) == {"orders": ("generated", 200), "customers": ("generated", 200)}


def test_a_whole_project_of_which_no_source_is_declared_passes(tmp_path: Path) -> None:
    shop = Path(__file__).resolve().parents[2] / "dags" / "dbt" / "corner_shop"
    files = [
        file for file in shop.rglob("*") if file.suffix in (".sql", ".yml") and "target" not in file.parts
    ]
    texts = {str(file.relative_to(shop)): file.read_text() for file in files if file.name != "profiles.yml"}
    seeds = sorted({name for text in texts.values() for name in re.findall(r"ref\('(raw_\w+)'\)", text)})
    base = {
        path: re.sub(r"ref\('(raw_\w+)'\)", r"source('raw', '\1')", text)
        for path, text in texts.items()
        if not path.startswith("seeds/")
    } | {
        "models/raw.yml": f"sources: [{{name: raw, tables: [{', '.join(f'{{name: {name}}}' for name in seeds)}]}}]\n"
    }
    models = {
        path: text + "\n-- the same\n"
        for path, text in base.items()
        if path.startswith("models/") and path.endswith(".sql")
    }
    reports = audit(change(tmp_path, models, base))
    assert max(f.severity for f in findings(reports)) is Severity.LOW, (
        "what fails on both sides is no doing of the change"
    )
    assert len(sources(reports)) == len(seeds) >= 6
    (built,) = reports["dbt-build"].evidence.values()
    assert {status for key, status in built.items() if key.startswith("model.")} == {"success"}


def test_a_dropped_filter_shows_in_the_data(tmp_path: Path) -> None:
    dropped = {STAGED: PROJECT[STAGED].replace("    where status <> 'deleted'\n", "")}
    reports = audit(change(tmp_path, dropped))
    (finding,) = [f for f in findings(reports) if f.code == "DBT044" and f.quote == "stg_orders"]
    assert finding.severity is Severity.MEDIUM
    assert "on rows that were made up" in finding.message
    assert "rows become" in finding.message
    worst = max(f.severity for f in findings(reports))
    assert worst is Severity.MEDIUM, (
        "tests fail on the rows that are no longer left out, but those were made up"
    )
    assert "accepted_values_stg_orders_status__paid__open" in [
        f.quote for f in findings(reports) if f.code == "GOV028"
    ]


def test_a_unit_test_has_rows_of_its_own_and_its_failure_counts(tmp_path: Path) -> None:
    broken = {ORDERS: PROJECT[ORDERS].replace("c.deleted_at is null and ", "")}
    (finding,) = [f for f in findings(audit(change(tmp_path, broken))) if f.code == "DBT040"]
    assert (finding.quote, finding.severity) == ("deleted_customers_do_not_count", Severity.HIGH)


NEEDLESS = {
    "a test that made-up rows break": {
        "tests/t.sql": "select * from {{ ref('orders') }} where email not like '%@shop.example'",
    },
    "expectations that they break, or that cannot run on them": {
        "models/marts/orders.expectations.yml": (
            "expectations:\n"
            "  - {type: expect_column_mean_to_be_between, kwargs: {column: amount, max_value: 0}}\n"
            "  - {type: expect_column_mean_to_be_between, kwargs: {column: email, max_value: 1}, severity: critical}\n"
        ),
    },
    "a model that they break": {
        ORDERS: PROJECT[ORDERS].replace("c.email", "year(strptime(c.email, '%Y')) as email")
    },
    "rows of which the model keeps none": {
        STAGED: PROJECT[STAGED].replace("status <> 'deleted'", "placed_at > current_date + interval 1 day")
    },
    "a query that never ends on them": {
        "models/marts/chain.sql": (
            "with recursive up as (select order_id, 1 as n from {{ ref('stg_orders') }}\n"
            "union all select order_id, n + 1 from up) select max(n) as n from up\n"
        ),
    },
}


@pytest.mark.parametrize("edits", NEEDLESS.values(), ids=NEEDLESS)
def test_rows_that_were_made_up_never_block(tmp_path: Path, edits: dict[str, str]) -> None:
    reports = audit(change(tmp_path, edits), DbtOptions(limits=Limits(seconds=15)))
    found = findings(reports)
    assert max(f.severity for f in found) is Severity.MEDIUM, [(f.code, f.message) for f in found]
    assert any("made up" in f.message for f in found)


def landing(url: str) -> None:
    """The tables of the sources as a loader has left them, with one order that breaks the project's promises."""
    customers = [
        (n, f"person{n}@shop.example", "2024-01-01 00:00:00" if n % 5 == 0 else None) for n in range(1, 41)
    ]
    orders = [
        (n, n % 40 + 1, "Paid" if n % 3 else "Open", n * 100, "2024-03-01 10:00:00") for n in range(1, 201)
    ]
    with duckdb.connect(url.partition(":///")[2]) as connection:
        connection.execute("create schema landing")
        connection.execute("create table landing.customers (id integer, email varchar, deleted_at timestamp)")
        connection.execute(
            "create table landing.orders (id integer, customer integer, status varchar, amount integer, placed_at timestamp)"
        )
        connection.execute("create table landing.salaries as select 1 as id, 'Ann' as name, 99000 as salary")
        connection.executemany("insert into landing.customers values (?, ?, ?)", customers)
        connection.executemany("insert into landing.orders values (?, ?, ?, ?, ?)", orders)


@pytest.fixture
def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DbtOptions:
    url = f"duckdb:///{tmp_path}/raw.duckdb"
    landing(url)
    monkeypatch.setenv("SHOP_URL", url)
    return DbtOptions(connection="SHOP_URL", rows=30)


def test_real_rows_are_sampled_with_what_they_refer_to(tmp_path: Path, connected: DbtOptions) -> None:
    reports = audit(change(tmp_path, HARMLESS), connected)
    assert findings(reports) == []
    assert sources(reports) == {"customers": ("sampled", 30), "orders": ("sampled", 30)}
    dropped = {STAGED: PROJECT[STAGED].replace("amount / 100.0", "amount / 10.0")}
    (finding,) = [
        f
        for f in findings(audit(change(tmp_path / "more", dropped), connected))
        if f.code == "DBT044" and f.quote == "stg_orders"
    ]
    assert "made up" not in finding.message


def test_a_sample_may_lack_what_it_refers_to(tmp_path: Path, connected: DbtOptions) -> None:
    silent = PROJECT[SOURCES].partition("        columns:\n          - name: customer\n")[0]
    orphans = "select customer_id from {{ ref('stg_orders') }} where customer_id not in (select id from {{ ref('stg_customers') }})"
    reports = audit(change(tmp_path, {"tests/orphans.sql": orphans}, {**PROJECT, SOURCES: silent}), connected)
    (finding,) = [f for f in findings(reports) if f.quote == "orphans"]
    assert (finding.code, finding.severity) == ("GOV028", Severity.MEDIUM)
    assert "samples" in finding.message


def test_an_error_does_not_quote_real_rows(tmp_path: Path, connected: DbtOptions) -> None:
    thief = {ORDERS: PROJECT[ORDERS].replace("c.email", "cast(c.email as integer) as email")}
    reports = audit(change(tmp_path, thief), connected)
    (finding,) = [f for f in findings(reports) if "does not build" in f.message]
    assert "conversion error" in finding.message
    assert "shop.example" not in str(reports)


def test_a_source_that_the_change_points_elsewhere_is_not_read(tmp_path: Path, connected: DbtOptions) -> None:
    edits = {
        SOURCES: PROJECT[SOURCES].replace(
            "      - name: orders\n", "      - name: orders\n        identifier: salaries\n"
        )
        + "      - {name: salaries, columns: [{name: salary, data_type: integer}]}\n",
        **HARMLESS,
        "models/marts/pay.sql": "select salary from {{ source('raw', 'salaries') }}\n",
    }
    reports = audit(change(tmp_path, edits), connected)
    assert {key: origin for key, (origin, _) in sources(reports).items()} == {
        "customers": "sampled",
        "orders": "generated",
        "salaries": "generated",
    }
    (finding,) = [f for f in findings(reports) if f.code == "GOV027"]
    assert finding.severity is Severity.MEDIUM
    assert "raw.orders, raw.salaries has rows that were made up: base does not declare" in finding.message
    assert "99000" not in str(reports)


LOST = {
    "not there": (
        "duckdb:///{folder}/raw.duckdb",
        "drop table landing.orders",
        "has no table landing.orders",
    ),
    "no answer": ("postgresql://nobody@127.0.0.1:1/none", "", "cannot be read"),
    "not set": ("", "", "the variable is not set"),
}


@pytest.mark.parametrize(("url", "statement", "says"), LOST.values(), ids=LOST)
def test_rows_that_cannot_be_read_are_a_finding_and_not_replaced(
    tmp_path: Path,
    connected: DbtOptions,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    statement: str,
    says: str,
) -> None:
    if statement:
        with duckdb.connect(f"{tmp_path}/raw.duckdb") as connection:
            connection.execute(statement)
    monkeypatch.setenv("SHOP_URL", url.format(folder=tmp_path))
    reports = audit(change(tmp_path, HARMLESS), connected)
    missing = [f for f in findings(reports) if f.code == "GOV027"]
    assert [f.severity for f in missing] == [Severity.MEDIUM]
    assert says in missing[0].message
    assert "generated" not in {origin for origin, _ in sources(reports).values()}
    assert any(f.code == "GOV023" for f in findings(reports)), "what reads the source is not built"


def test_a_seed_that_fills_the_table_of_a_source_serves(tmp_path: Path) -> None:
    seed = {
        **PROJECT,
        "dbt_project.yml": PROJECT["dbt_project.yml"] + "seeds: {shop: {+schema: landing}}\n",
        "macros/schema.sql": "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
        "seeds/customers.csv": "id,email,deleted_at\n1,a@shop.example,\n2,b@shop.example,\n3,c@shop.example,2024-01-01\n",
    }
    reports = audit(change(tmp_path, HARMLESS, seed))
    assert findings(reports) == []
    assert sources(reports)["customers"][0] == "seed"
    assert sources(reports)["orders"] == ("generated", 200)


def test_a_source_in_another_database_is_there(tmp_path: Path) -> None:
    base = {
        **PROJECT,
        SOURCES: PROJECT[SOURCES].replace("schema: landing", 'database: "Raw data"\n    schema: landing'),
    }
    reports = audit(change(tmp_path, HARMLESS, base))
    assert findings(reports) == []
    assert sources(reports)["orders"] == ("generated", 200)


def test_a_source_of_which_no_column_is_known_has_no_rows(tmp_path: Path) -> None:
    base = {
        **PROJECT,
        SOURCES: PROJECT[SOURCES] + "      - name: events\n",
        "models/marts/log.sql": "select * from {{ source('raw', 'events') }}\n",
    }
    reports = audit(
        change(
            tmp_path, {"models/marts/log.sql": "select * from {{ source('raw', 'events') }} limit 10\n"}, base
        )
    )
    assert [f.message for f in findings(reports) if f.code == "GOV027"] == [
        "source raw.events has no rows: no column of it is declared or named in SQL, so no rows can be made up"
    ]
    assert any(f.code == "GOV023" for f in findings(reports))
