"""Projects to mutate: the corner shop as it stands here, and generated ones of any size, as graphs with SQL."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from governance.syntax.dbt.graph import Graph, Node

SHOP = Path(__file__).resolve().parents[3] / "dags" / "dbt" / "corner_shop"
SHOP_TABLES = {
    "raw_customers": "id INTEGER, first_name VARCHAR, last_name VARCHAR, email VARCHAR, joined_on DATE",
    "raw_orders": "id INTEGER, customer_id INTEGER, store_id INTEGER, ordered_on DATE, status VARCHAR",
    "raw_order_items": "id INTEGER, order_id INTEGER, product_id INTEGER, quantity INTEGER, unit_price_cents INTEGER",
    "raw_payments": "id INTEGER, order_id INTEGER, method VARCHAR, amount_cents INTEGER",
    "raw_products": "id INTEGER, name VARCHAR, category VARCHAR, price_cents INTEGER, cost_cents INTEGER",
    "raw_stores": "id INTEGER, name VARCHAR, region VARCHAR, opened_on DATE",
}
TABLES = {
    "raw_visits": "id INTEGER, person_id INTEGER, place_id INTEGER, seen_on DATE, kind VARCHAR, spent INTEGER",
    "raw_people": "id INTEGER, place_id INTEGER, name VARCHAR, born_on DATE, grade INTEGER",
    "raw_places": "id INTEGER, name VARCHAR, region VARCHAR, size INTEGER",
    "raw_bills": "id INTEGER, person_id INTEGER, due_on DATE, amount DECIMAL(12,2), status VARCHAR",
}


def corner_shop() -> Graph:
    """The shop of `dags/`, its few macros written out."""
    nodes = _seeds(SHOP_TABLES)
    for file in sorted([*SHOP.glob("models/**/*.sql"), *SHOP.glob("tests/*.sql")]):
        text = file.read_text("utf-8")
        parents = tuple(_key(name) for name in re.findall(r"ref\('(\w+)'\)", text))
        sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", text)
        sql = re.sub(r"\{\{ cents_to_amount\('(\w+)'\) \}\}", r"round(\1 / 100.0, 2)", sql)
        kind = "test" if file.parent.name == "tests" else "model"
        key = f"{kind}.{file.stem}"
        nodes[key] = Node(key, file.stem, kind, file.name, parents, file.stem, sql=sql.strip())
    return Graph(nodes)


def _key(name: str) -> str:
    return f"seed.{name}" if name.startswith("raw_") else f"model.{name}"


def _seeds(tables: Mapping[str, str]) -> dict[str, Node]:
    nodes = {}
    for name, text in tables.items():
        columns = dict(part.split(" ") for part in text.split(", "))
        nodes[f"seed.{name}"] = Node(f"seed.{name}", name, "seed", f"{name}.csv", (), name, columns)
    return nodes


@dataclass(slots=True)
class Made:
    """A model while its project grows: what it puts out, by name and kind (`int`, `num`, `text`, `day`)."""

    name: str
    columns: dict[str, str]
    key: str = "id"

    def of(self, *kinds: str) -> list[str]:
        """The columns of some kinds, in order."""
        return [name for name, kind in self.columns.items() if kind in kinds]


@dataclass
class Yard:
    """A project that grows model by model; the seed decides all."""

    seed: int
    made: list[Made] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=lambda: _seeds(TABLES))

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def any(self, *kinds: str) -> Made:
        """A model that has columns of all the kinds; the newer the likelier."""
        fit = [made for made in self.made if all(made.of(kind) for kind in kinds)]
        return self.random.choice(fit[-12:])

    def add(self, sql: str, columns: dict[str, str], parents: list[str], key: str = "id") -> None:
        """One more model."""
        name = f"m{len(self.made):02}"
        self.nodes[f"model.{name}"] = Node(
            f"model.{name}", name, "model", f"{name}.sql", tuple(map(_key, parents)), name, sql=sql
        )
        self.made.append(Made(name, columns, key))


def generated(seed: int, models: int) -> Graph:
    """A project with every construct of `SHAPES`, and tests on some of its columns."""
    yard = Yard(seed)
    for add in STAGING:
        add(yard)
    while len(yard.made) < models:
        fits = [shape for shape in SHAPES if yard.random.random() < 0.5] or list(SHAPES)
        yard.random.choice(fits)(yard)
    for made in yard.made[::3]:
        key = f"test.not_null_{made.name}"
        sql = f"select {made.key} from {made.name} where {made.key} is null"
        yard.nodes[key] = Node(key, key[5:], "test", "x.yml", (f"model.{made.name}",), sql=sql)
    return Graph(yard.nodes)


def _visits(yard: Yard) -> None:
    sql = "select id, person_id, place_id, seen_on as day, lower(kind) as kind, coalesce(spent, 0) as spent from raw_visits"
    columns = {
        "id": "int",
        "person_id": "int",
        "place_id": "int",
        "day": "day",
        "kind": "text",
        "spent": "int",
    }
    yard.add(sql, columns, ["raw_visits"])


def _people(yard: Yard) -> None:
    sql = "select p.id, p.place_id, trim(p.name) as name, p.born_on as day, p.grade from raw_people as p where p.grade is not null"
    columns = {"id": "int", "place_id": "int", "name": "text", "day": "day", "grade": "int"}
    yard.add(sql, columns, ["raw_people"])


def _places(yard: Yard) -> None:
    sql = "with source as (select * from raw_places), named as (select id, name as place, region, size from source) select * from named"
    yard.add(sql, {"id": "int", "place": "text", "region": "text", "size": "int"}, ["raw_places"])


def _bills(yard: Yard) -> None:
    sql = "select id, person_id, due_on as day, cast(amount as decimal(14, 2)) as amount, status from raw_bills where status <> 'void'"
    columns = {"id": "int", "person_id": "int", "day": "day", "amount": "num", "status": "text"}
    yard.add(sql, columns, ["raw_bills"])


def _filtered_star(yard: Yard) -> None:
    made = yard.any("text", "int")
    text, number = made.of("text")[0], yard.random.choice(made.of("int"))
    sql = f"select * from {made.name} where {text} <> 'x' and {number} > {yard.random.randrange(1, 4)}"
    yard.add(sql, dict(made.columns), [made.name], made.key)


def _joined(yard: Yard) -> None:
    """A join, with two columns of the right side under names of their own."""
    left, right = yard.any("int", "text"), yard.any("int", "text")
    kind = yard.random.choice(["inner join", "left join"])
    on = yard.random.choice(left.of("int"))
    picked = [c for c in right.columns if c != right.key][:2]
    extra = {f"{c}_r": right.columns[c] for c in picked}
    shown = ", ".join([f"l.{c}" for c in left.columns] + [f"r.{c} as {c}_r" for c in picked])
    sql = f"select {shown} from {left.name} as l {kind} {right.name} as r on l.{on} = r.{right.key}"
    yard.add(sql, left.columns | extra, [left.name, right.name], left.key)


def _star_joined(yard: Yard) -> None:
    """Stars over a join whose right side is narrowed in a CTE."""
    left, right = yard.any("int"), yard.any("int", "text")
    text = right.of("text")[0]
    extra = {f"{text}_s": "text", "s_key": "int"}
    sql = (
        f"with small as (select {right.key} as s_key, {text} as {text}_s from {right.name}), "
        f"big as (select * from {left.name}) "
        f"select big.*, small.* from big left join small on big.{left.of('int')[-1]} = small.s_key"
    )
    if set(extra) & set(left.columns):
        return
    yard.add(sql, left.columns | extra, [left.name, right.name], left.key)


def _using(yard: Yard) -> None:
    left, right = yard.any("int", "text"), yard.any("int", "text")
    key = next((c for c in left.of("int") if c in right.of("int")), "")
    text = right.of("text")[0]
    if not key or f"{text}_u" in left.columns:
        return
    sql = (
        f"select * from {left.name} inner join (select {key}, max({text}) as {text}_u from {right.name} "
        f"group by {key}) as best using ({key})"
    )
    yard.add(sql, left.columns | {f"{text}_u": "text"}, [left.name, right.name], left.key)


def _aggregated(yard: Yard) -> None:
    made = yard.any("int", "text")
    group = [yard.random.choice(made.of("text")), *yard.random.sample(made.of("int"), 1)]
    number = yard.random.choice(made.of("int", "num"))
    by = yard.random.choice([", ".join(group), "1, 2", "all"])
    sql = (
        f"select {', '.join(group)}, count(*) as n, sum({number}) as total, min({made.key}) as first, "
        f"count(distinct {made.key}) as kinds, round(avg({number}), 2) as mean from {made.name} group by {by}"
    )
    having = f" having count(*) > {yard.random.randrange(1, 3)}" if yard.random.random() < 0.4 else ""
    columns = {g: made.columns[g] for g in group} | {
        "n": "int",
        "total": "int",
        "first": "int",
        "kinds": "int",
    }
    yard.add(sql + having, columns, [made.name], group[1])


def _windowed(yard: Yard) -> None:
    """The newest of each group, by a window in a CTE."""
    made = yard.any("int", "text")
    part, number = yard.random.choice(made.of("text", "int")), yard.random.choice(made.of("int", "num"))
    sql = (
        f"with ranked as (select *, row_number() over (partition by {part} order by {made.key} desc, {', '.join(made.columns)}) as place_no, "
        f"sum({number}) over (partition by {part}) as group_sum from {made.name}) "
        f"select {', '.join(made.columns)}, group_sum from ranked where place_no = 1"
    )
    if not {"group_sum", "place_no"} & set(made.columns):
        yard.add(sql, made.columns | {"group_sum": "int"}, [made.name], made.key)


def _lagged(yard: Yard) -> None:
    made = yard.any("int", "text")
    number, part = yard.random.choice(made.of("int")), made.of("text")[0]
    sql = (
        f"select {made.key}, {part}, {number} as now, lag({number}) over (partition by {part} order by {made.key}, {number}) as was "
        f"from {made.name} qualify {number} > 1"
    )
    if made.key not in (number, part) and not {"now", "was"} & {made.key, part}:
        columns = {made.key: "int", part: "text", "now": "int", "was": "int"}
        yard.add(sql, columns, [made.name], made.key)


def _united(yard: Yard) -> None:
    """Two models under one another, by names, by position, or by stars."""
    first, second = yard.any("int", "text"), yard.any("int", "text")
    every = yard.random.choice(["union all", "union"])
    a, b = (
        f"{m.key} as id, {m.of('int')[-1]} as number, {m.of('text')[0]} as label" for m in (first, second)
    )
    sql = f"select {a} from {first.name} {every} select {b} from {second.name}"
    yard.add(sql, {"id": "int", "number": "int", "label": "text"}, [first.name, second.name])


def _star_united(yard: Yard) -> None:
    """A model under a filtered part of itself by stars: the order of its columns counts."""
    made = yard.any("int")
    sql = f"with odd as (select * from {made.name} where {made.key} > 5) select {', '.join(made.columns)} from {made.name} union all select * from odd"
    yard.add(sql, dict(made.columns), [made.name], made.key)


def _nested(yard: Yard) -> None:
    """Filters by subqueries: `in`, `exists`, and a scalar one."""
    made, other = yard.any("int", "text"), yard.any("int", "text")
    number = yard.random.choice(made.of("int"))
    condition = yard.random.choice(
        [
            f"o.{number} in (select {other.key} from {other.name} where {other.of('text')[0]} is not null)",
            f"exists (select 1 from {other.name} as e where e.{other.key} = o.{number})",
            f"o.{number} <= (select max({other.key}) from {other.name})",
            f"not exists (select 1 from {other.name} as e where e.{other.key} = o.{number} and e.{other.key} > 4)",
        ]
    )
    sql = f"select o.* from {made.name} as o where {condition}"
    yard.add(sql, dict(made.columns), [made.name, other.name], made.key)


def _computed(yard: Yard) -> None:
    made = yard.any("int", "text")
    number, text = yard.random.choice(made.of("int")), yard.random.choice(made.of("text"))
    sql = (
        f"select {made.key}, {text}, case when {number} > 4 then 'high' when {number} is null then 'none' else 'low' end as level, "
        f"{number} * 2 + 1 as twice, coalesce({text}, 'nobody') as label, {text} is null as missing "
        f"from {made.name} where {number} between 0 and 9 or {number} is null"
    )
    if made.key != text and not {"label", "level", "twice", "missing"} & {made.key, text}:
        columns = {made.key: "int", text: "text", "level": "text", "twice": "int", "label": "text"}
        yard.add(sql, columns, [made.name], made.key)


def _distinct(yard: Yard) -> None:
    made = yard.any("int", "text")
    picked = list(dict.fromkeys([made.key, made.of("text")[0], made.of("int")[-1]]))
    sql = f"select distinct {', '.join(picked)} from {made.name}"
    yard.add(sql, {c: made.columns[c] for c in picked}, [made.name], made.key)


def _topped(yard: Yard) -> None:
    made = yard.any("int", "text")
    every = ", ".join(made.columns)
    sql = f"select {every} from (select * from {made.name} where {made.key} is not null) as t order by {every} limit {yard.random.randrange(8, 30)}"
    yard.add(sql, dict(made.columns), [made.name], made.key)


Shape = Callable[[Yard], None]
STAGING: tuple[Shape, ...] = (_visits, _people, _places, _bills)
SHAPES: tuple[Shape, ...] = (
    _filtered_star,
    _joined,
    _star_joined,
    _using,
    _aggregated,
    _windowed,
    _lagged,
    _united,
    _star_united,
    _nested,
    _computed,
    _distinct,
    _topped,
)
