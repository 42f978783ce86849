"""The lines that say what a dbt change does, from evidence as it stands in a decision."""

from typing import Any

from governance.changeset import ChangeSet
from governance.check import CheckReport
from governance.decision import Decision, decide
from governance.policy import Policy
from governance.report import FORMATS, render
from governance.report.dbt import block, projects


def decision(changes: dict[str, Any], built: dict[str, Any] | None = None, root: str = "shop") -> Decision:
    reports = [
        CheckReport("dbt-impact", evidence={root: {"changes": changes}}),
        CheckReport("dbt-build", evidence={root: built or {}}),
        CheckReport("outputs", evidence={}),
    ]
    return decide(ChangeSet(()), reports, Policy())


def node(name: str, grade: str, *columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "model", "path": f"models/{name}.sql", "class": grade, "new": False,
            "columns": list(columns)} | more  # fmt: skip


def column(name: str, change: str, grade: str, *readers: str, **more: Any) -> dict[str, Any]:
    found = [
        {"name": r, "kind": "model", "path": f"models/{r}.sql", "columns": [], "contract": False}
        for r in readers
    ]
    return {"column": name, "change": change, "class": grade, "readers": found, "more_readers": 0} | more


def test_the_gravest_comes_first() -> None:
    changes = {
        "model.s.a": node("a", "semantic", column("x", "recomputed", "semantic", "b")),
        "model.s.b": node("b", "breaking", column("y", "renamed", "breaking", became="z")),
        "model.s.c": node("c", "none"),
        "model.s.d": node("d", "additive", new=True),
        "model.s.e": node("e", "unknown"),
    }
    assert block(decision(changes))[:-1] == [
        "dbt shop",
        "    unknown   e could not be rendered",
        "    breaking  b.y is renamed to z",
        "    semantic  a.x is computed otherwise; read by b (models/b.sql)",
        "    additive  model d is new",
        "    none      c says the same as at base",
    ]


def test_many_readers_and_many_differences_are_counted() -> None:
    one = column("x", "removed", "breaking", *"abcdefgh", more_readers=40)
    (line,) = projects(decision({"m": node("m", "breaking", one)}))["shop"]
    assert str(line) == "m.x is removed; read by a, b, c, d, e, f and 42 more"
    many = node("m", "semantic", *(column(f"c{n}", "recomputed", "semantic") for n in range(100)))
    lines = block(decision({"m": many}))
    assert len(lines) < 20
    assert "and 84 more differences" in lines[-2]


def test_data_and_what_was_built() -> None:
    counts = {"nulls": [0, 0], "distinct": [1, 1], "changed": 3}
    found = {
        "rows": [600, 590],
        "lost": 10,
        "gained": 0,
        "columns": {"a": counts, "b": counts | {"changed": 0}},
    }
    built = {
        "model.s.m": "success", "model.s.n": "skipped", "test.s.t": "pass", "unit_test.s.u": "fail",
        "differences": {"model.s.m": found},
    }  # fmt: skip
    assert block(decision({"model.s.m": node("m", "none")}, built))[2:4] == [
        "    data      m: 600 rows become 590, 10 keys are gone, a differs in 3 rows",
        "    built     nodes: 1 built, 1 not run; tests: 1 passed, 1 failed",
    ]


def test_names_are_hostile() -> None:
    made = decision({"m": node("a\x1b[2Jb", "none\n")}, root="x\ny")
    changes = {"m": node("a\x1b[2J|b\nc", "breaking", column("<x>", "removed", "breaking"))}
    for form in ("text", "markdown"):
        shown = render(decision(changes, root="x\x1b\ny"), ChangeSet(()), form)
        assert "\x1b" not in shown
        assert "<x>" not in shown or form == "text"
    assert made.verdict.name == "PASS"


def test_other_changes_have_no_such_lines() -> None:
    plain = decide(ChangeSet(()), [CheckReport("sql"), CheckReport("dbt-impact")], Policy())
    assert projects(plain) == {}
    assert render(plain, ChangeSet(()), "text") == "pass: 0 artifacts, nothing found\n"
    for form in FORMATS:
        assert "dbt shop" not in render(plain, ChangeSet(()), form)
