"""What SQL and tests tell of a source: its columns, their types, keys and values, through the models that read it."""

import pytest

from governance.syntax.dbt.graph import Graph, Node
from governance.syntax.dbt.sources.shapes import Column, Shapes, shapes_of

T, U = "source.p.raw.t", "source.p.raw.people"


def source(key: str, **columns: str) -> Node:
    name = key.rpartition(".")[2]
    facts = {"database": "w", "schema": "raw", "identifier": name}
    return Node(key, name, "source", "s.yml", (), f"w.raw.{name}", columns, "", facts)


def model(name: str, sql: str, *parents: str) -> Node:
    return Node(f"model.p.{name}", name, "model", f"{name}.sql", parents, f"w.main.{name}", {}, sql, {})


def promise(test: str, about: str, column: str, parents: tuple[str, ...] = (), **kwargs: object) -> Node:
    facts = {
        "test": {"name": test, "kwargs": kwargs},
        "column": column,
        "attached": "" if about.startswith("source") else about,
    }
    key = f"test.p.{test}_{about}_{column}"
    return Node(key, key, "test", "x.yml", (about, *parents), "", {}, "", facts)


def shapes(*nodes: Node, base: tuple[Node, ...] = ()) -> Shapes:
    head = Graph({node.key: node for node in nodes})
    before = Graph({node.key: node for node in base}) if base else head
    keys = [key for key in {**before.nodes, **head.nodes} if key.startswith("source")]
    built = [key for key in head.nodes if key.startswith("model")]
    return shapes_of(head, before, built, keys)


def column(found: Shapes, name: str, key: str = T) -> Column:
    return next(each for each in found.sources[key].columns if each.name == name)


def values(found: Shapes, name: str) -> tuple[str, ...]:
    return found.domains[column(found, name).domain].values


TYPES = [
    # id                       SQL over w.raw.t                                                         types
    ("by name", "select id, user_id, created_at, order_date, is_new, amount, email from w.raw.t", "BIGINT BIGINT TIMESTAMP DATE BOOLEAN DECIMAL(12, 2) VARCHAR"),
    ("sum, text, truth", "select sum(a), lower(b) from w.raw.t where c", "BIGINT VARCHAR BOOLEAN"),
    ("compared", "select 1 from w.raw.t where a > 1 and b = 'x' and c >= '2024-01-01' and d = true and e > 0.5", "BIGINT VARCHAR TIMESTAMP BOOLEAN DECIMAL(18, 2)"),
    ("cast", "select a::date, cast(b as decimal(10, 2)), c::varchar, try_cast(d as bigint) from w.raw.t", "DATE DECIMAL(18, 2) VARCHAR BIGINT"),
    ("dates", "select date_trunc('month', a), year(b), date_diff('day', c, d), e + interval 1 day from w.raw.t", "TIMESTAMP TIMESTAMP TIMESTAMP TIMESTAMP TIMESTAMP"),
    ("text of numbers", "select cast(replace(a, ',', '') as integer) from w.raw.t", "VARCHAR"),
    ("through CTEs", "with s as (select * from w.raw.t), r as (select a as x, b from s) select x * 2, r.b from r where b", "BIGINT BOOLEAN"),
    ("alias of another", "select a as b, b as c from w.raw.t where c > 1", "VARCHAR"),
    ("case and coalesce", "select case a when 'x' then 1 end, coalesce(b, 0), coalesce(c, false) from w.raw.t", "VARCHAR BIGINT BOOLEAN"),
    ("json", "select a->>'x', b->'y' from w.raw.t", "JSON JSON"),
    ("union", "select a from w.raw.t union all select b from w.raw.t where b > 1", "VARCHAR BIGINT"),
    ("quoted", 'select "Order ID", "a" + 1 from w.raw.t', "VARCHAR BIGINT"),
    ("subquery", "select (select max(a) + 1 from w.raw.t) as x", "BIGINT"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "types"), [row[1:] for row in TYPES], ids=[row[0] for row in TYPES])
def test_types_are_told_by_use(sql: str, types: str) -> None:
    found = shapes(source(T), model("m", sql, T)).sources[T]
    assert " ".join(each.kind for each in found.columns) == types


DECLARED = [
    ("NUMBER(38,0)", "BIGINT"), ("number(12, 2)", "DECIMAL(18, 2)"), ("timestamp_ntz", "TIMESTAMP"), ("string", "VARCHAR"),
    ("int64", "BIGINT"), ("character varying(20)", "VARCHAR"), ("float64", "DOUBLE"), ("variant", "JSON"), ("uuid", "UUID"),
    ("tinyint", "SMALLINT"), ("decimal(38, 30)", "DOUBLE"), ("time", "VARCHAR"), ("no such type", "VARCHAR"),
    ("integer); drop table t; --", "VARCHAR"), ("struct(a integer)", "VARCHAR"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "kind"), DECLARED)
