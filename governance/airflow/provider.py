"""What the provider tells Airflow about itself."""

from typing import Any

_OPTIONS = {
    "ledger_url": (
        "SQLAlchemy URL of the ledger: sqlite:///FILE or postgresql://…. GOVERNANCE_LEDGER wins over it.",
        "postgresql://governance@db/governance",
    ),
    "bodies": ("Folder or fsspec path for traces and artifacts.", "s3://evidence/bodies"),
    "signing_key": (
        "File with the Ed25519 private key. GOVERNANCE_KEY wins over it.",
        "/etc/governance/key.pem",
    ),
    "trust": (
        "Trust file by which the view verifies signatures; the deployment's own key is trusted as well.",
        "/etc/governance/trust.json",
    ),
    "policy": (
        "Policy file for tasks that name none and have no repository.",
        "/etc/governance/governance.yml",
    ),
}


def get_provider_info() -> dict[str, Any]:
    """Provider metadata: decorator, configuration section, connection type, extra link."""
    return {
        "package-name": "airflow-governance",
        "name": "Governance",
        "description": "A gate between coding agents and a data platform.",
        "task-decorators": [{"name": "governed", "class-name": "governance.airflow.decorator.governed_task"}],
        "extra-links": ["governance.airflow.link.DecisionLink"],
        "connection-types": [
            {
                "connection-type": "governance",
                "hook-class-name": "governance.airflow.hook.GovernanceHook",
                "hook-name": "Governance ledger",
            }
        ],
        "config": {
            "governance": {
                "description": "Where the gate keeps evidence and finds its key.",
                "options": {
                    name: {
                        "description": text,
                        "type": "string",
                        "default": "",
                        "example": example,
                        "version_added": "0.1.0",
                    }
                    for name, (text, example) in _OPTIONS.items()
                },
            }
        },
    }
