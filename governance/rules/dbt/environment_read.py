"""DBT004: a template reads an environment variable."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, Mention, case

_SECRET = re.compile(r"secret|token|password|passwd|key|credential|private|auth", re.IGNORECASE)
_OUTLETS = ("call:log", "call:print", "call:exceptions", "call:run_query", "call:statement", "call:write")


class EnvironmentRead(Rule[DbtChange]):
    """A template newly reads an environment variable into its SQL, a log or a query.

    Credentials live in the environment: rendered into SQL or a log they leave the machine, and
    SQL that depends on the environment is not the SQL that was judged.
    """

    code, name, severity = "DBT004", "environment-read", Severity.MEDIUM
    category = "screen"
    remedy = "Use a project variable with a default, and keep credentials in the profile."
    good = (
        case("models/a.sql", "select '{{ env_var('R') }}' as r", "select '{{ env_var('R') }}' as r, 1 as n"),
    )
    bad = (
        case("models/a.sql", None, "select '{{ env_var('DBT_ENV_SECRET_TOKEN') }}' as t"),
        case("models/a.sql", None, "{{ log(env_var('HOME'), info=true) }}select 1 as a"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new mention of env_var outside the profile, which has a rule of its own."""
        if subject.kind is DbtKind.PROFILES:
            return
        for mention in subject.new_mentions:
            if "env_var" not in mention.path:
                continue
            severity, why = _grade(mention)
            name = mention.args[0].text if mention.args else "an unnamed variable"
            message = f"environment variable {name} flows into {why}"
            yield self.finding(message, subject.at(mention.start, "env_var"), quote=name, severity=severity)


def _grade(mention: Mention) -> tuple[Severity, str]:
    outlet = next((part[5:] for part in mention.within if part.startswith(_OUTLETS)), "")
    if outlet:
        return Severity.HIGH, f"{outlet}, which takes it off the machine"
    known = bool(mention.args) and mention.args[0].known
    if not known or not mention.called or _SECRET.search(mention.args[0].text):
        return Severity.HIGH, "the SQL, and it may hold a credential"
    return Severity.MEDIUM, "the SQL, which differs from machine to machine"
