"""Rows for the sources that a build reads, which are absent from a throw-away warehouse.

A seed that fills a source's table serves as it is. Where the policy names a connection, real rows are
sampled; else rows are made up. Both sides of a change get the same ones.

Real rows are read here, where there is a network, and written to files that the jailed worker reads; they
go with its folder. What leaves the jail are names and counts: no message of a query that ran on them does,
since a query can put a value into its own error. An author bent on it can still write a query whose count
tells a value, so the credential should be one whose rows the authors of changes may see. Which tables are
read is not theirs to say: only sources are that base declares, and head with the same database, schema and
name.
"""

import csv
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.adapters.dbt.state import WAREHOUSE, State
from governance.errors import GovernanceError, InvalidInput
from governance.syntax.dbt.graph import BUILT, RENDERED_FOR, Graph, Node

if TYPE_CHECKING:
    from governance.adapters.warehouse_rows import Relation, Rows
    from governance.syntax.dbt.sources.shapes import Shape, Shapes

FOLDER = "sources"
_LARGEST_SEED = 5_000_000
_MOST_SEED_VALUES = 2_000


@dataclass(frozen=True, slots=True)
class SourceRows:
    """Where the rows of a source come from: "seed", "generated", "sampled", or "" where there are none.

    `problem` says why they are not what they should be; `cut`, that there are more in the warehouse. `seed`
    is the seed that fills the table.
    """

    origin: str
    rows: int = 0
    file: str = ""
    problem: str = ""
    cut: bool = False
    seed: str = ""


@dataclass(frozen=True)
class Planted:
    """The sources of both sides, each with its rows."""

    sources: Mapping[str, SourceRows] = field(default_factory=dict)

    def for_side(self, graph: Graph) -> dict[str, Any]:
        """What must be there before one side is built: seeds that fill tables of sources, other tables."""
        if not self.sources:
            return {}
        seeds = sorted({rows.seed for rows in self.sources.values() if rows.seed in graph.nodes})
        nodes = [(graph.nodes.get(key), rows.file) for key, rows in self.sources.items() if rows.file]
        tables = [{"relation": parts_of(node), "file": file} for node, file in nodes if node]
        apart = any(rows.origin == "generated" for rows in self.sources.values())
        return {"first": seeds, "sources": tables, "apart": apart}

    def below(self, state: State, *origins: str) -> frozenset[str]:
        """What is built from sources whose rows are of some origin, on either side."""
        keys = [key for key, rows in self.sources.items() if rows.origin in origins]
        if not keys:
            return frozenset()
        return frozenset((*state.head.descendants(keys), *state.base.descendants(keys)))


NOTHING_PLANTED = Planted()


def source_rows(
    state: State, wanted: Iterable[str], scratch: Path, tree: Path, connection: str = "", limit: int = 10_000
) -> Planted:
    """Rows for the sources above what is built, as files in the folder `scratch`.

    `tree` is the project's head, for the values of its seeds; `connection` names the variable that holds the
    URL of the warehouse, and of each source `limit` rows are read from it at most.
    """
    nodes = (node for graph in (state.head, state.base) for node in graph.nodes.values())
    if not any(node.kind == "source" for node in nodes):
        return NOTHING_PLANTED
    built = list(wanted)
    keys = sorted({*_sources(state.head, built), *_sources(state.base, built)})
    if not keys:
        return NOTHING_PLANTED
    found: dict[str, SourceRows] = {}
    for key in keys:
        if taken := _taken(key, state):
            found[key] = taken
    left = [key for key in keys if key not in found]
    made = list(left)
    problems: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="governance-rows-") as own:
        if connection and left:
            known = [key for key in left if _same_table(key, state)]
            made = [key for key in left if key not in known]
            words = "base does not declare this table, so real rows of it are not read"
            problems = dict.fromkeys(made, words)
            found |= _sampled(known, state, built, Path(own), connection, limit)
        found |= _made(made, state, built, Path(own), tree, problems)
        return Planted(_handed_over(found, scratch / FOLDER))


def _handed_over(found: Mapping[str, SourceRows], folder: Path) -> dict[str, SourceRows]:
    """The same, with the files in a folder that the worker can write to too, and might put a link in."""
    folder.mkdir()
    place = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for rows in found.values():
            if rows.file:
                name = Path(rows.file).name
                flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY
                with os.fdopen(os.open(name, flags, 0o600, dir_fd=place), "wb") as copy:
                    copy.write(Path(rows.file).read_bytes())
    finally:
        os.close(place)
    return {
        key: replace(rows, file=str(folder / Path(rows.file).name)) if rows.file else rows
        for key, rows in found.items()
    }


def parts_of(node: Node) -> tuple[str, str, str]:
    """Database, schema and name of a node's table."""
    facts = node.facts
    return (facts.get("database") or WAREHOUSE, facts["schema"], facts["identifier"])


def _sources(graph: Graph, built: Iterable[str]) -> list[str]:
    known = [key for key in built if key in graph.nodes]
    return [key for key in graph.ancestors(known) if graph.nodes[key].kind == "source"]


