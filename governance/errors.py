"""What can go wrong on the way to a decision, said so that a person can act on it."""


class GovernanceError(Exception):
    """Something could not be done; `message` names what and where, `remedy` the cure."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message


class InvalidInput(GovernanceError):
    """A file, statement, revision or option that cannot be read as what it should be."""


class InvalidPolicy(GovernanceError):
    """A policy file that does not say what it means: unknown key, wrong type, broken YAML."""


class UnreadableTrace(InvalidInput):
    """A transcript in no known format, or one that breaks off before its first step."""


class MissingTool(GovernanceError):
    """A program or an optional package that a check needs is not installed."""


class ServerUnavailable(GovernanceError):
    """A database server that should be asked about a statement gives no answer."""


class LedgerUnavailable(GovernanceError):
    """The ledger cannot be written or read: locked, full, absent, or of another version."""


class InvalidEvidence(GovernanceError):
    """A signature, proof or digest does not hold for what it is said to vouch for."""


class MergeRefused(GovernanceError):
    """There is no valid decision for exactly these bytes, so they are not merged."""
