"""DBT003: a template calls a macro of the project that runs something."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, Effect, Mention, case

_PLAIN = re.compile(r"[\w .,\n-]*")


class ActingMacroCalled(Rule[DbtChange]):
    """A template newly calls a macro of the project that runs SQL or acts on the warehouse.

    A macro that was merged for maintenance does its work wherever it is called, also from a model
    that looks like a query.
    """

    code, name, severity = "DBT003", "acting-macro-called", Severity.HIGH
    category = "screen"
    remedy = "Call the macro from a reviewed operation, not while models are rendered."
    good = (
        case("macros/a.sql", None, "{% macro a() %}1{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}"),
        case("models/a.sql", None, "select {{ dbt.current_timestamp() }} as now"),
    )
    bad = (
        case(
            "macros/a.sql",
            "{% macro a() %}{% do run_query('drop table t') %}{% endmacro %}",
            "{% macro a() %}{% do run_query('drop table t') %}{% endmacro %}"
            "{% macro b() %}{{ a() }}{% endmacro %}",
        ),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new mention of a macro of the project whose effect is more than text."""
        for mention in subject.new_mentions:
            named = [name for name in mention.path if name in subject.project.effects]
            if not named and "dispatch" in mention.path and mention.args:
                named = [name for name in (mention.args[0].text,) if name in subject.project.effects]
            effect = max((subject.project.effects[name] for name in named), default=Effect.PURE)
            if effect in (Effect.PURE, Effect.UNKNOWN):
                continue
            reads = effect is Effect.READS and _harmless_arguments(mention)
            does = "queries the warehouse" if effect is Effect.READS else "runs statements"
            message = f"macro {named[0]} {does} while this file is rendered"
            severity = Severity.MEDIUM if reads else Severity.HIGH
            yield self.finding(
                message, subject.at(mention.start, named[0]), quote=named[0], severity=severity
            )


def _harmless_arguments(mention: Mention) -> bool:
    """Whether no argument carries more SQL than a name."""
    texts = (piece for text in (*mention.args, *mention.keywords.values()) for piece in text.pieces)
    return all(_PLAIN.fullmatch(text) and "--" not in text for text in texts)
