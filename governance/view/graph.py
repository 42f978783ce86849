"""The lineage graph of one decision as JSON data."""

from typing import TYPE_CHECKING, Any

from governance.view.case import Case
from governance.wire import plain

if TYPE_CHECKING:
    from governance.ledger.store import Ledger


def lineage_view(source: "Ledger | Case", decision_id: str = "") -> dict[str, Any]:
    """Nodes and edges: prompt, steps, lines, findings, decision, tables and columns."""
    case = source if isinstance(source, Case) else Case.open(source, decision_id)
    graph = case.lineage
    return {
        "nodes": [{"detail": "", **plain(node)} for node in graph.nodes],
        "edges": [plain(edge) for edge in graph.edges],
        "omitted": graph.omitted,
    }
