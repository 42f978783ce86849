"""DBT002: a template changes the warehouse or dbt itself while it is rendered."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, Effect, case

_ELSEWHERE = frozenset({"run_query", "statement"})


class RenderingEffect(Rule[DbtChange]):
    """A template changes the warehouse, a file or dbt's own state while it is rendered.

    Calls like `adapter.drop_relation` need no SQL in the template to destroy a table, and
    `model.config.update` changes what dbt will do with a node after it was reviewed.
    """

    code, name, severity = "DBT002", "rendering-effect", Severity.HIGH
    category = "screen"
    remedy = "Take the call out; what a model may do is build its own relation."
    good = (
        case("models/a.sql", None, "{% set c = adapter.get_columns_in_relation(ref('b')) %}select 1 as a"),
    )
    bad = (
        case("models/a.sql", None, "{% do adapter.drop_relation(ref('b')) %}select 1 as a"),
        case("models/a.sql", None, "{% do drop_schema(this) %}select 1 as a"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new mention with an effect, unless it is the project's own macro or runs SQL by name."""
        for mention in subject.new_mentions:
            elsewhere = _ELSEWHERE.intersection(mention.path) or subject.own_macro(mention)
            if elsewhere and not mention.origin and not subject.hands_to_changer(mention):
                continue
            if subject.effect(mention) is Effect.RUNS:
                shown = mention.name.lstrip(".")
                message = f"{shown} acts on the warehouse or on dbt while this file is rendered"
                yield self.finding(message, subject.at(mention.start, shown), quote=shown)
