"""dbt as the gate sees it: parsed, rendered and built in the jail, against a saved parse of base."""

from governance.adapters.dbt.given import Given
from governance.adapters.dbt.session import DbtSession, Run, Table, Trial, Trials
from governance.adapters.dbt.source_rows import NOTHING_PLANTED, Planted, SourceRows, source_rows
from governance.adapters.dbt.state import WAREHOUSE, State, stale_nodes

__all__ = [
    "NOTHING_PLANTED",
    "WAREHOUSE",
    "DbtSession",
    "Given",
    "Planted",
    "Run",
    "SourceRows",
    "State",
    "Table",
    "Trial",
    "Trials",
    "source_rows",
    "stale_nodes",
]
