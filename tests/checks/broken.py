"""Projects that are broken in one place, at base, at head or at both, below a change that is well."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from governance.adapters import worker
from governance.adapters.checkout import FolderTree
from governance.adapters.jail import Limits
from governance.adapters.process import OwnProcess
from governance.artifact import Artifact
from governance.changeset import ChangeSet
from governance.checks.dbt import dbt_checks
from governance.checks.dbt_audit import DbtOptions
from governance.decision import Decision
from governance.finding import Finding, Verdict
from governance.gate import evaluate
from governance.kind import kind_of
from governance.policy import Policy
from tests.checks.test_dbt_audit import ORDERS, SHOP, SUITE

Edits = Mapping[str, Callable[[bytes], bytes]]
SIDES = ("head", "base", "both")
PROJECT, MORE = "dbt_project.yml", "models/marts/more.yml"
PARENT, GRANDPARENT, SEED = (
    "models/intermediate/int_order_totals.sql",
    "models/staging/stg_order_items.sql",
    "seeds/raw_payments.csv",
)
_BLOCKER = """\
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r} or name.startswith({name!r} + "."):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""


def _is(text: str) -> Callable[[bytes], bytes]:
    return lambda _: text.encode()


def _more(text: bytes) -> Callable[[bytes], bytes]:
    return lambda before: before + text


CHANGE: Edits = {
    ORDERS: lambda text: text.replace(b"orders.order_id,", b"orders.order_id, orders.order_id as number,", 1),
    "models/marts/marts.yml": lambda text: text.replace(
        b"  - name: orders\n", b"  - name: orders\n    data_tests: [{unique: {column_name: number}}]\n"
    ),
    SUITE: _more(b"  - type: expect_column_values_to_not_be_null\n    kwargs: {column: number}\n"),
}
BROKEN: dict[str, Edits] = {
    "project file not UTF-8": {PROJECT: _more(b"# caf\xe9\n")},
    "project file no YAML": {PROJECT: _more(b"models: [\n")},
    "project file without a name": {PROJECT: lambda text: text.replace(b"name:", b"# name:", 1)},
    "profile that is no name": {PROJECT: lambda text: text.replace(b"profile:", b"profile: {a: 1}\n#")},
    "no profile": {PROJECT: lambda text: text.replace(b"profile:", b"# profile:")},
    "properties no YAML": {MORE: _is("models:\n  - name: a\n   columns: [\n")},
    "properties of another shape": {MORE: _is("models: {a: b}\n")},
    "properties not UTF-8": {MORE: lambda _: b"models: []\n# caf\xe9\n"},
    "test of no kind": {
        "models/intermediate/intermediate.yml": lambda text: text.replace(b"[unique", b"[no_such, unique", 1)
    },
    "unit test of no model": {
        MORE: _is("unit_tests: [{name: u, model: nowhere, given: [], expect: {rows: []}}]\n")
    },
    "unit test that cannot run": {
        MORE: _is(
            "unit_tests: [{name: u, model: int_order_totals, given: [], expect: {rows: [{order_id: 1}]}}]\n"
        )
    },
    "model not UTF-8": {PARENT: _more(b"-- caf\xe9\n")},
    "template unfinished": {PARENT: _more(b"{% if true %}")},
    "template that raises": {PARENT: _more(b"{{ exceptions.raise_compiler_error('no such mode') }}")},
    "template that raises when it runs": {
        PARENT: _more(b"{% if execute %}{{ exceptions.raise_compiler_error('no such mode') }}{% endif %}")
    },
    "template that divides by nothing": {PARENT: _more(b"-- {{ 1 / 0 }}")},
    "models in a circle": {GRANDPARENT: _more(b"-- {{ ref('int_order_totals') }}")},
    "model of no name": {PARENT: _more(b"-- {{ ref('nowhere') }}")},
    "source of no name": {PARENT: _more(b"-- {{ source('no', 'where') }}")},
    "package that is not there": {
        "packages.yml": _is("packages: [{package: dbt-labs/dbt_utils, version: 1.3.0}]\n")
    },
    "two models of one name": {"models/staging/int_order_totals.sql": _is("select 1 as order_id\n")},
    "macro without end": {
        "macros/endless.sql": _is("{% macro endless(n) %}{{ endless(n + 1) }}{% endmacro %}"),
        PARENT: _more(b"-- {{ endless(1) }}"),
    },
    "a hundred megabytes": {PARENT: _more(b"-- {{ 'x' * 100000000 }}")},
    "seed with ragged lines": {SEED: _more(b"9,9,cash,100,more,and,more\n")},
    "seed not UTF-8": {SEED: _more(b"9,caf\xe9,cash,100\n")},
    "SQL that is none": {PARENT: _is("select from where\n")},
    "SQL that fails on rows": {
        PARENT: lambda text: text.replace(b"group by", b"where cast(order_id || 'x' as int) > 0 group by")
    },
    "column that is not there": {PARENT: lambda text: text.replace(b"select", b"select no_such_column,", 1)},
}
HARMLESS = frozenset(
    {
        ("test of no kind", "both"),  # nobody asks for it
        ("unit test that cannot run", "both"),
        ("a hundred megabytes", "base"),  # they are a comment, which says the same
        ("a hundred megabytes", "both"),
    }
)
"""What is broken and does not concern the change."""
MISSING = ("dbt", "dbt.adapters.duckdb", "duckdb", "great_expectations")


