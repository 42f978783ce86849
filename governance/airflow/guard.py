"""Who may see what in Airflow: its own login, its own permissions on DAGs."""

from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import (
    AccessView,
    DagAccessEntity,
    DagDetails,
)
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from airflow.configuration import conf
from airflow.models.dag import DagModel
from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from governance.web.api import Part

_ENTITIES = {
    Part.SUMMARY: DagAccessEntity.TASK_INSTANCE,
    Part.CODE: DagAccessEntity.CODE,
    Part.TRACE: DagAccessEntity.TASK_LOGS,
}


class AirflowGuard:
    """Verdicts need access to the DAG's task instances, code to its code, reasoning to its task logs.

    Decisions that came from no DAG need the permission to see the activity of the whole cluster.
    """

    async def user(self, request: Request) -> Any:
        """The user Airflow knows. Raises HTTPException: 401 without login, 403 who may read no DAG."""
        user = await get_user(request, None, await bearer_scheme(request))
        if not await run_in_threadpool(self._anything, user):
            raise HTTPException(403, "Forbidden")
        return user

    @staticmethod
    def _anything(user: Any) -> bool:
        return get_auth_manager().is_authorized_dag(method="GET", user=user)

    def readable(self, user: Any, dag_ids: frozenset[str]) -> frozenset[str] | None:
        """Those of the ledger's DAGs that the user may read, deleted ones as the auth manager says."""
        return frozenset(dag_id for dag_id in dag_ids if self.may(user, dag_id, Part.SUMMARY))

    def may(self, user: Any, dag_id: str, part: Part) -> bool:
        """Whether the auth manager lets the user read this of the DAG."""
        manager = get_auth_manager()
        if not dag_id:
            return bool(manager.is_authorized_view(access_view=AccessView.CLUSTER_ACTIVITY, user=user))
        details = DagDetails(id=dag_id, team_name=_team(dag_id))
        return bool(
            manager.is_authorized_dag(method="GET", access_entity=_ENTITIES[part], details=details, user=user)
        )


def _team(dag_id: str) -> str | None:
    return DagModel.get_team_name(dag_id) if conf.getboolean("core", "multi_team", fallback=False) else None
