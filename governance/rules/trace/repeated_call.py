"""TRC052: the same call again and again."""

from collections import Counter
from collections.abc import Iterator

from governance.facts import TraceFacts, at
from governance.finding import Finding, Severity
from governance.rule import Rule

_OFTEN = 5


class RepeatedCall(Rule[TraceFacts]):
    """The same call was made five times or more, with the same result each time.

    The agent is going round in circles, at somebody's cost.
    """

    code, name, severity = "TRC052", "repeated-call", Severity.INFO
    category = "RES"
    remedy = "Give the agent a limit of turns, or the piece of information that it lacks."
    good = ("user: Wait.\nrun: sleep 1 -> \nrun: sleep 1 -> \nrun: ls -> a",)
    bad = ("user: Fix.\n" + "run: cat missing.txt -> No such file\n" * 5,)

    def check(self, subject: TraceFacts) -> Iterator[Finding]:
        seen: Counter[tuple[str, str]] = Counter()
        for action in subject.actions:
            key = (action.text, action.result.content)
            seen[key] += 1
            if seen[key] == _OFTEN and action.text:
                yield self.finding(
                    f"called {_OFTEN} times with the same result", at(action.step), quote=action.text[:200]
                )
