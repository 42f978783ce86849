"""DBT007: a template looks names up at run time, so nobody can tell what it calls."""

from collections import Counter
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, Effect, Source, case

_FILTERS = frozenset({"attr", "include"})


class DynamicLookup(Rule[DbtChange]):
    """A template looks a function up by a computed name, or hands dbt's context on as a whole.

    What is called cannot be read off the template, which is how a forbidden call is hidden.
    """

    code, name, severity = "DBT007", "dynamic-lookup", Severity.HIGH
    category = "screen"
    remedy = "Call the function by its name."
    good = (case("models/a.sql", None, "{% set t = ['a', 'b'] %}select '{{ t[0] }}' as x"),)
    bad = (
        case("models/a.sql", None, "{{ context['run_' ~ 'query']('select 1') }}"),
        case("models/a.sql", None, "{% set a = adapter %}{{ a.execute('select 1') }}"),
        case("models/a.sql", None, "{{ this | attr('x') }}"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new computed lookup, bare context object, `attr` filter or template import."""
        for mention in subject.new_mentions:
            shown = mention.name.lstrip(".")
            if not subject.own_macro(mention) and subject.effect(mention) is Effect.DYNAMIC:
                message = f"{shown} hides which function is called"
                yield self.finding(message, subject.at(mention.start, shown), quote=shown)
        before = _filters(subject.base)
        for template in subject.head.templates:
            for name, place in template.filters:
                if name in _FILTERS:
                    before[name] -= 1
                    if before[name] < 0:
                        message = f"{name} fetches something that the template does not show"
                        yield self.finding(message, subject.at(place, name), quote=name)


def _filters(source: Source) -> Counter[str]:
    return Counter(name for template in source.templates for name, _ in template.filters if name in _FILTERS)
