"""Four changes of the corner shop, each a branch, and a fifth that is told beside them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SHOP = Path(__file__).resolve().parents[3] / "dags" / "dbt" / "corner_shop"
FLAGGED = frozenset({"review", "block"})

REWRITTEN = """\
with paid as (
    select * from {{ ref('int_order_payments') }}
)

select
    o.order_id,
    o.customer_id,
    o.store_id,
    o.ordered_on,
    o.status,
    totals.item_count,
    totals.gross_amount,
    coalesce(paid.paid_amount, 0) as paid_amount,
    coalesce(paid.voucher_amount, 0) as voucher_amount,
    totals.gross_amount - coalesce(paid.voucher_amount, 0) as net_amount
from {{ ref('stg_orders') }} as o
inner join {{ ref('int_order_totals') }} as totals on totals.order_id = o.order_id
left join paid on paid.order_id = o.order_id
"""
PRECISION = """\
{% macro amount_precision() %}
    {%- do run_query('drop table if exists main.audited_payments') -%}
    {%- do run_query("copy (select 1 as ran) to 'WITNESS'") -%}
    {%- do return(2) -%}
{% endmacro %}
"""
HOOK = "{{ config(post_hook='drop table if exists main.audited_refunds') }}\n\n"
PAYMENTS = """\
select
    id as payment_id,
    order_id,
    method as payment_method,
    round(amount_cents / 100.0, {{ amount_precision() }}) as amount
from {{ ref('raw_payments') }}
"""  # one model alone, as several at a time would write the file at a time


@dataclass(frozen=True, slots=True)
class Edit:
    """A place in one file, and what stands there afterwards; with no place, all of the file."""

    path: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A branch, and the verdicts that are right for it; `counted` is one of the four."""

    branch: str
    title: str
    right: frozenset[str]
    edits: tuple[Edit, ...]
    counted: bool = True


CHANGES = (
    Change("dropped", "column dropped", FLAGGED, (
        Edit("models/marts/orders.sql", "    coalesce(payments.voucher_amount, 0) as voucher_amount,\n", ""),
    )),
    Change("harmless", "harmless rewrite", frozenset({"pass"}), (
        Edit("models/marts/orders.sql", "", REWRITTEN),
    )),
    Change("hidden", "hidden run_query, hook", frozenset({"block"}), (
        Edit("macros/amount_precision.sql", "", PRECISION),
        Edit("models/staging/stg_payments.sql", "", f"{HOOK}{PAYMENTS}"),
    )),
    Change("logic", "silent logic change", FLAGGED, (
        Edit("models/marts/daily_sales.sql", "status = 'completed'", "status <> 'returned'"),
    )),
    Change("logic-unexposed", "the same where no exposure reads it", FLAGGED, (
        Edit("models/marts/customers.sql", "status = 'completed'", "status <> 'returned'"),
    ), counted=False),
)  # fmt: skip


def write_repository(repository: Path, witness: Path) -> None:
    """The corner shop as `main`, and a branch for each change."""
    left_out = shutil.ignore_patterns("target", "logs", "*.duckdb")
    shutil.copytree(SHOP, repository / "shop", ignore=left_out)
    git(repository, "init", "--quiet", "--initial-branch=main")
    _commit(repository, "The corner shop")
    for change in CHANGES:
        git(repository, "checkout", "--quiet", "-b", change.branch, "main")
        for edit in change.edits:
            _apply(repository / "shop" / edit.path, edit, witness)
        _commit(repository, f"Change: {change.title}")
    git(repository, "checkout", "--quiet", "main")


def _apply(file: Path, edit: Edit, witness: Path) -> None:
    """Write one edit; a place that is not there exactly once is an error of this program."""
    text = edit.text.replace("WITNESS", str(witness))
    if edit.place:
        before, after = file.read_text("utf-8").split(edit.place)
        text = f"{before}{text}{after}"
    file.write_text(text, "utf-8")


def _commit(repository: Path, message: str) -> None:
    git(repository, "add", "--all")
    author = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    git(repository, *author, "commit", "--quiet", "-m", message)


def git(repository: Path, *arguments: str) -> None:
    """One git command that must succeed."""
    command = ["git", "-C", str(repository), *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
