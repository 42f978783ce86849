"""The plugin: the view inside Airflow, behind Airflow's own login and permissions."""

from collections.abc import MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlparse

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "/governance"


class View:
    """The application, built at its first request: other Airflow processes load the plugin, not the web."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one request."""
        await application()(scope, receive, send)


@cache
def application() -> "FastAPI":
    """The view over the ledger of this deployment."""
    from governance.airflow.guard import AirflowGuard
    from governance.airflow.settings import option, settled
    from governance.govern import open_ledger
    from governance.policy import Policy
    from governance.web.api import create_app
    from governance.web.trust import known_trust

    file = option("policy")
    policy = settled(Policy.load(file) if file else Policy())
    return create_app(
        lambda: open_ledger(policy), lambda: known_trust(policy, option("trust")), AirflowGuard()
    )


def _address(**query: str) -> str:
    """The page's address under the deployment's base URL; Airflow fills the placeholders in."""
    from airflow.configuration import conf

    base = urlparse(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return f"{base}{PREFIX}/" + (f"?{urlencode(query, safe='{}')}" if query else "")


class GovernancePlugin(AirflowPlugin):
    """A page in the navigation, a tab on every run and task, and the API behind them."""

    name = "governance"
    fastapi_apps = [{"app": View(), "url_prefix": PREFIX, "name": "Governance"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Governance",
            "href": _address(),
            "destination": "nav",
            "url_route": "governance",
            "category": "browse",
        },
        {
            "name": "Governance",
            "href": _address(dag="{DAG_ID}", run="{RUN_ID}"),
            "destination": "dag_run",
            "url_route": "governance-run",
        },
        {
            "name": "Governance",
            "href": _address(dag="{DAG_ID}", run="{RUN_ID}", task="{TASK_ID}", map="{MAP_INDEX}"),
            "destination": "task_instance",
            "url_route": "governance-task",
        },
    ]
