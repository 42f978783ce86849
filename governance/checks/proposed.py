"""A suite of expectations proposed for a dbt model, from what a revision of its project builds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from governance.adapters.dbt import DbtSession, Given
from governance.adapters.jail import Limits
from governance.adapters.worker import Worker
from governance.errors import InvalidInput
from governance.syntax.dbt.graph import BUILT, Graph

_MODULE = "governance.adapters.great_expectations"
_HEADER = (
    "# Proposed by `governance expect {name}` from the {rows:,} rows of {revision}. Keep what must hold.\n"
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """The text of a suite, and the path in the project where it belongs: beside the model."""

    path: str
    text: str


def propose_suite(
    project: Path, model: str, revision: str, limits: Limits, jail_required: bool, given: Given = Given()
) -> Proposed:
    """Build a model and what it reads in the jail, and propose a suite. Raises InvalidInput, WorkerFailed."""
    with DbtSession(project, None, limits, jail_required, given=given) as session:
        state = session.state()
        key = _key(state.head, model)
        built = [other for other in state.head.ancestors([key]) if state.head.nodes[other].kind in BUILT]
        wanted = sorted({key, *built})
        state, unrendered = session.render(state, wanted)
        runs, tables = session.build("head", [k for k in wanted if k not in unrendered], [key])
        if key not in tables:
            said = unrendered.get(key) or next((run.message for run in runs.values() if run.message), "")
            reason = " ".join(said.split())[:300] or "dbt does not say why"
            raise InvalidInput(
                f"{model} cannot be built at {revision}: {reason}",
                "Mend the model, or name another revision with --base.",
            )
        table = tables[key]
        with Worker(_MODULE, session.scratch / "tables", limits, jail_required=jail_required) as worker:
            expectations = worker.ask("propose", file=table.file)["expectations"]
    if not expectations:
        raise InvalidInput(f"{model} has no rows at {revision}", "Expectations are proposed from data.")
    path = Path(state.head.nodes[key].path).with_name(f"{model}.expectations.yml")
    header = _HEADER.format(name=model, rows=table.rows, revision=revision)
    return Proposed(str(path), header + "expectations:\n" + "".join(map(_item, expectations)))


def _key(graph: Graph, model: str) -> str:
    found = [key for key, node in graph.nodes.items() if node.name == model and node.kind in BUILT]
    if found and graph.nodes[found[0]].facts.get("materialized") != "ephemeral":
        return found[0]
    if found:
        raise InvalidInput(f"{model} is ephemeral, so it has no table", "Name a model that reads it.")
    raise InvalidInput(f"no model {model!r} in the dbt project", "Name it as ref() does, without a folder.")


def _item(expectation: Mapping[str, Any]) -> str:
    kwargs = yaml.safe_dump(
        dict(expectation["kwargs"]),
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
    )
    return f"  - type: {expectation['type']}\n    kwargs: {kwargs}"
