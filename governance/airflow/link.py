"""The link from a gated task to its decision in the view."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class DecisionLink(BaseOperatorLink):
    """Opens the decision that a task recorded, blocked ones included."""

    name = "Decision"

    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:
        """The address of the decision's page; "" while there is none."""
        from airflow.sdk.execution_time.xcom import XCom

        decision = XCom.get_value(ti_key=ti_key, key="governance_decision")
        return f"/governance/#/decisions/{decision}" if decision else ""
