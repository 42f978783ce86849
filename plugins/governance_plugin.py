"""Puts the governance view into Airflow: copy this file into the plugins folder."""

from governance.airflow.plugin import GovernancePlugin

__all__ = ["GovernancePlugin"]
