"""What a statement is judged against: dialect, profile, tables in scope, schema, extra functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from governance.database_url import variable_named

Schema = Mapping[str, Mapping[str, str]]
"""Table name, as a query would write it → column name → type; none where the columns are not all known."""

Readers = Mapping[str, tuple[str, ...]]
"""Table name, as a query would write it → what is built from it, nearest first."""


class Profile(StrEnum):
    """What a statement may do."""

    READ = "read"
    MODEL = "model"
    WRITE = "write"
    MIGRATE = "migrate"


@dataclass(frozen=True, slots=True)
class Server:
    """A database server to ask: the environment variable with its URL.

    It is asked about what nothing else blocks; `accepted` are codes and fingerprints of findings that
    may not block, as the policy weighs or waives them. Raises InvalidInput for a URL instead of a name.
    """

    variable: str
    accepted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        variable_named(self.variable)


@dataclass(frozen=True, slots=True)
class SqlContext:
    """The ground on which one text of SQL is judged.

    `tables` of `None` means that any table may be named; an empty tuple means none. `functions` are
    names that the policy vouches for, `schema` what is known of the tables' columns, `readers` what is
    built from them, `personal` columns (table.column) that hold personal data, `partitions` those by
    which tables are cut up. `server` is asked as well, where there is one.
    """

    dialect: str
    profile: Profile = Profile.READ
    tables: tuple[str, ...] | None = None
    schema: Schema | None = None
    readers: Readers = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    server: Server | None = None
