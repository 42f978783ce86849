"""DBT020: a template says one thing here and another in production."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, case

_WORLD = frozenset(
    {"target", "env_var", "flags", "invocation_args_dict", "run_started_at", "dbt_version", "builtins"}
)


class RenderedElsewhere(Rule[DbtChange]):
    """A new condition makes the template render differently in another environment.

    The gate renders for a throw-away warehouse; what the other branch says is not rendered, not
    built and not tested, and that is the branch which runs in production.
    """

    code, name, severity = "DBT020", "rendered-elsewhere", Severity.MEDIUM
    category = "screen"
    remedy = "Let the SQL be the same everywhere, or have both branches reviewed."
    good = (
        case(
            "models/a.sql", None, "{% if is_incremental() %}select 1 as a{% else %}select 2 as a{% endif %}"
        ),
    )
    bad = (
        case(
            "models/a.sql",
            None,
            "{% if target.name == 'prod' %}select 1 as a{% else %}select 2 as a{% endif %}",
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new condition on the target, the environment or dbt's flags."""
        for mention in subject.new_mentions:
            if mention.path[0] in _WORLD and "if" in mention.within:
                message = f"what this renders to depends on {mention.name}, so another branch runs elsewhere"
                yield self.finding(message, subject.at(mention.start, mention.path[0]), quote=mention.name)
