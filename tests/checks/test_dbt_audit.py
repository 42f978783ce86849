"""The dbt checks on the corner shop, with a real dbt, a real DuckDB and a real Great Expectations in the jail."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest

from governance.adapters.checkout import FolderTree
from governance.adapters.dbt import DbtSession
from governance.adapters.jail import Limits
from governance.adapters.worker import WorkerRefused
from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet
from governance.check import CheckReport
from governance.checks.dbt import dbt_checks
from governance.checks.dbt_audit import Audit, DbtOptions
from governance.finding import Finding, Position, Severity

SHOP = Path(__file__).resolve().parents[2] / "dags" / "dbt" / "corner_shop"
ORDERS, SUITE = "models/marts/orders.sql", "models/marts/orders.expectations.yml"
Edit = Callable[[str], str | None]

pytestmark = pytest.mark.dbt


def change(folder: Path, edits: Mapping[str, Edit]) -> ChangeSet:
    """A change of the shop, with checkouts of both sides below a folder named like a repository's."""
    for side in ("base", "head"):
        ignored = shutil.ignore_patterns("target", "logs", "*.duckdb")
        shutil.copytree(SHOP, folder / side / "dbt" / "shop", ignore=ignored)
    artifacts = []
    for path, edit in edits.items():
        file = folder / "head" / "dbt" / "shop" / path
        base = file.read_bytes() if file.exists() else None
        head = edit((base or b"").decode())
        if head is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(head)
        content = None if head is None else head.encode()
        artifacts.append(Artifact(f"dbt/shop/{path}", ArtifactKind.OTHER, content, base))
    return ChangeSet(tuple(artifacts), workdir=str(folder / "head"), base=FolderTree(folder / "base"))


def audit(changeset: ChangeSet, options: DbtOptions = DbtOptions()) -> dict[str, CheckReport]:
    return {check.name: check.run(changeset) for check in dbt_checks(changeset, options)}


