"""DBT013: the connection profile changed."""

from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case


class ProfileChanged(Rule[DbtChange]):
    """The profile that says where dbt connects and as whom changed.

    Another target turns a harmless build into one on production, or sends data to a stranger.
    """

    code, name, severity = "DBT013", "profile-changed", Severity.HIGH
    category = "screen"
    remedy = "Change profiles by hand, outside an agent's change."
    good = (case("profiles.yml", "shop:\n  target: dev\n", "shop:\n  target: dev\n"),)
    bad = (case("profiles.yml", "shop:\n  target: dev\n", "shop:\n  target: prod\n"),)

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each entry of the profile that differs, and the project's choice of a profile."""
        whole = subject.kind is DbtKind.PROFILES
        if whole or subject.kind is DbtKind.PROJECT:
            for entry in (*subject.new_entries, *subject.gone_entries):
                if whole or (entry.path == ("profile",) and subject.base.text):
                    message = f"{'.'.join(entry.path)} becomes another connection"
                    place = entry.start if subject.head.text else Position(1)
                    yield self.finding(message, subject.at(place), quote=".".join(entry.path))