def _taken(key: str, state: State) -> SourceRows | None:
    """What the project itself builds in a source's place: a seed serves, anything else is left alone."""
    for graph in (state.head, state.base):
        node = graph.nodes.get(key)
        for other in graph.nodes.values() if node is not None else ():
            same = node is not None and other.relation.lower() == node.relation.lower()
            if same and other.kind == "seed":
                return SourceRows("seed", seed=other.key)
            if same and other.kind in BUILT:
                return SourceRows("", problem=f"the project builds its table itself, as {other.name}")
    return None


def _same_table(key: str, state: State) -> bool:
    sides = [graph.nodes.get(key) for graph in (state.base, state.head)]
    parts = [parts_of(node) for node in sides if node is not None]
    return sides[0] is not None and len(set(parts)) == 1


def _shapes(state: State, built: Iterable[str], keys: Iterable[str]) -> "Shapes":
    from governance.syntax.dbt.sources.shapes import shapes_of

    return shapes_of(state.head, state.base, built, keys, state.before.dialect or RENDERED_FOR)


def _made(
    keys: Sequence[str],
    state: State,
    built: list[str],
    folder: Path,
    tree: Path,
    problems: Mapping[str, str],
) -> dict[str, SourceRows]:
    """Rows made up for sources of which columns are known."""
    if not keys:
        return {}
    from governance.adapters.dbt.parquet import castable, write
    from governance.adapters.dbt.rows import made_rows

    shapes = castable(_shapes(state, built, keys))
    seeds = {place: _seed_values(state, tree, *place) for domain in shapes.domains for place in domain.seeds}
    tables = made_rows(shapes, seeds)
    found = {}
    for key in keys:
        table = tables.get(key)
        if table is None:
            nothing = "no column of it is declared or named in SQL, so no rows can be made up"
            found[key] = SourceRows("", problem=problems.get(key, nothing))
            continue
        file = folder / f"made{len(found)}.parquet"
        try:
            write(file, table.columns, table.values)
        except InvalidInput as error:
            found[key] = SourceRows("", problem=f"rows of it cannot be made up: it {error.message}")
        else:
            found[key] = SourceRows("generated", table.rows, str(file), problems.get(key, ""))
    return found


def _seed_values(state: State, tree: Path, key: str, column: str) -> list[str]:
    """The different values of a seed's column, as far as the file can be read."""
    node = state.head.nodes.get(key) or state.base.nodes.get(key)
    file = (tree / node.path if node is not None else tree).resolve()
    try:
        if not file.is_relative_to(tree.resolve()) or file.stat().st_size > _LARGEST_SEED:
            return []
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            name = next((each for each in rows.fieldnames or () if each.lower() == column), None)
            values = dict.fromkeys(row[name] for row in rows if name is not None and row[name])
    except (OSError, ValueError, csv.Error):
        return []
    return list(values)[:_MOST_SEED_VALUES]


def _sampled(
    keys: Sequence[str], state: State, built: list[str], folder: Path, connection: str, limit: int
) -> dict[str, SourceRows]:
    """Real rows of sources, parents first, so that of what refers to them the rows are read that fit."""
    from governance.adapters.dbt.parquet import write
    from governance.adapters.warehouse_rows import warehouse

    shapes = _shapes(state, built, keys).sources
    read: dict[str, Rows] = {}
    found: dict[str, SourceRows] = {}
    failed: GovernanceError | None = None
    try:
        with warehouse(connection) as opened:
            for key in _parents_first(keys, shapes):
                within = _within(key, shapes, read)
                try:
                    rows = opened.rows(_relation(state, key), limit, within)
                    file = folder / f"sampled{len(found)}.parquet"
                    write(file, rows.columns, rows.texts())
                except InvalidInput as error:
                    found[key] = SourceRows("", problem=error.message)
                else:
                    read[key] = rows
                    found[key] = SourceRows("sampled", len(rows.rows), str(file), cut=rows.cut)
    except GovernanceError as error:
        failed = error
    return found | {
        key: SourceRows("", problem=failed.message) for key in keys if failed and key not in found
    }


def _relation(state: State, key: str) -> "Relation":
    from governance.adapters.warehouse_rows import Relation

    database, schema, identifier = parts_of(state.base.nodes[key])
    return Relation("" if database == WAREHOUSE else database, schema, identifier)


def _parents_first(keys: Iterable[str], shapes: Mapping[str, "Shape"]) -> list[str]:
    done: dict[str, None] = {}

    def visit(key: str, above: frozenset[str]) -> None:
        if key in done or key in above or key not in shapes:
            return
        for parent in sorted({place[0] for column in shapes[key].columns for place in column.parents}):
            visit(parent, above | {key})
        done.setdefault(key)

    wanted = sorted(keys)
    for key in wanted:
        visit(key, frozenset())
    return [*(key for key in done if key in wanted), *(key for key in wanted if key not in done)]


def _within(key: str, shapes: Mapping[str, "Shape"], read: Mapping[str, "Rows"]) -> dict[str, list[Any]]:
    """The values that columns of a source may have, as the sources that they refer to have no others."""
    found = {}
    for column in shapes[key].columns if key in shapes else ():
        for parent, name in sorted(column.parents):
            if parent in read and parent != key:
                found[column.name.lower()] = read[parent].values(name)
    return found
