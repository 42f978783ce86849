"""A dbt project of thousands of models, written from a seed: layers, macros, hooks, tests, contracts.

Shaped like the projects of large data teams: one staging model a source, business logic on two or three
inputs, marts that aggregate, a tenth of the models incremental, a third with documented columns.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path

import yaml

LAYERS = (("staging", 0.24), ("intermediate", 0.36), ("marts", 0.28), ("reports", 0.12))
_KINDS = ("integer", "varchar", "decimal(18, 2)", "date", "timestamp", "boolean")
_NOUNS = ("order", "customer", "payment", "session", "ticket", "invoice", "shipment", "product", "campaign")
_PROJECT = {
    "name": "warehouse",
    "version": "1.0",
    "profile": "warehouse",
    "model-paths": ["models"],
    "macro-paths": ["macros"],
    "models": {
        "warehouse": {
            "staging": {"+materialized": "view", "+schema": "staging"},
            "intermediate": {"+materialized": "view", "+schema": "intermediate"},
            "marts": {"+materialized": "table", "+post-hook": "analyze"},
            "reports": {"+materialized": "table", "+tags": ["report"]},
        }
    },
}
_MACROS = """\
{% macro cents_to_units(column) %}cast({{ column }} as decimal(18, 2)) / 100{% endmacro %}

{% macro is_recent(column, days=30) %}{{ column }} >= current_date - {{ days }}{% endmacro %}

{% macro first_of_month(column) %}date_trunc('month', {{ column }}){% endmacro %}

