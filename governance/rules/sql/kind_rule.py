"""Rules about whole statements: each refuses some kinds of them in some profiles."""

from collections.abc import Iterator
from typing import ClassVar

from governance.finding import Finding
from governance.rule import Rule
from governance.syntax.sql import Kind, Profile, Script, Statement


class KindRule(Rule[Script]):
    """Refuses statements of certain kinds; `permitted` are the profiles that let them be."""

    kinds: ClassVar[tuple[Kind, ...]]
    permitted: ClassVar[tuple[Profile, ...]] = ()
    consequence: ClassVar[str]

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding for each statement of these kinds."""
        if subject.context.profile in self.permitted:
            return
        for statement in subject.statements:
            if statement.kind in self.kinds:
                yield self._refused(statement)

    def _refused(self, statement: Statement) -> Finding:
        head = " ".join(word for word in statement.words[:2] if word.isidentifier()).upper() or "this"
        script = statement.script
        quote = script.text[statement.start : statement.end][:200]
        return self.finding(f"{head} {self.consequence}", statement.location, quote=quote)
