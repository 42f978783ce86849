"""Where a test is declared in YAML, and where a failure lies by what DuckDB and dbt say of it."""

from typing import Any

import duckdb
import pytest

from governance.finding import Position
from governance.syntax.dbt.declared import Declared, declared_at, properties
from governance.syntax.dbt.failures import failed_at, file_named

TEXT = """\
models:
  - name: orders
    data_tests:
      - dbt_utils.equal_rowcount:
          compare_model: ref('a')
      - dbt_utils.equal_rowcount:
          arguments: {compare_model: ref('b')}
      - unique: {column_name: id}
    columns:
      - name: ID
        tests: [unique, not_null]
      - name: state
        data_tests:
          - accepted_values: {values: [1]}
          - name: by_hand
            test_name: accepted_values
            values: [2]
          - accepted_values: {values: [1], config: {where: a > 1}, name: narrowed}
    versions:
      - v: 2
        columns: [{name: fresh, tests: [not_null]}]
seeds: nonsense
sources:
  - name: raw
    tables:
      - name: people
        columns: [{name: id, tests: [unique]}]
"""
CASES: list[tuple[str, Declared, Position | None]] = [
    ("of a column, whatever its case", Declared("orders", "unique", "id", "unique_orders_id"), Position(11, 17)),
    ("the second in a list", Declared("orders", "not_null", "id"), Position(11, 25)),
    ("of a model, by its arguments", Declared("orders", "equal_rowcount", "", "", {"compare_model": "ref('a')"}), Position(4, 9)),
    ("by arguments below `arguments`", Declared("orders", "equal_rowcount", "", "", {"compare_model": "ref('b')"}), Position(6, 9)),
    ("by its own name", Declared("orders", "accepted_values", "state", "by_hand", {"values": [2]}), Position(15, 13)),
    ("by arguments, where two have them the first", Declared("orders", "accepted_values", "state", "x", {"values": [1], "model": "m"}), Position(14, 13)),
    ("by the name inside", Declared("orders", "accepted_values", "state", "narrowed", {"values": [1]}), Position(18, 13)),
    ("of a version", Declared("orders", "not_null", "fresh"), Position(21, 41)),
    ("of a source", Declared("people", "unique", "id"), Position(27, 38)),
    ("of another test", Declared("orders", "relationships", "id"), None),
    ("of another model", Declared("nobody", "unique", "id"), None),
]  # fmt: skip


@pytest.mark.parametrize(("test", "place"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_test_stands_where_it_is_declared(test: Declared, place: Position | None) -> None:
    assert declared_at(properties(TEXT), test) == place


ODD = ["", "- a", "models: {a: b}", "models: [1, {name: orders, data_tests: 7, columns: [2]}]", "a: [", "sources: [{tables: x}, 3]",
       "models: [{name: orders, data_tests: [[], null, {}, {arguments: 1}]}]"]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_files_declare_nothing(text: str) -> None:
    assert declared_at(properties(text), Declared("orders", "unique", "id", "", {"a": 1})) is None


QUERIES = [
    ("select 1 as a,\n   a b c from t", Position(2, 8)),
    ("select 1 as a,\n  lowerz('x') as b", Position(2, 3)),
    ("with q as (select 1 as a)\nselect q.zz from q", Position(2, 8)),
    ("select 1 as b,\n  zz\nfrom (select " + ", ".join(f"{n} as c{n}" for n in range(60)) + ")", Position(2, 3)),
    ("select a\nfrom no_such_table", Position(2, 6)),
]  # fmt: skip


@pytest.mark.parametrize(("query", "place"), QUERIES)
@pytest.mark.parametrize("indent", ["", "  "])
def test_what_duckdb_says_of_a_query_has_its_place(query: str, place: Position, indent: str) -> None:
    with pytest.raises(duckdb.Error) as error:
        duckdb.execute(f"create view v as (\n    {query}\n  );")
    message = "\n".join(indent + line for line in str(error.value).split("\n"))
    assert failed_at(f"Runtime Error in model v (models/v.sql)\n{message}", query) == place


NOWHERE: list[tuple[str, Any]] = [
    ('Binder Error: Referenced column "a" not found in FROM clause!', "select a, a from t"),
    ("Out of Memory Error: failed to allocate", "select 1"),
    ('Parser Error: x\n\nLINE 7:   );\n            ^', "select 1 );"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("message", "query"), NOWHERE)
def test_what_could_be_in_two_places_or_in_none_has_none(message: str, query: str) -> None:
    assert failed_at(message, query) is None
    assert file_named(message) is None
