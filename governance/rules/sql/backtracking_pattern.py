"""The rule `backtracking-pattern`."""

import re
from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script

# A group that repeats, holding something that repeats: (a+)+, (.*)*, ([a-z]+)*.
_NESTED = re.compile(r"\((?:\?:)?[^()]*[+*]\)?[^()]*\)[+*{]")
# These engines match without backtracking, or bound it.
_LINEAR = {"bigquery", "clickhouse", "duckdb"}


class BacktrackingPattern(Rule[Script]):
    """A regular expression repeats a group that repeats inside.

    On a long text that almost matches, such a pattern tries ever more ways, for hours on one row.
    """

    code, name, severity = "SQL504", "backtracking-pattern", Severity.MEDIUM
    remedy = "Let only one of the two repeat: `a+` instead of `(a+)+`."
    good = (
        ("select x ~ '^a+$' from t", {"dialect": "postgres"}),
        ("select x ~ '(ab)+' from t", {"dialect": "postgres"}),
    )
    bad = (
        ("select x ~ '(a+)+$' from t", {"dialect": "postgres"}),
        ("select x regexp '(.*)*b' from t", {"dialect": "mysql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each pattern that can blow up."""
        if subject.dialect is None or subject.dialect.name in _LINEAR:
            return
        for statement in subject.statements:
            for literal in statement.all(exp.Literal):
                if literal.is_string and _NESTED.search(literal.name) and _is_pattern(literal):
                    message = "matching this pattern can take time beyond all bounds"
                    place = statement.at(literal.parent or literal)
                    yield self.finding(message, place, quote=literal.name[:200])


def _is_pattern(literal: exp.Literal) -> bool:
    parent = literal.parent
    return isinstance(parent, (exp.RegexpLike, exp.RegexpILike, exp.SimilarTo)) or (
        isinstance(parent, exp.Func)
        and ("regexp" in type(parent).__name__.lower() or "regexp" in parent.name.lower())
    )
