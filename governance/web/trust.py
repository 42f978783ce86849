"""Which keys the view believes. Never what the evidence says of itself: only what this machine was told."""

from pathlib import Path

from governance.adapters.git import Repository
from governance.errors import GovernanceError, InvalidEvidence
from governance.keys import SigningKey, Trust
from governance.policy import Policy
from governance.publish import trust_at


def known_trust(policy: Policy, file: str = "") -> Trust:
    """The trust file given, else that of the repository one stands in; this machine's own key as well.

    Raises InvalidEvidence when the file given cannot be read.
    """
    return _with_own_key(_file(file) if file else _of_repository(policy), policy)


def _file(name: str) -> Trust:
    try:
        return Trust.parse(Path(name).expanduser().read_bytes(), name)
    except OSError as error:
        raise InvalidEvidence(
            f"trust file {name} cannot be read: {error.strerror}", "`governance keys trust` writes one."
        ) from error


def _of_repository(policy: Policy) -> Trust:
    try:
        repository = Repository.at()
        return trust_at(repository, repository.commit("HEAD"), policy.signing.trust)
    except GovernanceError:
        return Trust({})  # no repository here, or none with a trust file: then nobody else is trusted


def _with_own_key(trust: Trust, policy: Policy) -> Trust:
    try:
        key = SigningKey.load(policy.signing.key)
    except GovernanceError:
        return trust  # a machine that only reads has no key
    return trust if key.key_id in trust.keys else trust.with_key(key, "this machine's own key")
