"""What a change really does: DuckDB builds a project before and after it, on data with holes and duplicates."""

import random
from dataclasses import dataclass, field

import duckdb

from governance.syntax.dbt.graph import Graph, Node

ROWS = 60
WORDS = ("", "a", "b", "x", "A ", "completed", "void", "voucher", "north")


@dataclass
class Oracle:
    """A project's base, built once for each seed of data."""

    base: Graph
    seeds: tuple[int, ...] = (1, 2, 3)
    warehouses: list[duckdb.DuckDBPyConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        for seed in self.seeds:
            warehouse = duckdb.connect(":memory:", config={"threads": "1"})
            warehouse.execute("create schema base; create schema head; set search_path = 'base'")
            for node in (self.base.nodes[key] for key in self.base.order):
                if node.kind == "seed":
                    _fill(warehouse, node, random.Random(f"{seed} {node.name}"))
                else:
                    _build(warehouse, node, "base")
            self.warehouses.append(warehouse)

    def judge(self, key: str, head: Graph) -> str:
        """The class of a change of one model: `none`, `additive`, `semantic`, `breaking`; `""` for no valid model."""
        answers = [self._judge(warehouse, key, head) for warehouse in self.warehouses]
        return next((a for a in ("", "breaking", "semantic", "additive") if a in answers), "none")

    def _judge(self, warehouse: duckdb.DuckDBPyConnection, key: str, head: Graph) -> str:
        warehouse.execute("drop schema head cascade; create schema head; set search_path = 'head,base'")
        try:
            _build(warehouse, head.nodes[key], "head")
        except duckdb.Error:
            return ""
        below = [head.nodes[k] for k in head.descendants([key])]
        try:
            for node in below:
                _build(warehouse, node, "head")
        except duckdb.Error:
            return "breaking"
        models = [head.nodes[key], *(node for node in below if node.kind == "model")]
        answers = [_compare(warehouse, node.name) for node in models]
        return next((a for a in ("breaking", "semantic", "additive") if a in answers), "none")


def _build(warehouse: duckdb.DuckDBPyConnection, node: Node, schema: str) -> None:
    if node.kind == "test":
        warehouse.execute(node.sql).fetchall()
    else:
        warehouse.execute(f"create table {schema}.{node.name} as {node.sql}")


def _fill(warehouse: duckdb.DuckDBPyConnection, seed: Node, chance: random.Random) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in seed.columns.items())
    warehouse.execute(f"create table base.{seed.name} ({columns})")
    rows = [
        [number if name == "id" else _value(kind, chance) for name, kind in seed.columns.items()]
        for number in range(1, chance.randrange(ROWS // 2, ROWS))
    ]
    rows += [list(row) for row in chance.sample(rows, 3)]
    marks = ", ".join("?" for _ in seed.columns)
    warehouse.executemany(f"insert into base.{seed.name} values ({marks})", rows)


def _value(kind: str, chance: random.Random) -> object:
    if chance.random() < 0.12:
        return None
    if kind == "VARCHAR":
        return chance.choice(WORDS)
    if kind == "DATE":
        return f"2026-0{chance.randrange(1, 10)}-1{chance.randrange(10)}"
    return chance.randrange(-2, 13) if kind == "INTEGER" else chance.randrange(-300, 9000) / 100


def _compare(warehouse: duckdb.DuckDBPyConnection, name: str) -> str:
    before, now = (
        {row[0].lower(): row[1] for row in warehouse.execute(f"describe {schema}.{name}").fetchall()}
        for schema in ("base", "head")
    )
    if any(now.get(column) != kind for column, kind in before.items()):
        return "breaking"
    shown = ", ".join(_shown(column, kind) for column, kind in before.items())
    sides = [f"select {shown} from {schema}.{name}" for schema in ("base", "head")]
    differ = f"({sides[0]} except all {sides[1]}) union all ({sides[1]} except all {sides[0]}) limit 1"
    if warehouse.execute(differ).fetchall():
        return "semantic"
    return "additive" if len(now) > len(before) else "none"


def _shown(column: str, kind: str) -> str:
    """A column as it is compared: the last digits of a floating sum depend on the order of its rows."""
    return f'round("{column}", 6)' if kind in ("DOUBLE", "FLOAT") else f'"{column}"'
