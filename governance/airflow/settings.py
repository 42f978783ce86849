"""Where the gate finds its ledger, key and policy in an Airflow deployment.

Order: environment, then Airflow's `[governance]` section, then the policy, then the user's folders.
"""

import os
from dataclasses import replace

from governance.govern import LEDGER_VARIABLE, Gate
from governance.policy import LedgerPolicy, Policy, SigningPolicy

SECTION = "governance"


def option(name: str) -> str:
    """One option of the `[governance]` section; "" when it is not set."""
    from airflow.sdk.configuration import conf

    return str(conf.get(SECTION, name, fallback="") or "")


def settled(policy: Policy) -> Policy:
    """The policy with the deployment's ledger and key; what is allowed stays as it is."""
    url = "" if os.environ.get(LEDGER_VARIABLE) else option("ledger_url")
    ledger = LedgerPolicy(url or policy.ledger.url, option("bodies") or policy.ledger.bodies)
    signing = SigningPolicy(option("signing_key") or policy.signing.key, policy.signing.trust)
    return replace(policy, ledger=ledger, signing=signing)


def loose_policy(given: str) -> Policy:
    """The policy of what belongs to no repository: the file given, else the deployment's, else strict."""
    file = given or option("policy")
    return Policy.load(file) if file else Policy()


def gate(policy: Policy, ground: Policy | None = None) -> Gate:
    """A gate that records in the deployment's ledger; `ground` is the policy as this run is judged by it."""
    return Gate(settled(policy), ground=ground)