def found(report: CheckReport, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


def worst(reports: Mapping[str, CheckReport]) -> Severity:
    return max((f.severity for report in reports.values() for f in report.findings), default=Severity.INFO)


NEW_MART = {
    "models/marts/returns.sql": lambda _: (
        "select order_id, customer_id, net_amount as lost_amount\n"
        "from {{ ref('orders') }}\nwhere status = 'returned'\n"
    ),
    "models/marts/returns.yml": lambda _: (
        "version: 2\nmodels:\n  - name: returns\n    description: Orders that came back.\n    columns:\n"
        "      - name: order_id\n        description: Key of the order.\n        data_tests:\n"
        "          - unique\n          - not_null\n"
        "          - relationships: {arguments: {to: ref('orders'), field: order_id}}\n"
    ),
}


@pytest.mark.own_process
def test_honest_new_mart_has_no_findings(tmp_path: Path) -> None:
    reports = audit(change(tmp_path, NEW_MART))
    assert [f for report in reports.values() for f in report.findings] == []
    (built,) = reports["dbt-build"].evidence.values()
    assert built["model.corner_shop.returns"] == "success"
    assert sum(status == "pass" for status in built.values()) == 3
    (outcomes,) = reports["outputs"].evidence.values()
    states = [outcome["state"] for outcome in outcomes["model.corner_shop.returns"]]
    assert states == ["met", "met", "met"]
    (impact,) = reports["dbt-impact"].evidence.values()
    assert set(impact["jail"]) == {"namespace", "seccomp", "landlock"}
    assert "example.com" not in str(reports["outputs"].evidence)


def test_removed_column_names_its_users(tmp_path: Path) -> None:
    line = "    coalesce(payments.voucher_amount, 0) as voucher_amount,\n"
    reports = audit(change(tmp_path, {ORDERS: lambda text: text.replace(line, "")}))
    (finding,) = found(reports["dbt-impact"], "DBT030")
    assert (str(finding.location), finding.severity) == (f"dbt/shop/{ORDERS}:18:1", Severity.MEDIUM)
    for user in ("model daily_sales", "exposure weekly_sales_report", "test paid_orders_are_paid_in_full"):
        assert user in finding.message
    assert "dbt/shop/models/marts/daily_sales.sql" in [place.path for place in finding.related]
    assert worst(reports) is Severity.MEDIUM, "a column in use is for review, not for blocking"
    assert found(reports["dbt-build"], "GOV023"), "what is not built is unknown"
    assert found(reports["outputs"], "GOV020")


def test_bad_data_differs_from_data_that_was_not_judged(tmp_path: Path) -> None:
    suite = (
        "  - type: expect_column_values_to_be_unique\n    kwargs: {column: no_such_column}\n"
        "  - type: expect_the_unexpected\n"
    )
    edits: dict[str, Edit] = {
        ORDERS: lambda text: text.replace(
            "    totals.gross_amount,\n", "    -totals.gross_amount as gross_amount,\n"
        ),
        SUITE: lambda text: text + suite,
        "models/marts/nobody.sql": lambda _: (
            "select customer_id from {{ ref('customers') }} where customer_id < 0\n"
        ),
        "models/marts/nobody.yml": lambda _: (
            "models:\n  - name: nobody\n    columns: [{name: customer_id, data_tests: [unique]}]\n"
        ),
        "models/marts/untested.sql": lambda _: "select 1 as a\n",
        "models/marts/twice.sql": lambda _: "select 1 as a union all select 1 as a\n",
        "models/marts/twice.yml": lambda _: (
            "models:\n  - name: twice\n    columns: [{name: a, data_tests: [unique]}]\n"
        ),
        "models/marts/thief.sql": lambda _: "select * from read_text('/etc/passwd')\n",
    }
    reports = audit(change(tmp_path, edits))
    outputs = reports["outputs"]
    failed = [f for f in found(outputs, "EXP001") if "gross_amount" in f.quote]
    assert (str(failed[0].location), failed[0].severity) == (f"dbt/shop/{SUITE}:7:5", Severity.HIGH)
    assert "600 of 600 rows" in failed[0].message
    unjudged = found(outputs, "GOV021")
    assert [str(f.location) for f in unjudged] == [f"dbt/shop/{SUITE}:12:5", f"dbt/shop/{SUITE}:14:5"]
    assert all(f.severity is Severity.HIGH for f in unjudged)
    assert [f.quote for f in found(outputs, "GOV022")] == ["nobody"]
    assert {"untested", "thief"} <= {f.quote for f in found(outputs, "GOV020")}
    assert [f.quote for f in found(reports["dbt-build"], "DBT040") if "twice" in f.quote] == [
        "unique_twice_a"
    ]
    assert [f for f in found(reports["dbt-build"], "GOV023") if f.quote == "thief"], (
        "the jail refuses the file"
    )
    assert any(f.location.path.endswith("thief.sql") for f in reports["dbt-impact"].findings), (
        "so do the SQL rules"
    )
    recomputed = [f for f in found(reports["dbt-impact"], "DBT032") if f.quote == "orders.gross_amount"]
    assert recomputed[0].location.start == Position(16, 29)


def test_screen_holds_and_nothing_runs(tmp_path: Path) -> None:
    tripwire = tmp_path / "tripwire"
    attack = f"{{% do run_query(\"copy (select 1) to '{tripwire}'\") %}}select 1 as a\n"
    reports = audit(change(tmp_path, {"models/marts/a.sql": lambda _: attack}))
    assert not tripwire.exists()
    assert [f.severity for f in found(reports["dbt-screen"], "DBT001")] == [Severity.CRITICAL]
    for later in ("dbt-impact", "dbt-build"):
        assert [f.code for f in reports[later].findings] == ["GOV023"]
        assert "DBT001 sql-while-rendering" in reports[later].findings[0].message
    assert [f.code for f in reports["outputs"].findings] == ["GOV020"]


def test_parsing_executes_nothing_and_hooks_never_run(tmp_path: Path) -> None:
    """The tripwire without the screen: what base may hold is parsed, and its hooks are left out."""
    edits: dict[str, Edit] = {
        "dbt_project.yml": lambda text: (
            text + "\non-run-start: create table main.tripwire as select 1 as a\n"
        ),
        "models/staging/stg_stores.sql": lambda text: (
            "{{ config(post_hook='create table main.tripwire_after as select 1 as a') }}"
            "{% if execute %}{% do run_query('create table main.tripwire_inside as select 1 as a') %}{% endif %}"
            + text
        ),
    }
    changeset = change(tmp_path, edits)
    tree = Path(changeset.workdir) / "dbt" / "shop"
    with DbtSession(tree, None, Limits(), True) as session:
        state = session.state()
        assert state.hooks == 2
        assert list(session.scratch.rglob("*.duckdb")) == [], "parsing opened no database"
        keys = ["seed.corner_shop.raw_stores", "model.corner_shop.stg_stores"]
        runs, tables = session.build("head", keys, keys)
        assert {key: run.status for key, run in runs.items()} == dict.fromkeys(keys, "success")
        assert tables[keys[1]].rows == 4
        (file,) = session.scratch.rglob("head/warehouse.duckdb")
        with duckdb.connect(str(shutil.copy(file, tmp_path / "copy.duckdb")), read_only=True) as warehouse:
            names = {
                name for (name,) in warehouse.execute("select table_name from duckdb_tables()").fetchall()
            }
    assert "tripwire" not in names
    assert "tripwire_after" not in names


def test_project_setting_that_changes_rendered_models(tmp_path: Path) -> None:
    edits: dict[str, Edit] = {
        "dbt_project.yml": lambda text: text + "\nvars:\n  keep: placed\n",
    }
    changeset = change(tmp_path, edits)
    for side in ("base", "head"):
        model = tmp_path / side / "dbt" / "shop" / "models/marts/customer_segments.sql"
        model.write_text(model.read_text() + "where customer_name <> '{{ var('keep', 'all') }}'\n")
    reports = audit(changeset, DbtOptions(build=False))
    assert [f.quote for f in found(reports["dbt-impact"], "DBT033")] == ["customer_segments."]


def test_macro_that_stands_in_for_the_one_a_model_names(tmp_path: Path) -> None:
    edits: dict[str, Edit] = {
        "macros/fast.sql": lambda _: "{% macro duckdb__kept() %}status = 'placed'{% endmacro %}",
    }
    changeset = change(tmp_path, edits)
    for side in ("base", "head"):
        shop = tmp_path / side / "dbt" / "shop"
        (shop / "macros" / "kept.sql").write_text(
            "{% macro kept() %}{{ return(adapter.dispatch('kept')()) }}{% endmacro %}"
            "{% macro default__kept() %}true{% endmacro %}"
        )
        (shop / ORDERS).write_text((shop / ORDERS).read_text() + "where {{ kept() }}\n")
    reports = audit(changeset, DbtOptions(build=False))
    assert [f.quote for f in found(reports["dbt-impact"], "DBT033")] == ["orders."]


def test_a_seed_too_large_for_dbt_to_look_at_is_a_change(tmp_path: Path) -> None:
    customers = "seeds/raw_customers.csv"
    changeset = change(tmp_path, {customers: lambda text: text.replace("first_name", "given_name", 1)})
    for side in ("base", "head"):
        file = tmp_path / side / "dbt" / "shop" / customers
        row = f"{'A' * 100},{'B' * 100},c@example.com,2024-07-21\n"
        file.write_text(file.read_text() + "".join(f"{number},{row}" for number in range(1000, 6000)))
        assert file.stat().st_size > 1 << 20
    reports = audit(changeset, DbtOptions(build=False))
    assert "first_name" in str([f.message for f in reports["dbt-impact"].findings])
    assert worst(reports) >= Severity.MEDIUM


@pytest.mark.parametrize("side", ["as old as base", "older"])
def test_a_yaml_file_with_the_date_of_base_is_read_all_the_same(tmp_path: Path, side: str) -> None:
    changeset = change(tmp_path, {MARTS: lambda text: text.replace("[unique, not_null]", "[not_null]")})
    before, now = (tmp_path / which / "dbt" / "shop" / MARTS for which in ("base", "head"))
    date = before.stat().st_mtime_ns if side == "as old as base" else 0
    os.utime(before, ns=(date, date))
    os.utime(now, ns=(date, date))
    (evidence,) = audit(changeset, DbtOptions(build=False))["dbt-impact"].evidence.values()
    assert any("unique_orders" in key for key in evidence["removed"])


@pytest.mark.parametrize("text", ["", "- a list", "name: [", None], ids=["empty", "list", "broken", "gone"])
def test_unreadable_project_file_is_a_finding(tmp_path: Path, text: str | None) -> None:
    changeset = change(tmp_path, {ORDERS: lambda sql: sql + "-- more\n"})
    file = tmp_path / "head" / "dbt" / "shop" / "dbt_project.yml"
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(WorkerRefused), DbtSession(file.parent, None, Limits(), True) as session:
        session.state()
    if text is not None:
        (finding,) = audit(changeset, DbtOptions(build=False))["dbt-impact"].findings
        assert finding.code == "GOV023"
        assert "dbt_project.yml" in finding.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("select * from {{ ref('nothing_like_it') }}", "nothing_like_it"),
        ("select {{ no_such_macro() }} as a", "no_such_macro"),
    ],
    ids=["unknown model", "unknown macro"],
)
def test_broken_project_is_unknown(tmp_path: Path, text: str, says: str) -> None:
    reports = audit(change(tmp_path, {"models/marts/a.sql": lambda _: text}), DbtOptions(build=False))
    assert any(says in f.message for f in found(reports["dbt-impact"], "GOV023"))


