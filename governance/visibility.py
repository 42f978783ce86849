"""How much of an agent's reasoning is to be seen: a word of traces that the policy needs without the rest."""

from enum import StrEnum


class Visibility(StrEnum):
    """How much of the reasoning the provider lets us see."""

    FULL = "full"
    SUMMARY = "summary"
    ENCRYPTED = "encrypted"
    OMITTED = "omitted"
    ABSENT = "absent"