{% test positive(model, column_name) %}
select {{ column_name }} from {{ model }} where {{ column_name }} < 0
{% endtest %}
"""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the project: its folder, its SQL, and its columns with their types."""

    name: str
    folder: str
    sql: str
    columns: dict[str, str]
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where its file stands in the project."""
        return f"models/{self.folder}/{self.name}.sql"


def write_project(folder: Path, models: int, seed: int = 7) -> list[Model]:
    """Write a project of so many models; the models, parents first."""
    chance = random.Random(seed)
    made = _models(models, chance)
    files = {"dbt_project.yml": yaml.safe_dump(_PROJECT, sort_keys=False), "macros/money.sql": _MACROS}
    for number in range(60):
        files[f"macros/shared_{number}.sql"] = _helper_macro(number)
    files |= {model.path: model.sql for model in made}
    files |= _sources([model for model in made if model.folder.startswith("staging")])
    files |= _properties(made, chance)
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return made


def _helper_macro(number: int) -> str:
    return (
        f"{{% macro shared_{number}(column, default='n/a') %}}\n"
        f"    coalesce(nullif(trim({{{{ column }}}}), ''), '{{{{ default }}}}')\n"
        "{% endmacro %}\n"
    )


def _models(count: int, chance: random.Random) -> list[Model]:
    made: list[Model] = []
    layers: dict[str, list[Model]] = {name: [] for name, _ in LAYERS}
    for name, share in LAYERS:
        for number in range(round(count * share)):
            noun = _NOUNS[number % len(_NOUNS)]
            model = _WRITERS[name](f"{_PREFIX[name]}_{noun}_{number}", f"{name}/{noun}", layers, chance)
            layers[name].append(model)
            made.append(model)
    return made


def _staging(name: str, folder: str, layers: dict[str, list[Model]], chance: random.Random) -> Model:
    columns = {f"{name.split('_')[1]}_id": "integer"}
    for number in range(chance.randint(5, 14)):
        columns[f"field_{number}"] = chance.choice(_KINDS)
    lines = []
    for column, kind in columns.items():
        if kind == "varchar" and chance.random() < 0.4:
            lines.append(f"        {{{{ shared_{chance.randrange(60)}('{column}') }}}} as {column}")
        elif kind.startswith("decimal"):
            lines.append(f"        {{{{ cents_to_units('{column}') }}}} as {column}")
        else:
            lines.append(f"        cast({column} as {kind}) as {column}")
    sql = (
        f"with source as (\n    select * from {{{{ source('raw', 'raw_{name}') }}}}\n),\n\n"
        "renamed as (\n    select\n" + ",\n".join(lines) + "\n    from source\n)\n\nselect * from renamed\n"
    )
    return Model(name, folder, sql, columns)


def _intermediate(name: str, folder: str, layers: dict[str, list[Model]], chance: random.Random) -> Model:
    pool = layers["staging"] + layers["intermediate"][-200:]
    parents = chance.sample(pool, chance.choice((1, 2, 2, 3)))
    first, *others = parents
    key = next(iter(first.columns))
    columns = {key: first.columns[key]}
    lines = [f"    a.{key}"]
    for column, kind in list(first.columns.items())[1 : chance.randint(4, 9)]:
        columns[column] = kind
        lines.append(f"    a.{column}")
    joins = []
    for number, other in enumerate(others):
        alias = "bc"[number]
        joined = next(iter(other.columns))
        joins.append(f"left join {{{{ ref('{other.name}') }}}} as {alias} on a.{key} = {alias}.{joined}")
        for column, kind in list(other.columns.items())[1:4]:
            columns[f"{alias}_{column}"] = kind
            lines.append(f"    {alias}.{column} as {alias}_{column}")
    sql = (
        "select\n" + ",\n".join(lines) + f"\nfrom {{{{ ref('{first.name}') }}}} as a\n" + "\n".join(joins)
    ).rstrip()
    return Model(name, folder, f"{sql}\nwhere a.{key} is not null\n", columns)


def _mart(name: str, folder: str, layers: dict[str, list[Model]], chance: random.Random) -> Model:
    parent = chance.choice(layers["intermediate"])
    key = next(iter(parent.columns))
    columns = {key: parent.columns[key], "row_total": "bigint"}
    lines = [f"    {key}", "    count(*) as row_total"]
    for column, kind in list(parent.columns.items())[1:7]:
        called = {"integer": "sum", "decimal(18, 2)": "sum"}.get(kind, "max")
        columns[f"{called}_{column}"] = kind
        lines.append(f"    {called}({column}) as {called}_{column}")
    settings: dict[str, object] = {}
    head = tail = ""
    if chance.random() < 0.25:
        settings = {"materialized": "incremental", "unique_key": key}
        head = f"{{{{ config(materialized='incremental', unique_key='{key}') }}}}\n\n"
        tail = f"{{% if is_incremental() %}}\nwhere {key} > (select max({key}) from {{{{ this }}}})\n{{% endif %}}\n"
    sql = (
        f"{head}select\n"
        + ",\n".join(lines)
        + f"\nfrom {{{{ ref('{parent.name}') }}}}\n{tail}group by {key}\n"
    )
    return Model(name, folder, sql, columns, settings)


def _report(name: str, folder: str, layers: dict[str, list[Model]], chance: random.Random) -> Model:
    first, second = chance.sample(layers["marts"], 2)
    left, right = next(iter(first.columns)), next(iter(second.columns))
    columns = {"row_total": "bigint", "other_total": "bigint", left: first.columns[left]}
    sql = (
        f"with first_mart as (select * from {{{{ ref('{first.name}') }}}}),\n"
        f"second_mart as (select * from {{{{ ref('{second.name}') }}}})\n\n"
        f"select f.{left}, f.row_total, s.row_total as other_total\n"
        f"from first_mart as f\njoin second_mart as s on f.{left} = s.{right}\n"
    )
    return Model(name, folder, sql, columns)


_PREFIX = {"staging": "stg", "intermediate": "int", "marts": "fct", "reports": "rpt"}
_WRITERS = {"staging": _staging, "intermediate": _intermediate, "marts": _mart, "reports": _report}


def _sources(staging: list[Model]) -> dict[str, str]:
    tables = [
        {
            "name": f"raw_{model.name}",
            "columns": [{"name": name, "data_type": kind} for name, kind in model.columns.items()],
        }
        for model in staging
    ]
    files = {}
    for start in range(0, len(tables), 50):
        source = {"name": "raw", "schema": "raw", "tables": tables[start : start + 50]}
        if start:  # a source is described in one file; its name stays, its tables go on
            source["name"] = "raw"
        files[f"models/staging/_sources_{start // 50}.yml"] = {"version": 2, "sources": [source]}
    return {path: yaml.safe_dump(data, sort_keys=False) for path, data in files.items()}


def _properties(models: list[Model], chance: random.Random) -> dict[str, str]:
    """Two tests a model, columns described for a third, a contract for one in fifty."""
    folders: dict[str, list[dict[str, object]]] = {}
    for model in models:
        key = next(iter(model.columns))
        documented = chance.random() < 0.33
        contract = documented and chance.random() < 0.06 and model.folder.startswith("marts")
        columns: list[dict[str, object]] = [{"name": key, "data_tests": ["not_null"]}]
        if documented:
            columns += [
                {"name": name, "description": f"{name} of {model.name}"} for name in list(model.columns)[1:]
            ]
        if contract:
            columns = [c | {"data_type": model.columns[str(c["name"])]} for c in columns]
        if model.folder.startswith("marts"):
            columns[0]["data_tests"] = ["not_null", "unique"]
        described: dict[str, object] = {"name": model.name, "columns": columns}
        if contract and not model.settings:
            described["config"] = {"contract": {"enforced": True}}
        folders.setdefault(model.folder, []).append(described)
    return {
        f"models/{folder}/_models.yml": yaml.safe_dump({"version": 2, "models": listed}, sort_keys=False)
        for folder, listed in folders.items()
    }
