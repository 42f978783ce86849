"""What an artifact reaches: the tables it reads and writes, and the columns behind each of its own.

Read from the text alone, nothing is rendered: what a template computes is not followed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sqlglot import exp

from governance.artifact import Artifact, ArtifactKind
from governance.errors import InvalidInput
from governance.syntax.column_lineage import Source, column_sources
from governance.syntax.sql import SqlContext, Statement, read
from governance.syntax.sql.names import table_names

_REF = re.compile(r"""\{\{-?\s*ref\(\s*(?:(['"])[\w.]+\1\s*,\s*)?(['"])([\w.]+)\2\s*\)\s*-?\}\}""")
_SOURCE = re.compile(r"""\{\{-?\s*source\(\s*(['"])([\w.]+)\1\s*,\s*(['"])([\w.]+)\3\s*\)\s*-?\}\}""")
_THIS = re.compile(r"\{\{-?\s*this\s*-?\}\}")
_SILENT = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{-?\s*config\(.*?\)\s*-?\}\}", re.DOTALL)
_DIALECTS = ("duckdb", "postgres", "snowflake", "bigquery", "tsql", "mysql")
_LARGEST = 200_000


@dataclass(frozen=True, slots=True)
class Reach:
    """Tables read and written, in the order they are named; for each output column its sources."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    columns: Mapping[str, frozenset[Source]] = field(default_factory=dict)


def reach_of(artifact: Artifact) -> Reach:
    """What one artifact reaches; nothing where its text is no SQL."""
    try:
        text = artifact.text
    except InvalidInput:
        return Reach()
    if artifact.kind is ArtifactKind.SQL:
        return statement_reach(text, artifact.dialect)
    if artifact.kind is ArtifactKind.DBT_MODEL and artifact.path.endswith(".sql"):
        return _model(artifact, text)
    return Reach()


def statement_reach(sql: str, dialect: str = "") -> Reach:
    """What a text of SQL names; where the dialect is not known, of the first one that can read it."""
    if len(sql) > _LARGEST:
        return Reach()
    for name in (dialect,) if dialect else _DIALECTS:
        script = read(sql, SqlContext(name))
        if script.statements and all(one.tree is not None for one in script.statements):
            reaches = [_statement(one) for one in script.statements]
            columns = _columns(sql, name) if len(reaches) == 1 and not reaches[0].writes else {}
            return Reach(_merged(r.reads for r in reaches), _merged(r.writes for r in reaches), columns)
    return Reach()


def _model(artifact: Artifact, text: str) -> Reach:
    """A dbt model writes the table of its own name; `ref` and `source` are the tables it reads."""
    sql = _REF.sub(lambda m: f'"{m[3].split(".")[-1]}"', text)
    sql = _SOURCE.sub(lambda m: f'"{m[2]}"."{m[4]}"', sql)
    own = PurePosixPath(artifact.path).stem
    named = [m[3] for m in _REF.finditer(text)] + [f"{m[2]}.{m[4]}" for m in _SOURCE.finditer(text)]
    sql = _SILENT.sub("", _THIS.sub(f'"{own}"', sql))
    found = Reach() if "{{" in sql else statement_reach(sql, artifact.dialect or "duckdb")
    reads = _merged([tuple(named), found.reads])
    return Reach(tuple(name for name in reads if name != own), (own,), found.columns)


def _statement(statement: Statement) -> Reach:
    tree = statement.tree
    writes: list[str] = []
    reads: list[str] = []
    targets = _targets(tree)
    for table in table_names(statement):
        name = ".".join(table.parts)
        (writes if any(table.node is target for target in targets) else reads).append(name)
    return Reach(tuple(dict.fromkeys(reads)), tuple(dict.fromkeys(writes)))


def _targets(tree: exp.Expr | None) -> list[exp.Expr]:
    """The tables that statements within a tree write to."""
    found: list[exp.Expr] = []
    for node in tree.walk() if tree is not None else ():
        if isinstance(node, (exp.Insert, exp.Delete, exp.Update, exp.Merge, exp.Create, exp.Drop, exp.Alter)):
            this = node.this
            found.append(this.this if isinstance(this, exp.Schema) else this)
        elif isinstance(node, exp.TruncateTable):
            found += node.expressions
    return found


def _columns(sql: str, dialect: str) -> Mapping[str, frozenset[Source]]:
    try:
        return column_sources(sql.strip().rstrip(";"), dialect, {})
    except InvalidInput:
        return {}  # a star over unknown columns, or no query: then the tables are all there is to say


def _merged(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for group in groups:
        names |= dict.fromkeys(group)
    return tuple(names)
