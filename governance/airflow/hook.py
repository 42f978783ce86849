"""The `governance` connection: a ledger that tasks of any DAG can read."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

if TYPE_CHECKING:
    from governance.ledger.store import Ledger


class GovernanceHook(BaseHook):
    """Opens the ledger of a connection: `extra` holds `ledger_url` and, if elsewhere, `bodies`."""

    conn_name_attr = "governance_conn_id"
    default_conn_name = "governance_default"
    conn_type = "governance"
    hook_name = "Governance ledger"

    def __init__(self, governance_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.governance_conn_id = governance_conn_id

    def get_conn(self) -> "Ledger":
        """The ledger. Raises LedgerUnavailable when it cannot be opened."""
        from governance.govern import open_ledger
        from governance.policy import LedgerPolicy, Policy

        extra = self.get_connection(self.governance_conn_id).extra_dejson
        return open_ledger(Policy(ledger=LedgerPolicy(extra.get("ledger_url", ""), extra.get("bodies", ""))))

    def test_connection(self) -> tuple[bool, str]:
        """Whether the ledger answers, and how many decisions it holds."""
        try:
            return True, f"{self.get_conn().size()} decisions"
        except Exception as error:  # Airflow shows the text beside the button
            return False, str(error)

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Only `extra` is used."""
        unused = ["host", "schema", "login", "password", "port"]
        example = '{"ledger_url": "sqlite:////var/lib/governance/ledger.db"}'
        return {"hidden_fields": unused, "relabeling": {}, "placeholders": {"extra": example}}
