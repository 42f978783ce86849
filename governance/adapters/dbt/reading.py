"""Finding out what there is to know of a base, from nothing or on top of what is known of an older one.

Bases follow each other as changes are merged, each a few files away from the last. Such a base is read as
a change is: dbt parses it on top of the older one, and only what may have become another is rendered and
told anew. What is known drifts with dbt's own partial parse, if that does, so now and then it starts afresh.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from governance.adapters.dbt.base import ABOUT, Base, Bases
from governance.adapters.dbt.given import Given
from governance.adapters.dbt.saved import NODES
from governance.adapters.dbt.state import State, refuse_circle, render, stale_nodes, state_of
from governance.adapters.jail import Limits
from governance.adapters.worker import Worker, WorkerFailed
from governance.changeset import Tree
from governance.syntax.dbt.graph import BUILT, Graph, Node
from governance.syntax.dbt.outputs import Known, Outputs, known_columns, same_columns
from governance.syntax.dbt.spoken import called, told_dialect

MODULE = "governance.adapters.dbt.worker"
_MOST_UPDATES = 20
_MORE_SECONDS = 5  # times those of a change: all of base is rendered, and once


def read_base(
    tree: Tree, root: str, bases: Bases, scratch: Path, limits: Limits, jail_required: bool
) -> Base:
    """What is to be known of the project in the folder `root` of a tree, and kept; raises WorkerFailed."""
    limits = replace(limits, seconds=limits.seconds * _MORE_SECONDS)
    files = (tree.folder() / root).resolve()
    fits, readable = bases.fitting(files), (files, *bases.packages)
    older = bases.nearest(fits, _MOST_UPDATES)
    if older is not None:
        try:
            (scratch / "on top").mkdir(parents=True)
            older.hand_to(scratch / "on top" / "saved")
            with Worker(
                MODULE, scratch / "on top", limits, jail_required=jail_required, readable=readable
            ) as worker:
                found = _on_top(older, worker, scratch / "on top", files, bases.given)
            about = dict(older.about, updates=older.about["updates"] + 1)
            return bases.keep(_about(found, about), tree, root)
        except (WorkerFailed, OSError, ValueError, KeyError, TypeError):
            pass  # an older base that is spoilt, or one on which dbt fails: it is read from nothing then
    with Worker(
        MODULE, scratch / "reading", limits, jail_required=jail_required, readable=readable
    ) as worker:
        worker.ask("save", tree=str(files), given=bases.given.request)
    found = Base(scratch / "reading" / "saved")
    graph = Graph(found.nodes)
    refuse_circle(graph, "save")
    dialect = bases.dialect or told_dialect(found.facts["sql"].values())
    found.tell_columns(known_columns(graph, dialect))
    return bases.keep(_about(found, {"fits": fits, "updates": 0, "dialect": dialect}), tree, root)


def _about(found: Base, about: dict[str, Any]) -> Base:
    about["called"] = sorted(called(found.facts["sql"].values()))
    (found.folder / ABOUT).write_text(json.dumps(about), "utf-8")
    return found


def _on_top(older: Base, worker: Worker, scratch: Path, files: Path, given: Given) -> Base:
    """A base, parsed and rendered as a change of an older one."""
    worker.begin("state", tree=str(files), keep="kept", given=given.request)
    before = older.outputs
    answer = worker.finish()
    state = state_of(answer, before, older.facts)
    stale = set(state.head.nodes) if answer["afresh"] else stale_nodes(state, state.modified)
    wanted = sorted(key for key in stale if state.head.nodes[key].kind in (*BUILT, "test"))
    state, errors = render(worker, state, wanted)
    found = Base(scratch / "kept")
    nodes = state.head.nodes
    left = {key: why for key, why in older.facts["unrendered"].items() if key in nodes and key not in stale}
    facts = {
        "nodes": {key: node.facts for key, node in nodes.items()},
        "sql": {key: node.sql for key, node in nodes.items() if node.sql},
        "unrendered": left | errors,
        "hooks": answer["hooks"],
        "wide": answer["wide"],
    }
    (found.folder / NODES).write_text(json.dumps(facts), "utf-8")
    found.tell_columns(_columns(state))
    return found


def _columns(state: State) -> Known:
    """The columns of all nodes, told anew only of those that differ and of what reads other columns."""
    base, head, known = state.base.nodes, state.head, state.before.known
    other = {key for key, node in head.nodes.items() if key not in base or _told(node) != _told(base[key])}
    outputs = Outputs(head, state.before.dialect, known, other)
    columns, bound = {}, set()
    for key in head.order:
        node = head.nodes[key]
        if not node.relation:
            continue
        if key in other or any(parent in outputs.other for parent in node.parents):
            outputs.other.add(key)
            columns[key], is_bound = outputs.columns(key), key in outputs.bound
            same = same_columns(columns[key], known.columns.get(key, {}))
            if same and is_bound == (key in known.bound):
                outputs.other.discard(key)
        else:
            columns[key], is_bound = known.columns[key], key in known.bound
        bound |= {key} if is_bound else set()
    return Known(columns, frozenset(bound))


def _told(node: Node) -> tuple[object, ...]:
    """All that the columns of a node are told by."""
    return node.sql, node.columns, node.relation, node.facts.get("materialized")
