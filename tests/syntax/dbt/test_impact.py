"""Column changes of models and who uses them, over graphs written down by hand."""

from governance.syntax.dbt.column_change import ColumnChange
from governance.syntax.dbt.graph import Graph, Node
from governance.syntax.dbt.impact import column_impacts
from governance.syntax.dbt.outputs import Outputs

SEED = Node(
    "seed.s", "s", "seed", "seeds/s.csv", (), "w.m.s", {"id": "INTEGER", "v": "INTEGER", "k": "VARCHAR"}
)
A = "select id, v as amount, k as kind from w.m.s"
B = "select id, amount * 2 as twice from w.m.a"
C = "select sum(twice) as total from w.m.b"
D = "select count(*) as n from w.m.a where kind = 'x'"
E = "select id from w.m.a"


def graph(a: str, **other: str) -> Graph:
    nodes = {"seed.s": SEED, "model.a": Node("model.a", "a", "model", "a.sql", ("seed.s",), "w.m.a", sql=a)}
    for name, sql, parent in (("b", B, "a"), ("c", C, "b"), ("d", D, "a"), ("e", E, "a")):
        node = Node(f"model.{name}", name, "model", f"{name}.sql", (f"model.{parent}",), f"w.m.{name}")
        nodes[node.key] = Node(
            node.key, name, "model", node.path, node.parents, node.relation, sql=other.get(name, sql)
        )
    nodes["exposure.x"] = Node("exposure.x", "x", "exposure", "x.yml", ("model.c",))
    return Graph(nodes)


def impacts(base: Graph, head: Graph) -> list[tuple[ColumnChange, str, list[str]]]:
    found = column_impacts(Outputs(base, "duckdb"), head, ["model.a"])
    return [(impact.change, impact.column, [user.name for user in impact.users]) for impact in found]


def test_removed_column_reaches_through_models_to_the_exposure() -> None:
    head = graph("select id, k as kind from w.m.s")
    assert impacts(graph(A), head) == [(ColumnChange.REMOVED, "amount", ["b", "c", "x"])]


def test_column_used_only_in_a_filter() -> None:
    head = graph("select id, v as amount from w.m.s")
    assert impacts(graph(A), head) == [(ColumnChange.REMOVED, "kind", ["d"])]


def test_column_whose_users_changed_too_is_unused() -> None:
    head = graph("select id, v as amount from w.m.s", d="select count(*) as n from w.m.a")
    assert impacts(graph(A), head) == [(ColumnChange.REMOVED, "kind", [])]


def test_renamed_column() -> None:
    head = graph(A.replace("as kind", "as sort"))
    _, impact = column_impacts(Outputs(graph(A), "duckdb"), head, ["model.a"])
    assert (impact.change, impact.column, impact.after) == (ColumnChange.RENAMED, "kind", "sort")


def test_retyped_column() -> None:
    assert impacts(graph(A), graph(A.replace("v as", "cast(v as varchar) as")))[0][:2] == (
        ColumnChange.RETYPED,
        "amount",
    )


def test_recomputed_column() -> None:
    assert impacts(graph(A), graph(A.replace("v as", "v + 1 as"))) == [
        (ColumnChange.RECOMPUTED, "amount", ["b", "c", "x"])
    ]


def test_other_rows_concern_everything_below() -> None:
    assert impacts(graph(A), graph(A + " where v > 0")) == [
        (ColumnChange.ROWS, "", ["b", "c", "x", "d", "e"])
    ]


def test_harmless_rewrite_and_added_column_concern_nobody() -> None:
    rewritten = "with t as (select * from w.m.s) select t.id, t.v as amount, t.k as kind, 1 as extra from t"
    assert impacts(graph(A), graph(rewritten)) == [(ColumnChange.ADDED, "extra", [])]


def test_columns_in_other_places_concern_who_reads_them_by_place() -> None:
    union = "select * from w.m.a union all select id, v, k from w.m.s"
    base, moved = graph(A, b=union), graph("select k as kind, id, v as amount from w.m.s", b=union)
    assert ColumnChange.RETYPED in {change for change, *_ in impacts(base, moved)}


def test_star_of_an_unknown_table_is_unknown() -> None:
    assert impacts(graph(A), graph("select * from w.m.unheard_of"))[0][0] is ColumnChange.UNKNOWN


def test_user_that_cannot_be_read_counts_as_user() -> None:
    head = graph("select id, k as kind from w.m.s", b="select from from")
    assert "b" in impacts(graph(A), head)[0][2]
