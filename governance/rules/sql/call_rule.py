"""Rules about function calls: each refuses the calls whose effect it names."""

from collections.abc import Iterator
from typing import ClassVar

from governance.finding import Finding
from governance.rule import Rule
from governance.syntax.sql import Script
from governance.syntax.sql.calls import Call, calls
from governance.syntax.sql.functions import Effect


class CallRule(Rule[Script]):
    """Refuses calls by their effect, which the function tables name."""

    effects: ClassVar[tuple[Effect, ...]]

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each call with one of these effects."""
        for statement in subject.statements:
            for call in calls(statement):
                if call.effect in self.effects:
                    yield self._refused(subject, call)

    def _refused(self, script: Script, call: Call) -> Finding:
        assert call.effect is not None
        return self.finding(
            f"{call.name} would {call.effect.consequence}",
            script.location(call.start, call.end),
            quote=script.text[call.start : call.end],
        )