def broken(folder: Path, name: str, side: str) -> ChangeSet:
    """The change of a project that is broken on a side; where that is base alone, the change mends it."""
    for each in ("base", "head"):
        ignored = shutil.ignore_patterns("target", "logs", "*.duckdb")
        shutil.copytree(SHOP, folder / each / "dbt" / "shop", ignore=ignored)
        if side in (each, "both") and name:
            _edit(folder / each / "dbt" / "shop", BROKEN[name])
    _edit(folder / "head" / "dbt" / "shop", CHANGE)
    found = []
    for path in sorted({*CHANGE, *(BROKEN[name] if name else ())}):
        base, head = (_read(folder / each / "dbt" / "shop" / path) for each in ("base", "head"))
        if base != head:
            kind = kind_of(f"dbt/shop/{path}", head if head is not None else base, ["dbt/shop"])
            found.append(Artifact(f"dbt/shop/{path}", kind, head, base))
    return ChangeSet(tuple(found), workdir=str(folder / "head"), base=FolderTree(folder / "base"))


def decided(changeset: ChangeSet, cache: Path | None, seconds: float = 60) -> Decision:
    """What is decided of a change, with what is known of its base."""
    checks = dbt_checks(changeset, DbtOptions(cache=cache, limits=Limits(seconds=seconds)))
    return evaluate(changeset, checks, Policy())


@contextlib.contextmanager
def lacking(package: str, folder: Path) -> Iterator[None]:
    """No worker finds a package, as if it were not installed."""
    (folder / "sitecustomize.py").write_text(_BLOCKER.format(name=package))

    class Without(OwnProcess):
        def __init__(self, module: str, options: str, scratch: Path, environment: Mapping[str, str]) -> None:
            paths = f"{folder}:{environment['PYTHONPATH']}"
            super().__init__(module, options, scratch, {**environment, "PYTHONPATH": paths})

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOVERNANCE_RESIDENT", raising=False)
        patch.setattr(worker, "OwnProcess", Without)
        yield


def flaws(decision: Decision) -> list[str]:
    """What is wrong with how a fault is told: a pass, no words or words about several things, a log."""
    told = faults(decision)
    found = ["it passes"] if decision.verdict is Verdict.PASS else []
    if not told and not decision.findings:
        found.append("nothing is said")
    if len({finding.location.path for finding in told}) > 1:
        found.append(f"{len(told)} messages: {[finding.message for finding in told]}")
    for finding in told:
        if "\n" in finding.message or "Traceback" in finding.message or "/tmp" in finding.message:
            found.append(f"a log: {finding.message}")
        if not finding.remedy:
            found.append("no cure")
        if "." not in finding.location.path:
            found.append("no file")
    return found


def faults(decision: Decision) -> list[Finding]:
    """What could not be judged and why, without what follows from it or from a finding of the screen."""
    gate = [f for f in decision.findings if f.category == "gate" and f.code != "GOV020"]
    return [finding for finding in gate if "the screen holds it" not in finding.message]


def _edit(project: Path, edits: Edits) -> None:
    for path, edit in edits.items():
        file = project / path
        before = file.read_bytes() if file.exists() else b""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(edit(before))


def _read(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None