@pytest.mark.own_process
def test_too_slow_is_a_finding(tmp_path: Path) -> None:
    reports = audit(change(tmp_path, NEW_MART), DbtOptions(limits=Limits(seconds=0.5)))
    assert [f.code for f in reports["dbt-impact"].findings] == ["GOV003"]
    assert worst(reports) is Severity.HIGH


@pytest.mark.own_process
def test_out_of_memory_is_a_finding(tmp_path: Path) -> None:
    reports = audit(change(tmp_path, NEW_MART), DbtOptions(limits=Limits(memory=200 << 20)))
    assert worst(reports) >= Severity.MEDIUM
    for name in ("dbt-impact", "dbt-build", "outputs"):
        assert reports[name].findings, f"{name} passed without memory to run in"


@pytest.mark.parametrize("held", [False, True], ids=["dies", "held"])
def test_a_worker_that_is_begun_ahead_is_ended_and_missed(tmp_path: Path, held: bool) -> None:
    """It dies while the change is screened, or is not needed, since the screen holds the change."""
    model = "models/marts/orders.sql"
    hidden = "{{ run_query('drop table x') }}"
    changeset = change(tmp_path, {model: lambda text: text + (hidden if held else " ")})
    begun: list[Audit] = []
    begin = Audit.begin

    def remember(audit: Audit, changeset: ChangeSet) -> None:
        begin(audit, changeset)
        begun.append(audit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Audit, "begin", remember)
        screen, impact, *_ = dbt_checks(changeset)
    (session,) = begun[0]._begun.values()
    screen.run(changeset)
    if not held:
        session._worker._process.end()
    (fault,) = impact.run(changeset).findings
    assert fault.code == ("GOV023" if held else "GOV002"), fault.message
    assert session._worker._process.end() < 0
    assert not session.scratch.exists()


