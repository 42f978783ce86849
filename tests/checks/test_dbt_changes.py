"""What a dbt change means stands in the evidence and on the screen: classes, readers, data of both sides."""

from dataclasses import replace
from pathlib import Path

import pytest

from governance.finding import Verdict
from governance.kind import kind_of
from governance.report import render
from governance.report.dbt import projects
from tests.checks.broken import decided
from tests.checks.test_dbt_audit import ORDERS, change

pytestmark = pytest.mark.dbt

SEMANTIC = """\
semantic_models:
  - name: sold
    model: ref('daily_sales')
    defaults: {agg_time_dimension: sales_day}
    entities: [{name: sale, type: primary, expr: sales_day}]
    dimensions: [{name: sales_day, type: time, type_params: {time_granularity: day}}]
    measures: [{name: vouchers, agg: sum, expr: voucher_sales}]
metrics:
  - {name: voucher_total, label: Vouchers, type: simple, type_params: {measure: vouchers}}
models:
  - name: days
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
"""
DAYS = "select cast(range as date) as day from range(date '2024-01-01', date '2026-01-01', interval 1 day)\n"


def test_a_change_in_words(tmp_path: Path, kept_bases: Path) -> None:
    def edit(text: str) -> str:
        lines = [line for line in text.splitlines() if "as voucher_amount" not in line]
        return "\n".join(lines).replace("orders.order_id,", "orders.order_id, orders.order_id as number,", 1)

    changeset = change(tmp_path, {ORDERS: edit, "models/marts/returns.sql": lambda _: "select 1 as a\n"})
    for side in ("base", "head"):
        marts = tmp_path / side / "dbt" / "shop" / "models" / "marts"
        (marts / "sold.yml").write_text(SEMANTIC)
        (marts / "days.sql").write_text(DAYS)
    kinds = [kind_of(a.path, a.content, ["dbt/shop"]) for a in changeset.artifacts]
    artifacts = tuple(replace(a, kind=k) for a, k in zip(changeset.artifacts, kinds, strict=True))
    changeset = replace(changeset, artifacts=artifacts)
    decision = decided(changeset, kept_bases)
    assert decision.verdict is Verdict.REVIEW, [f.message for f in decision.findings]
    (evidence,) = next(r.evidence for r in decision.reports if r.check == "dbt-impact").values()
    orders = evidence["changes"]["model.corner_shop.orders"]
    assert (orders["class"], orders["path"]) == ("breaking", f"dbt/shop/{ORDERS}")
    removed = next(column for column in orders["columns"] if column["column"] == "voucher_amount")
    assert (removed["change"], removed["class"]) == ("removed", "breaking")
    readers = {(reader["kind"], reader["name"]): reader["columns"] for reader in removed["readers"]}
    assert readers[("model", "daily_sales")] == ["voucher_sales"]
    assert {("semantic_model", "sold"), ("metric", "voucher_total"), ("exposure", "weekly_sales_report")} <= {
        *readers
    }
    assert evidence["changes"]["model.corner_shop.returns"]["class"] == "additive"
    (lines,) = projects(decision).values()
    assert [line.grade for line in lines] == ["breaking", "additive", "additive", "data", "built"]
    shown = render(decision, changeset, "text")
    assert (
        "\ndbt dbt/shop\n    breaking  orders.voucher_amount is removed; read by daily_sales.voucher_sales"
        in shown
    )
    assert "orders: 600 rows as before, no value differs" in shown
    assert "| breaking | orders.voucher\\_amount is removed |" in render(decision, changeset, "markdown")
