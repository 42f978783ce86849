"""Which SQL a project is in, told from its rendered models, and what counts as news in it."""

import pytest

from governance.syntax.dbt.spoken import acts_somewhere, called, in_dialect, told_dialect, vouched

PLAIN = ['select a, sum(b) as b from "warehouse"."main"."t" group by a', "select 1 as one"]
WRITTEN = {
    "duckdb": ["select list_transform(a, x -> x + 1) as a from t", "select * exclude (b) from t"],
    "bigquery": [
        'select safe_divide(a, 2) as a, countif(b) as b from "w"."m"."t"',
        "select array_agg(struct(a, b) ignore nulls order by a limit 3) as top from t",
    ],
    "snowflake": [
        "select v:a.b::varchar as a, object_construct('x', 1) as o from t, lateral flatten(input => t.v) f",
        "select iff(a, 1, 2) as a, try_parse_json(b) as b, dateadd('day', 1, c) as c from t",
    ],
    "trino": [
        "select try_cast(json_extract_scalar(v, '$.a') as bigint) as a, approx_percentile(d, 0.5) as d from t",
        "select from_unixtime(a) as a, cardinality(filter(b, x -> x > 1)) as n from t",
    ],
}


@pytest.mark.parametrize("dialect", WRITTEN)
def test_the_dialect_is_told_from_what_is_written(dialect: str) -> None:
    assert told_dialect([*PLAIN, *WRITTEN[dialect]]) == dialect


def test_what_every_engine_understands_is_taken_for_what_it_is_rendered_for() -> None:
    assert told_dialect(PLAIN) == told_dialect([]) == "duckdb"


def test_one_odd_model_among_many_decides_nothing_when_nobody_understands_it() -> None:
    assert told_dialect([*PLAIN, "select from from where"]) == "duckdb"


def test_relations_are_quoted_as_the_dialect_does_and_texts_stay() -> None:
    sql = 'select "x" as y from "w"."m"."t" join "m"."u"'
    assert in_dialect(sql, "bigquery") == 'select "x" as y from `w`.`m`.`t` join `m`.`u`'
    assert in_dialect(sql, "snowflake") == in_dialect(sql, "duckdb") == sql


def test_what_base_calls_and_what_dbt_puts_in_is_no_news() -> None:
    assert "shop.to_eur" in called(["select shop.To_EUR (a) from t"])
    assert {"to_eur", "date_diff"} <= set(vouched("snowflake", ["to_eur"]))


@pytest.mark.parametrize(("name", "acts"), [("dblink_exec", True), ("pg_sleep", True), ("to_eur", False)])
def test_what_acts_on_any_engine_is_known(name: str, acts: bool) -> None:
    assert acts_somewhere(name) is acts