def test_declared_types_come_first(declared: str, kind: str) -> None:
    assert column(shapes(source(T, a=declared), model("m", "select a from w.raw.t", T)), "a").kind == kind


def test_columns_are_read_through_a_star_of_a_model() -> None:
    star = model("stg", "select * from w.raw.t", T)
    mart = model("mart", "select x, y as z from w.main.stg where v > 3", star.key)
    top = model("top", "select z || 'a' from w.main.mart where z like 'b%'", mart.key)
    found = shapes(source(T, y=""), star, mart, top)
    assert {each.name: each.kind for each in found.sources[T].columns} == {
        "y": "VARCHAR",
        "x": "VARCHAR",
        "v": "BIGINT",
    }
    assert values(found, "v") == ("4", "3", "2")
    assert values(found, "y") == ("bx",)


def test_bare_names_of_a_join_belong_to_who_has_them() -> None:
    sql = "select a.k, mail, town from w.raw.t as a join w.raw.people as b on a.k = b.id where b.mail <> ''"
    found = shapes(source(T), source(U, town=""), model("m", sql, T, U))
    assert {key: [each.name for each in shape.columns] for key, shape in found.sources.items()} == {
        T: ["k"],
        U: ["town", "id", "mail"],
    }
    assert column(found, "k").domain == column(found, "id", U).domain
    assert column(found, "k").kind == "BIGINT"


def test_using_joins_columns() -> None:
    found = shapes(
        source(T),
        source(U),
        model("m", "select t.x, p.y from w.raw.t as t join w.raw.people as p using (code)", T, U),
    )
    assert column(found, "code").domain == column(found, "code", U).domain


def test_promises_of_staging_hold_for_the_source() -> None:
    stage = model(
        "s",
        "select id as k, lower(state) as state, cast(person as bigint) as person, x from w.raw.t where state <> 'gone'",
        T,
    )
    people = model("q", "select id from w.raw.people", U)
    tests = (
        promise("unique", stage.key, "k"), promise("not_null", stage.key, "k"),
        promise("accepted_values", stage.key, "state", values=["new", "old"]),
        promise("relationships", stage.key, "person", (people.key,), to="ref('q')", field="id"),
        promise("unique_combination_of_columns", stage.key, "", combination_of_columns=["person", "x"]),
    )  # fmt: skip
    found = shapes(source(T), source(U), stage, people, *tests)
    assert (column(found, "id").unique, column(found, "id").nulls) == (True, 0.0)
    assert values(found, "state") == ("new", "old", "gone"), (
        "what the filter leaves out is there to be left out"
    )
    assert found.domains[column(found, "state").domain].only
    assert column(found, "person").parents == {(U, "id")}
    assert found.sources[T].together == (("person", "x"),)


def test_promises_that_a_model_keeps_by_itself_are_not_the_sources() -> None:
    ranked = "select * from (select k, v, row_number() over (partition by k order by v) as n from w.raw.t) where n = 1"
    nothing = "select k, max(v) as v from w.raw.people where k is not null group by k"
    stage, other = model("s", ranked, T), model("o", nothing, U)
    found = shapes(
        source(T), source(U), stage, other, promise("unique", stage.key, "k"),
        promise("unique", other.key, "k"), promise("not_null", other.key, "k"),
    )  # fmt: skip
    assert (column(found, "k").unique, column(found, "k").repeated) == (False, True)
    assert not column(found, "k", U).unique
    assert column(found, "k", U).nulls > 0


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        (
            "bigquery",
            'select safe_cast(A as int64), date_trunc(b, month), `C D` || \'x\' from "w"."raw"."t" where E',
        ),
        (
            "snowflake",
            'select a::number(38, 0), dateadd(day, 1, B), "c d" || \'x\' from "w"."raw"."t" where e',
        ),
    ],
)
def test_other_dialects_are_read(dialect: str, sql: str) -> None:
    graph = Graph({node.key: node for node in (source(T), model("m", sql, T))})
    found = shapes_of(graph, graph, ["model.p.m"], [T], dialect).sources[T]
    assert {each.name: each.kind for each in found.columns} == {
        "a": "BIGINT",
        "b": "TIMESTAMP",
        "c d": "VARCHAR",
        "e": "BOOLEAN",
    }


def test_both_sides_tell() -> None:
    before = (source(T), model("m", "select a, b from w.raw.t where b > 1", T))
    found = shapes(source(T), model("m", "select a, c from w.raw.t", T), base=before)
    assert [each.name for each in found.sources[T].columns] == ["a", "c", "b"]
    assert column(found, "b").kind == "BIGINT"


def test_a_source_of_which_nothing_is_known_has_no_shape() -> None:
    assert shapes(source(T), model("m", "select * from w.raw.t", T)).sources == {}
    assert shapes(source(T), model("m", "this is no SQL", T)).sources == {}
    assert shapes(source(T), model("m", "select " + "(" * 5000 + "a", T)).sources == {}
