"""What building and validating came to, as the subjects of rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from governance.finding import Location, Severity


@dataclass(frozen=True, slots=True)
class DataTest:
    """One dbt test that did not pass on the built data. `before` is how many rows failed at base.

    A `unit` test fails on the rows that it gives itself.
    """

    name: str
    model: str
    location: Location
    failures: int
    warns: bool = False
    before: int | None = None
    unit: bool = False


class CheckKind(StrEnum):
    """How a check states what it demands, which says what it may be expected to notice."""

    DECLARED = "declared"
    GENERIC = "generic"
    QUERY = "query"
    UNIT = "unit"
    EXPECTATION = "expectation"


@dataclass(frozen=True, slots=True)
class TriedTest:
    """One check that passed, and was then run on damaged data: `tried` faults, `noticed` of them.

    A `lax` one noticed only what is absurd, one that `restates` its model no fault in what that reads. It
    looks at nothing where a relation is `empty`, and at one value where a column is `constant`.
    """

    name: str
    model: str
    location: Location
    tried: int
    noticed: int
    kind: CheckKind = CheckKind.GENERIC
    lax: bool = False
    restates: bool = False
    empty: str = ""
    constant: str = ""


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """A column before and now: nulls, distinct values, and how many values differ."""

    name: str
    nulls: tuple[int, int]
    distinct: tuple[int, int]
    changed: int


@dataclass(frozen=True, slots=True)
class DataDifference:
    """How the rows of a built model differ from those that base builds; `lost` and `gained` count keys.

    `inputs` says on what rows both were built, where that is no matter of course.
    """

    model: str
    location: Location
    rows: tuple[int, int]
    lost: int | None = None
    gained: int | None = None
    columns: tuple[ColumnDifference, ...] = ()
    inputs: str = ""


@dataclass(frozen=True, slots=True)
class FailedExpectation:
    """One expectation that the built table does not meet, with counts and no row."""

    model: str
    kind: str
    severity: Severity
    location: Location
    arguments: str = ""
    counts: Mapping[str, Any] = field(default_factory=dict)