def test_without_a_checkout_nothing_is_known() -> None:
    artifact = Artifact("models/a.sql", ArtifactKind.DBT_MODEL, b"select 1 as a")
    reports = audit(ChangeSet((artifact,)))
    assert [f.code for f in reports["dbt-impact"].findings] == ["GOV023"]


def test_other_files_need_no_dbt() -> None:
    artifact = Artifact("README.md", ArtifactKind.OTHER, b"hello")
    reports = audit(ChangeSet((artifact,)))
    assert all(report.findings == () for report in reports.values())
    assert sum(report.seconds for report in reports.values()) < 1


def test_waived_hook_is_built_and_an_old_failure_is_not_held_against_it(tmp_path: Path) -> None:
    edits: dict[str, Edit] = {
        "models/marts/customer_segments.sql": lambda text: "{{ config(post_hook='drop table t') }}\n" + text
    }
    changeset = change(tmp_path, edits)
    for side in ("base", "head"):
        test = tmp_path / side / "dbt" / "shop" / "tests" / "never_passes.sql"
        test.write_text("select 1 as a from {{ ref('customer_segments') }} limit 3\n")
    (hook,) = found(audit(changeset)["dbt-screen"], "DBT008")
    reports = audit(changeset, DbtOptions(accepted=frozenset({hook.fingerprint})))
    (failure,) = reports["dbt-build"].findings
    assert (failure.code, failure.severity) == ("DBT040", Severity.LOW)
    assert "as it did at base (3)" in failure.message
    assert reports["dbt-impact"].findings == ()
    assert reports["outputs"].findings == ()


