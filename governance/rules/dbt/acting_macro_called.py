"""DBT003: a template calls a macro of the project that runs something."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, Effect, Mention, case
from governance.syntax.dbt.effects import dispatched, effect_of
from governance.syntax.dbt.tests import read_tests

_PLAIN = re.compile(r"[\w .,\n-]*")


class ActingMacroCalled(Rule[DbtChange]):
    """A template newly calls a macro of the project that runs SQL or acts on the warehouse.

    A macro that was merged for maintenance does its work wherever it is called, also from a model
    that looks like a query, through other macros, a dispatch or a generic test.
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
        """Each new mention of a macro of the project whose effect is more than text, and each new test."""
        yield from self._tests(subject)
        yield from self._uncovered(subject)
        effects = subject.project.effects
        for mention in subject.new_mentions:
            named = [name for name in mention.path if name in effects]
            keys = named
            if not named and "dispatch" in mention.path:
                called = mention.keywords.get("macro_name") or next(iter(mention.args), None)
                named = [called.text] if called else []
                keys = [key for name in named for key in (name, dispatched(name)) if key in effects]
            effect = max((effects[key] for key in keys), default=Effect.PURE)
            if effect in (Effect.PURE, Effect.UNKNOWN):
                continue
            reads = effect is Effect.READS and _harmless_arguments(mention)
            does = "queries the warehouse" if effect is Effect.READS else "runs statements"
            message = f"macro {named[0]} {does} while this file is rendered"
            severity = Severity.MEDIUM if reads else Severity.HIGH
            yield self.finding(
                message, subject.at(mention.start, named[0]), quote=named[0], severity=severity
            )

    def _tests(self, subject: DbtChange) -> Iterator[Finding]:
        """Generic tests that are newly put on something and run more than their query."""
        before = read_tests(subject.base.document)
        for key, test in read_tests(subject.head.document).items():
            name = test.name.partition("~")[0].rpartition(".")[2]
            effect = subject.project.effects.get(f"test:{name}", Effect.PURE)
            if key not in before and effect in (Effect.RUNS, Effect.DYNAMIC):
                packaged = f"test:{name}" in subject.project.packaged
                severity = Severity.MEDIUM if packaged else Severity.HIGH
                message = f"test {name} runs statements of its own wherever it is put"
                yield self.finding(message, subject.at(test.start), quote=test.name, severity=severity)

    def _uncovered(self, subject: DbtChange) -> Iterator[Finding]:
        """Macros that are gone here, so that their names now mean others that run something."""
        effects, gone = subject.project.effects, subject.base.template
        for name in gone.macros.keys() - subject.head.template.macros.keys():
            within = [mention for mention in gone.mentions if f"macro:{name}" in mention.within]
            was = max((effect_of(mention, effects.get) for mention in within), default=Effect.PURE)
            if effects.get(name, Effect.PURE) in (Effect.RUNS, Effect.DYNAMIC) and was < effects[name]:
                message = f"without this macro, {name} is another one, which runs statements"
                yield self.finding(message, subject.at(Position(1)), quote=name)


def _harmless_arguments(mention: Mention) -> bool:
    """Whether no argument carries more SQL than a name."""
    texts = (piece for text in (*mention.args, *mention.keywords.values()) for piece in text.pieces)
    return all(_PLAIN.fullmatch(text) and "--" not in text for text in texts)
