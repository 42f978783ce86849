"""What the operators tell OpenLineage about a task that ended: its decision, and the findings as tests."""

import logging
from typing import Any

log = logging.getLogger(__name__)


class DecisionFacets:
    """Gives an operator's OpenLineage events the facets of the decision that its task recorded.

    Everything comes from the ledger, by the id of the try, so it does not matter which process
    reports. Reporting fails soft: it never fails a task.
    """

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """The facets of a task that went on."""
        from governance.airflow.reporting import lineage_of

        try:
            return lineage_of(self, task_instance)
        except Exception:  # reporting fails soft; the ledger keeps what was decided
            log.exception("the decision was not reported to OpenLineage")
            return None

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> Any:
        """The facets of a task that was refused, or that failed otherwise."""
        return self.get_openlineage_facets_on_complete(task_instance)
