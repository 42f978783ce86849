"""The rule `grouping-bomb`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script

_MOST_CUBED = 9


class GroupingBomb(Rule[Script]):
    """A `CUBE` of so many columns that their combinations are beyond counting.

    Each column doubles the number of groupings, and each grouping is another pass over the rows: ten columns
    are a thousand groupings. `ROLLUP` takes one grouping a column and is left alone.
    """

    code, name, severity = "SQL506", "grouping-bomb", Severity.MEDIUM
    remedy = "Name the combinations that are needed with GROUPING SETS, or use ROLLUP."
    good = (
        "select a, b, sum(c) from t group by cube (a, b)",
        "select a, sum(x) from t group by rollup (a, b, c, d, e, f, g, h, i, j, k)",
    )
    bad = (
        "select a, sum(x) from t group by cube (a, b, c, d, e, f, g, h, i, j)",
        ("select a, sum(x) from t group by a, b, c, d, e, f, g, h, i, j with cube", {"dialect": "tsql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each GROUP BY whose cubes make a thousand groupings or more."""
        for statement in subject.statements:
            for group in statement.all(exp.Group) if statement.all(exp.Cube) else ():
                cubed = _cubed(group)
                if cubed > _MOST_CUBED:
                    message = f"{cubed} columns are cubed, which makes {2 ** min(cubed, 60):,} groupings"
                    yield self.finding(message, statement.at(group), quote=statement.quote(group)[:200])


def _cubed(group: exp.Group) -> int:
    """How many columns double the groupings; cubes side by side multiply, those in a list of sets do not."""
    beside, listed = 0, 0
    for cube in group.find_all(exp.Cube):
        columns = len(cube.expressions) or len(group.expressions)
        if cube.find_ancestor(exp.GroupingSets, exp.Group) is group:
            beside += columns
        else:
            listed = max(listed, columns)
    return beside + listed
