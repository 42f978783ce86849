"""dbt as the gate sees it: parsed, rendered and built in the jail, against a saved parse of base."""

from governance.adapters.dbt.base import DIALECT, WAREHOUSE
from governance.adapters.dbt.session import DbtSession, Run, State, Table, Trial

__all__ = ["DIALECT", "WAREHOUSE", "DbtSession", "Run", "State", "Table", "Trial"]
