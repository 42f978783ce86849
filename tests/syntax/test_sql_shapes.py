"""The tables of shapes name what the parser really has, and what they leave to other rules is refused there."""

import pytest
from sqlglot import exp

from governance.finding import Severity
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext
from governance.syntax.sql.shapes import shapes


@pytest.mark.parametrize("profile", list(Profile))
def test_every_shape_is_a_node_with_these_arguments(profile: Profile) -> None:
    for name, arguments in shapes(profile).allowed.items():
        assert set(arguments) <= set(getattr(exp, name).arg_types), name


def test_every_form_is_a_function() -> None:
    for name in shapes(Profile.READ).forms:
        assert issubclass(getattr(exp, name), exp.Func), name


def test_a_profile_that_may_more_keeps_what_the_lesser_may() -> None:
    read, write, migrate = (set(shapes(p).allowed) for p in (Profile.READ, Profile.WRITE, Profile.MIGRATE))
    assert read < write < migrate


ELSEWHERE = [  # id, dialect, sql whose shape other rules refuse
    ("Select.into", "postgres", "select a into b from t"),
    ("Select.locks", "postgres", "select a from t for update"),
    ("Select.hint", "oracle", "select /*+ parallel */ a from t"),
    ("Select.settings", "clickhouse", "select a from t settings b = 1"),
    ("Select.operation_modifiers", "mysql", "select sql_no_cache a from t"),
    ("Union.locks", "postgres", "select a from t union select a from u for update"),
    ("Union.settings", "clickhouse", "select a from t union all select a from u settings b = 1"),
    ("Subquery.locks", "postgres", "(select a from t) for update"),
    ("Table.hints", "tsql", "select a from t with (updlock)"),
    ("With.udfs", "trino", "with function f() returns int return 1 select f()"),
    ("In.field", "sqlite", "select 1 in t"),
]


@pytest.mark.parametrize(("dialect", "sql"), [e[1:] for e in ELSEWHERE], ids=[e[0] for e in ELSEWHERE])
def test_what_is_left_to_other_rules_is_refused_there(dialect: str, sql: str) -> None:
    assert any(f.severity >= Severity.HIGH for f in examine_sql(sql, SqlContext(dialect)))
