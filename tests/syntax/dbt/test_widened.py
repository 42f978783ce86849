"""Columns of a model over sources that are declared in part: told where they are named, unknown behind a star."""

import pytest

from governance.syntax.dbt.graph import Graph, Node
from governance.syntax.dbt.impact import column_impacts
from governance.syntax.dbt.outputs import Outputs

STAR = "select * from w.raw.t"


def graph(declared: str, staging: str, mart: str) -> Graph:
    """A source with a declared column or none, a model over it, and one over that."""
    columns = {declared: ""} if declared else {}
    source = Node("source.p.raw.t", "t", "source", "s.yml", (), "w.raw.t", columns, "", {})
    stage = Node("model.p.s", "s", "model", "s.sql", (source.key,), "w.main.s", {}, staging, {})
    top = Node("model.p.m", "m", "model", "m.sql", (stage.key,), "w.main.m", {}, mart, {})
    return Graph({node.key: node for node in (source, stage, top)})


def impacts(declared: str, before: tuple[str, str], after: tuple[str, str], modified: str) -> set[str]:
    outputs = Outputs(graph(declared, *before), "duckdb")
    found = column_impacts(outputs, graph(declared, *after), [modified])
    return {f"{impact.change} {impact.column}".strip() for impact in found}


@pytest.mark.parametrize("declared", ["", "id"])
def test_columns_that_are_named_are_told(declared: str) -> None:
    staging = "with s as (select * from w.raw.t) select id, lower(status) as status, email from s where status <> 'x'"
    for over in (STAR, staging):
        before = (over, "select s.id, s.email from w.main.s where s.status = 'y'")
        after = (over, "select s.id, s.email from w.main.s where 'y' = s.status")
        assert impacts(declared, before, after, "model.p.m") == set()
        gone = impacts(
            declared, before, (over, "select s.id from w.main.s where s.status = 'y'"), "model.p.m"
        )
        assert gone == {"removed email"}


def test_a_star_over_columns_that_nobody_names_stays_unknown() -> None:
    mart = "select id, email from w.main.s"
    assert "unknown" in impacts("", (STAR, mart), ("select id, email from w.raw.t", mart), "model.p.s")
    star = "select *, email as mail from w.main.s"
    named = "select id, email as mail from w.main.s"
    assert impacts("", (STAR, star), (STAR, named), "model.p.m") == {"unknown"}
