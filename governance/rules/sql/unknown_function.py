"""The rule `unknown-function`."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script
from governance.syntax.sql.calls import calls


class UnknownFunction(Rule[Script]):
    """The query calls a function that is not in the table of its dialect.

    It may be somebody's own function, whose body can do anything, or a built-in that nobody has
    reviewed. Unknown is refused; the policy can vouch for a name.
    """

    code, name, severity = "SQL102", "unknown-function", Severity.HIGH
    remedy = "Use a built-in function, or vouch for this one in the policy."
    good = ("select lower(name) from t", ("select my_udf(1)", {"functions": ("my_udf",)}))
    bad = ("select evil(id) from t", ("select public.delete_all(1)", {"dialect": "postgres"}))

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each call whose effect nobody knows."""
        for statement in subject.statements:
            for call in calls(statement):
                if call.effect is None:
                    yield self.finding(
                        f"{call.name} is no built-in function that was reviewed; its body could do anything",
                        subject.location(call.start, call.end),
                        quote=subject.text[call.start : call.end],
                        allow=f"sql.functions: [{call.name}]",
                    )
