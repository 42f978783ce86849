"""The statements that mutations begin with: examples of the rules, tables of the tests, a folder of data."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from governance.catalog import rules

_STATEMENTS = Path(__file__).resolve().parents[1] / "rules" / "sql" / "statements"

LONGEST = 20_000  # characters; what comes in bulk is made by another hand


@dataclass(frozen=True, slots=True)
class Seed:
    """A statement, the dialect it was written in, and whether it may pass as a query."""

    sql: str
    dialect: str
    honest: bool


@cache
def seeds(honest: bool, folder: str = "") -> tuple[Seed, ...]:
    """The honest ones or the others; `folder` may hold `safe.jsonl` and `unsafe.jsonl` with `sql` and `dialect`."""
    every = (*_examples(), *_tables(), *_data(folder))
    return tuple(seed for seed in every if seed.honest is honest and len(seed.sql) <= LONGEST)


def _examples() -> Iterator[Seed]:
    for rule in rules("sql"):
        for honest, examples in ((True, rule.good), (False, rule.bad)):
            for example in examples:
                text, context = example if isinstance(example, tuple) else (example, {})
                yield Seed(text, str(context.get("dialect", "duckdb")), honest)


def _tables() -> Iterator[Seed]:
    dialect = ""
    for name in ("harmful.txt", "honest.txt"):
        for line in (_STATEMENTS / name).read_text("utf-8").splitlines():
            if heading := re.match(r"\[([a-z]+) ", line):
                dialect = heading[1]
            elif line and not line.startswith("# "):
                yield Seed(line.replace("\\n", "\n").replace("\\r", "\r"), dialect, name == "honest.txt")


def _data(folder: str) -> Iterator[Seed]:
    for name in ("safe.jsonl", "unsafe.jsonl") if folder else ():
        for line in (Path(folder) / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            yield Seed(row["sql"], row["dialect"], name == "safe.jsonl")
