"""What the readers of templates and YAML see, and where."""

import pytest

from governance.finding import Position
from governance.syntax.dbt import DbtKind, dbt_kind, read_template, read_yaml
from governance.syntax.dbt.effects import Effect, builtins, is_query, macro_effects
from governance.syntax.dbt.regenerate import regenerate

KINDS = [
    ("models/marts/a.sql", DbtKind.MODEL),
    ("models/a.py", DbtKind.PYTHON_MODEL),
    ("models/a.SQL", DbtKind.MODEL),
    ("macros/deep/a.sql", DbtKind.MACRO),
    ("tests/generic/a.sql", DbtKind.TEST),
    ("dbt_packages/p/macros/a.sql", DbtKind.MACRO),
    ("models/a.expectations.yml", DbtKind.EXPECTATIONS),
    ("models/a.yaml", DbtKind.PROPERTIES),
    ("packages.yml", DbtKind.PACKAGES),
    ("anything.sql", DbtKind.MODEL),
    ("scripts/run.py", None),
    ("README.md", None),
]


@pytest.mark.parametrize(("path", "kind"), KINDS)
def test_kinds(path: str, kind: DbtKind | None) -> None:
    assert dbt_kind(path) is kind


def test_same_name_twice_on_a_line_has_two_places() -> None:
    mentions = read_template("{{ run_query('a') }} {{ run_query('b') }}").mentions
    assert [m.start for m in mentions] == [Position(1, 4), Position(1, 25)]


def test_text_of_a_call_is_followed_through_assignments() -> None:
    template = read_template("{% set t = 'x' %}{% set q = 'drop table ' ~ t %}{{ run_query(q) }}")
    (call,) = [m for m in template.mentions if m.name == "run_query"]
    assert (call.sql.text, call.sql.known) == ("drop table x", True)


def test_text_that_depends_on_an_argument_is_unknown() -> None:
    template = read_template("{% macro m(t) %}{{ run_query('drop table ' ~ t) }}{% endmacro %}")
    (call,) = [m for m in template.mentions if m.name == "run_query"]
    assert not call.sql.known


def test_item_of_a_list_keeps_its_name_when_another_is_put_before_it() -> None:
    one = read_yaml("models:\n  - name: a\n    description: x\n").entries
    two = read_yaml("models:\n  - name: b\n  - name: a\n    description: x\n").entries
    assert ("models", "a", "description") in one
    assert two["models", "a", "description"].start == Position(4, 5)


def test_merge_keys_are_read_as_dbt_reads_them() -> None:
    text = "x: &x {severity: warn}\nmodels:\n  - name: a\n    config: {<<: *x}\n"
    assert read_yaml(text).entries["models", "a", "config", "severity"].value == "warn"


@pytest.mark.parametrize(
    "text",
    ["a: [", "a: !!python/object/apply:os.system ['true']", "? [a]\n: b", "a: &a [*a]", "[" * 5000, "\x07"],
    ids=["unclosed", "python object", "list as key", "endless", "too deep", "control character"],
)
def test_hostile_yaml_is_a_problem(text: str) -> None:
    assert read_yaml(text).problem


def test_alias_bomb_is_a_problem() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert read_yaml("\n".join(lines)).problem


def test_effects_follow_calls_between_macros() -> None:
    text = "{% macro a() %}{% do run_query('drop table t') %}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}"
    other = "{% macro c() %}{{ b() }}{% endmacro %}{% macro d() %}1{% endmacro %}"
    effects = macro_effects({"x": read_template(text), "y": read_template(other)})
    assert effects == {"a": Effect.RUNS, "b": Effect.RUNS, "c": Effect.RUNS, "d": Effect.PURE}


def test_table_of_built_ins_is_what_dbt_brings() -> None:
    from pathlib import Path

    import governance.syntax.dbt as package

    assert (Path(package.__file__).parent / "builtins.txt").read_text() == regenerate()
    assert builtins()["drop_relation"] is Effect.RUNS
    assert builtins()["dateadd"] is Effect.PURE


@pytest.mark.parametrize(
    ("sql", "query"),
    [("select 1", True), ("(select 1)", True), ("with t as (select 1) select * from t", True),
     ("select 1; drop table t", False), ("select 1 into t", False), ("drop table t", False), ("", False),
     ("with d as (delete from t returning 1) select * from d", False)],
)  # fmt: skip
def test_is_query(sql: str, query: bool) -> None:
    assert is_query(sql) is query