def test_the_sql_of_a_test_is_judged_like_that_of_a_model(tmp_path: Path) -> None:
    text = "select order_id from {{ ref('orders') }} where false\n; drop table orders\n"
    reports = audit(change(tmp_path, {"tests/all_orders.sql": lambda _: text}))
    (finding,) = found(reports["dbt-impact"], "SQL001")
    assert finding.severity >= Severity.HIGH
    assert (finding.location.path, finding.location.start) == (
        "dbt/shop/tests/all_orders.sql",
        Position(2, 3),
    )


HIDDEN_SETTINGS: dict[str, dict[str, Edit]] = {
    "by a macro": {
        "macros/k.sql": lambda _: "{% macro k() %}order_id{{ '%c' | format(59) }} drop table t{% endmacro %}",
        ORDERS: lambda text: "{{ config(event_time=k()) }}\n" + text,
    },
    "by a variable": {
        "dbt_project.yml": lambda text: text + "\nvars: {k: 'order_id; drop', l: ' table t'}\n",
        ORDERS: lambda text: "{{ config(event_time=var('k') ~ var('l')) }}\n" + text,
    },
}


@pytest.mark.parametrize("edits", HIDDEN_SETTINGS.values(), ids=HIDDEN_SETTINGS)
def test_settings_are_judged_as_dbt_has_parsed_them(tmp_path: Path, edits: dict[str, Edit]) -> None:
    reports = audit(change(tmp_path, edits))
    (finding,) = found(reports["dbt-impact"], "DBT024")
    assert finding.severity is Severity.HIGH
    assert finding.location.path == f"dbt/shop/{ORDERS}"


NO_SUCH = (
    "{% test fine(model, column_name) %}select {{ column_name }} from {{ model }} where 1 = 0{% endtest %}"
)
MARTS, ON_ORDERS = "models/marts/marts.yml", "  - name: orders\n"
VACUOUS: dict[str, dict[str, Edit]] = {
    "reads nothing": {"tests/t.sql": lambda _: "select 1 as a where false\n"},
    "never true of a row": {
        "tests/t.sql": lambda _: (
            "select * from {{ ref('orders') }} where order_id is null and order_id is not null"
        )
    },
    "through an ephemeral model": {
        "models/marts/light.sql": lambda _: (
            "{{ config(materialized='ephemeral') }}select order_id from {{ ref('orders') }}"
        ),
        "tests/t.sql": lambda _: "select * from {{ ref('light') }} where order_id <> order_id",
    },
    "threshold out of reach": {
        "tests/t.sql": lambda _: (
            "{{ config(error_if='>1000000', warn_if='>1000000') }}"
            "select * from {{ ref('orders') }} where order_id is null"
        )
    },
    "filtered away": {
        MARTS: lambda text: text.replace(
            ON_ORDERS,
            ON_ORDERS + "    data_tests:\n      - unique: "
            "{arguments: {column_name: store_id}, config: {where: '1 = 0'}}\n",
        )
    },
    "generic": {
        "tests/generic/fine.sql": lambda _: NO_SUCH,
        MARTS: lambda text: text.replace(
            ON_ORDERS, ON_ORDERS + "    data_tests: [{fine: {arguments: {column_name: order_id}}}]\n"
        ),
    },
}
TRUE_TESTS = {
    "rows": "select order_id from {{ ref('orders') }} where net_amount < 0",
    "count": "select 1 as a from {{ ref('orders') }} having count(*) = 0",
    "two models": (
        "select o.customer_id from {{ ref('orders') }} o "
        "left join {{ ref('customers') }} c using (customer_id) where c.customer_id is null"
    ),
    "spelling": "select status from {{ ref('orders') }} where status <> lower(status)",
    "cast": "select status from {{ ref('orders') }} where cast(order_id::varchar as integer) is null",
    "old": "select order_id from {{ ref('orders') }} where ordered_on < '2000-01-01'",
}


