"""The rule `personal-data-shown`."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Profile, Script
from governance.syntax.sql.names import split_name

if TYPE_CHECKING:
    from governance.syntax.sql.shown import Shown

_EMAIL = {"personal": ("customers.email",)}


class PersonalDataShown(Rule[Script]):
    """The statement shows a column that the policy lists as personal data, or copies it elsewhere.

    Such a column leaves by many doors: a star, a whole row, an alias three queries deep. It is followed
    through all of them; what cannot be followed counts as shown. Filtering, joining and counting are
    free. A dbt model is not judged by it: what it keeps is decided where its columns are described.
    """

    code, name, severity = "COL001", "personal-data-shown", Severity.MEDIUM
    remedy = "Leave the column out, count or aggregate it, or have the query reviewed."
    good = (
        ("select count(email) from customers where email is not null", _EMAIL),
        ("select * exclude (email) from customers", _EMAIL),
        ("with x as (select * from customers) select id from x order by email", _EMAIL),
        "select email from customers",
    )
    bad = (
        ("select lower(c.email) as contact from customers c", _EMAIL),
        ("with x as (select * from customers) select * from x", _EMAIL),
        ("select c from customers c", {**_EMAIL, "dialect": "postgres"}),
        ("insert into leads select id, email from customers", {**_EMAIL, "profile": "write"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """One finding for each personal column that each statement shows."""
        dialect, listed = subject.dialect, subject.context.personal
        if not listed or dialect is None or subject.context.profile is Profile.MODEL:
            return
        from governance.syntax.sql.shown import (
            shown_columns,
        )  # few policies tag columns: 10 ms for the others

        tagged: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name in listed:
            table, _, column = name.rpartition(".")
            tagged[split_name(table, dialect)].add(column.strip('"`[]').lower())
        for statement in subject.statements:
            shown = shown_columns(statement, dialect, {t: frozenset(cs) for t, cs in tagged.items()})
            for first in {(s.table, s.column): s for s in reversed(shown)}.values():
                place = statement.location if first.place is None else statement.at(first.place)
                yield self.finding(_message(first), place, quote=f"{first.table}.{first.column}")


def _message(shown: "Shown") -> str:
    what = f"{shown.table}.{shown.column}, which is personal data,"
    how = f"as {shown.output}" if shown.output not in ("*", shown.column) else ""
    return f"{what} {'is' if shown.certain else 'may be'} shown{f' {how}' if how else ''}"
