"""Rows that are made up keep what is declared of them, are the same each time, and are what DuckDB can hold."""

from itertools import pairwise

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.adapters.dbt.parquet import castable, write
from governance.adapters.dbt.rows import made_rows
from governance.adapters.dbt.source_rows import SourceRows, _handed_over
from governance.syntax.dbt.sources.evidence import Kind
from governance.syntax.dbt.sources.shapes import Column, Domain, Shape, Shapes

TYPES = {
    Kind.TEXT: ["VARCHAR"], Kind.NUMBER: ["BIGINT", "SMALLINT", "DECIMAL(12, 2)", "DOUBLE", "VARCHAR"],
    Kind.BOOLEAN: ["BOOLEAN"], Kind.DATE: ["DATE", "TIMESTAMP", "VARCHAR"], Kind.TIMESTAMP: ["TIMESTAMP"],
    Kind.JSON: ["JSON"], Kind.UUID: ["UUID"],
}  # fmt: skip
VALUES = {
    Kind.TEXT: st.sampled_from(["paid", "open", "name 1", "it's", "", "Ünï", "a\\b"]),
    Kind.NUMBER: st.sampled_from(["0", "1", "5", "-1", "1.5", "100", "5.0"]),
    Kind.DATE: st.sampled_from(["2024-01-01", "2023-12-31", "2024-12-31"]),
}
NAMES = ["id", "customer_id", "status", "amount", "email", "placed_at", "parent_id", "order_id"]


@st.composite
def shapes(draw: st.DrawFn) -> Shapes:
    """Sources that share domains and refer to each other and to themselves, whatever comes of it."""
    domains = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)):
        kind = draw(st.sampled_from(list(TYPES)))
        values = tuple(draw(st.lists(VALUES[kind], max_size=4, unique=True))) if kind in VALUES else ()
        only = bool(values) and draw(st.booleans())
        domains.append(Domain(name, kind, draw(st.booleans()), values, only))
    sources: dict[str, Shape] = {}
    keys = [f"source.p.raw.t{n}" for n in range(draw(st.integers(1, 3)))]
    places: dict[int, list[tuple[str, str]]] = {}
    plan = [
        (key, [(f"c{n}", draw(st.integers(0, len(domains) - 1))) for n in range(draw(st.integers(1, 4)))])
        for key in keys
    ]
    for key, columns in plan:
        for name, domain in columns:
            places.setdefault(domain, []).append((key, name))
    types = {number: draw(st.sampled_from(TYPES[domain.kind])) for number, domain in enumerate(domains)}
    for key, columns in plan:
        made = []
        for name, domain in columns:
            others = [place for place in places[domain] if place != (key, name)]
            parents = draw(st.sets(st.sampled_from(others), max_size=2)) if others else set()
            flags = draw(st.booleans()), draw(st.sampled_from([0.0, 0.05, 0.15, 0.5])), draw(st.booleans())
            made.append(Column(name, types[domain], domain, *flags, frozenset(parents)))
        names = [column.name for column in made]
        together = (
            draw(st.lists(st.sampled_from([tuple(pair) for pair in pairwise(names)]), max_size=1))
            if len(names) > 1
            else []
        )
        sources[key] = Shape(key, tuple(made), tuple(together))
    return Shapes(sources, tuple(domains))


ROUNDED = Domain("id", Kind.NUMBER, True, ("0", "1", "1.5"))


@example(Shapes({"t": Shape("t", (Column("c", "BIGINT", 0, True),))}, (ROUNDED,)))
@settings(max_examples=60, deadline=None)
@given(shapes())
def test_what_is_declared_holds(tmp_path_factory, drawn: Shapes) -> None:
    asked = castable(drawn)
    tables = made_rows(asked, rows=60)
    assert tables == made_rows(asked, rows=60)
    folder = tmp_path_factory.mktemp("rows")
    with duckdb.connect() as connection:
        for key, table in tables.items():
            write(folder / f"{key}.parquet", table.columns, table.values)
            connection.execute(f"""create view "{key}" as from '{folder}/{key}.parquet'""")

        def ask(sql: str) -> int:
            return int(connection.execute(sql).fetchone()[0])

        for key, shape in asked.sources.items():
            for column in shape.columns:
                name = column.name
                if column.unique:
                    assert ask(f'select count({name}) - count(distinct {name}) from "{key}"') == 0
                if not column.nulls:
                    assert ask(f'select count(*) - count({name}) from "{key}"') == 0
                domain = asked.domains[column.domain]
                if domain.only and domain.values:
                    listed = ", ".join(
                        "'" + value.replace("'", "''") + f"'::{column.kind}" for value in domain.values
                    )
                    assert ask(f'select count(*) from "{key}" where {name} not in ({listed})') == 0
                for source, parent in column.parents:
                    there = f'select {parent} from "{source}" where {parent} is not null'
                    assert (
                        ask(
                            f'select count(*) from "{key}" where {name} is not null and {name} not in ({there})'
                        )
                        == 0
                    )
            for names in shape.together:
                count = f'select count(*) from (select distinct {", ".join(names)} from "{key}")'
                assert ask(count) == tables[key].rows


def test_a_link_that_the_worker_has_put_there_leads_nowhere(tmp_path) -> None:
    file, elsewhere = tmp_path / "rows.parquet", tmp_path / "elsewhere"
    file.write_bytes(b"rows")
    elsewhere.mkdir()
    (tmp_path / "sources").symlink_to(elsewhere)
    with pytest.raises(OSError):
        _handed_over({"source.p.raw.t": SourceRows("sampled", 1, str(file))}, tmp_path / "sources")
    assert list(elsewhere.iterdir()) == []
