"""Rules about the text itself: each reports one kind of trouble that the reader met."""

from collections.abc import Iterator
from typing import ClassVar

from governance.finding import Finding
from governance.rule import Rule
from governance.syntax.sql import Script, Trouble


class ProblemRule(Rule[Script]):
    """Reports the problems of one kind; `consequence` says why they matter, in the message."""

    trouble: ClassVar[Trouble]
    consequence: ClassVar[str]

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding for each problem of this kind."""
        for problem in subject.problems:
            if problem.trouble is self.trouble:
                quote = subject.text[problem.start : problem.end][:200]
                place = subject.location(problem.start, problem.end)
                yield self.finding(f"{problem.reason}: {self.consequence}", place, quote=quote)
