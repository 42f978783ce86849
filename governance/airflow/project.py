"""What a dbt project, as Airflow's users have it configured already, hands to the gate of one run."""

from dataclasses import replace
from typing import TYPE_CHECKING

from governance.adapters.git import Repository
from governance.errors import InvalidInput
from governance.govern import with_manifest
from governance.policy import Policy
from governance.refusals import refuse_environment

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context


def ground_of(
    operator: "BaseOperator", context: "Context", policy: Policy, repository: Repository, base: str
) -> Policy:
    """The policy with what the operator's project hands to dbt, rendered as Airflow renders templates.

    A variable of the project wins over the policy's, as in a run of Cosmos.
    """
    handed = getattr(operator, "project", {})
    if not handed:
        return policy
    given = operator.render_template(handed, context)
    environment = given.get("environment", {})
    refuse_environment(environment, "env_vars")
    strange = sorted(name for name, value in environment.items() if not isinstance(value, str))
    if strange:
        raise InvalidInput(f"env_vars: {strange[0]} is no text", "Put quotes around its value.")
    dbt = replace(
        policy.dbt,
        vars={**policy.dbt.vars, **given.get("vars", {})},
        environment={**policy.dbt.environment, **environment},
    )
    ground, file = replace(policy, dbt=dbt), given.get("manifest", "")
    if not file:
        return ground
    text = _manifest(file, given.get("manifest_connection", ""))
    return with_manifest(ground, text, file, repository, base)


def _manifest(file: str, connection: str) -> str:
    from airflow.sdk import ObjectStoragePath

    try:
        return ObjectStoragePath(file, conn_id=connection or None).read_text(encoding="utf-8")
    except Exception as error:  # each store raises its own
        reason = " ".join(str(error).split())[:200]
        raise InvalidInput(
            f"{file}: the manifest cannot be read: {type(error).__name__}: {reason}", "Check `manifest_path`."
        ) from error