@pytest.mark.parametrize("edits", VACUOUS.values(), ids=VACUOUS)
def test_a_test_that_no_fault_makes_fail_is_told(tmp_path: Path, edits: dict[str, Edit]) -> None:
    reports = audit(change(tmp_path, edits))
    (finding,) = found(reports["dbt-build"], "DBT043")
    assert finding.severity is Severity.MEDIUM


def test_a_test_over_an_ephemeral_model_is_run(tmp_path: Path) -> None:
    edits: dict[str, Edit] = {
        "models/marts/light.sql": lambda _: (
            "{{ config(materialized='ephemeral') }}select order_id from {{ ref('orders') }}"
        ),
        "tests/t.sql": lambda _: "select * from {{ ref('light') }} where order_id is not null",
    }
    (finding,) = found(audit(change(tmp_path, edits))["dbt-build"], "DBT040")
    assert finding.severity >= Severity.HIGH


def test_a_model_that_reads_an_ephemeral_one_builds(tmp_path: Path) -> None:
    edits: dict[str, Edit] = {
        "models/marts/light.sql": lambda _: (
            "{{ config(materialized='ephemeral') }}select order_id from {{ ref('orders') }}"
        ),
        "models/marts/heavy.sql": lambda _: "select order_id from {{ ref('light') }}",
        "tests/t.sql": lambda _: "select * from {{ ref('heavy') }} where order_id is null",
    }
    report = audit(change(tmp_path, edits))["dbt-build"]
    assert report.findings == ()
    assert report.evidence["dbt/shop"]["test.corner_shop.t"] == "pass"


def test_tests_that_can_fail_are_left_alone(tmp_path: Path) -> None:
    edits = {
        f"tests/{name.replace(' ', '_')}.sql": (lambda _, text=text: text)
        for name, text in TRUE_TESTS.items()
    }
    report = audit(change(tmp_path, edits))["dbt-build"]
    (built,) = report.evidence.values()
    assert sum(key.startswith("test.") and status == "pass" for key, status in built.items()) >= 5
    assert found(report, "DBT043") == []


def test_an_expectation_that_no_fault_breaks_is_told(tmp_path: Path) -> None:
    suite = (
        "expectations:\n"
        "  - {type: expect_column_values_to_not_be_null, kwargs: {column: order_id}}\n"
        "  - {type: expect_column_values_to_not_be_null, kwargs: {column: order_id, mostly: 0}}\n"
        "  - {type: expect_table_row_count_to_be_between, kwargs: {min_value: 0}}\n"
        "  - {type: expect_column_values_to_be_between, kwargs: {column: net_amount, min_value: 0}}\n"
    )
    report = audit(change(tmp_path, {SUITE: lambda _: suite}))["outputs"]
    assert [f.location.start for f in found(report, "DBT043")] == [Position(3, 5), Position(4, 5)]


def test_the_data_of_both_sides_are_compared(tmp_path: Path) -> None:
    def edit(text: str) -> str:
        bare = text.replace("coalesce(payments.paid_amount, 0)", "payments.paid_amount")
        return bare + "\nwhere orders.order_id % 3 <> 0\n"

    report = audit(change(tmp_path, {ORDERS: edit}))["dbt-build"]
    (finding,) = found(report, "DBT044")
    assert finding.severity is Severity.MEDIUM
    assert "keys are gone" in finding.message
    assert "paid_amount differs in" in finding.message
    (evidence,) = report.evidence.values()
    before, now = evidence["differences"]["model.corner_shop.orders"]["rows"]
    assert now < before


def test_a_key_of_another_type_is_compared(tmp_path: Path) -> None:
    def edit(text: str) -> str:
        return text.replace("orders.order_id,", "'o' || orders.order_id as order_id,", 1)

    report = audit(change(tmp_path, {ORDERS: edit}))["dbt-build"]
    (finding,) = found(report, "DBT044")
    assert "keys are" in finding.message
    assert {f.code for f in report.findings} <= {"DBT044", "DBT040", "DBT041", "GOV020"}


def test_a_rewrite_that_builds_the_same_data_is_no_difference(tmp_path: Path) -> None:
    def edit(text: str) -> str:
        return text.replace("coalesce(payments.paid_amount, 0)", "ifnull(payments.paid_amount, 0)")

    report = audit(change(tmp_path, {ORDERS: edit}))["dbt-build"]
    assert found(report, "DBT044") == []
