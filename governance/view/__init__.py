"""The read model: what a person or a page sees of the ledger, as plain JSON data.

All text in it was written by agents or found in their files: it is data, never markup.
"""

from governance.view.artifact import artifact_view
from governance.view.case import Case
from governance.view.decision import decision_view
from governance.view.graph import lineage_view
from governance.view.listing import list_view
from governance.view.proof import proof_view
from governance.view.steps import step_view, trace_view

__all__ = [
    "Case",
    "artifact_view",
    "decision_view",
    "lineage_view",
    "list_view",
    "proof_view",
    "step_view",
    "trace_view",
]
