"""dbt as the gate sees it: parsed, rendered and built in the jail, against a saved parse of base."""

from governance.adapters.dbt.given import Given
from governance.adapters.dbt.session import DbtSession, Run, Table, Trial, Trials
from governance.adapters.dbt.state import WAREHOUSE, State, stale_nodes

__all__ = ["WAREHOUSE", "DbtSession", "Given", "Run", "State", "Table", "Trial", "Trials", "stale_nodes"]
