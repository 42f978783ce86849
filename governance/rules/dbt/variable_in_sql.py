"""DBT005: a project variable decides which relation a model reads."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, Mention, case


class VariableInSql(Rule[DbtChange]):
    """A variable given at run time flows into the SQL.

    Whoever starts dbt chooses its value. In the place of a table it decides what is read, so the
    model that was judged is not the model that will run.
    """

    code, name, severity = "DBT005", "variable-in-sql", Severity.LOW
    category = "screen"
    remedy = "Name the relation with ref or source, and keep variables to literal values."
    good = (case("models/a.sql", "select '{{ var('d') }}' as d", "select '{{ var('d') }}' as d"),)
    bad = (
        case("models/a.sql", None, "select * from {{ var('table') }}"),
        case("models/a.sql", None, "{{ var('query') }}"),
        case("models/a.sql", None, "select '{{ var('day') }}' as day"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each new mention of var in a template; graver where SQL expects a relation or a log is written."""
        if not subject.kind.is_template:
            return
        for mention in subject.new_mentions:
            if "var" not in mention.path or mention.path[0] == "":
                continue
            name = mention.args[0].text if mention.args else "?"
            if "statement" in mention.within and not _inside_call(mention):
                severity, where = Severity.HIGH, "is the whole statement"
            elif "relation" in mention.within or not mention.called:
                severity, where = Severity.MEDIUM, "chooses the relation that is read"
            elif any(part in ("call:log", "call:print") for part in mention.within):
                severity, where = Severity.MEDIUM, "is written to the log"
            else:
                severity, where = Severity.LOW, "is part of the SQL"
            message = f"variable {name} {where}"
            yield self.finding(message, subject.at(mention.start, "var"), quote=name, severity=severity)


def _inside_call(mention: Mention) -> bool:
    return any(part.startswith("call:") or part == "if" for part in mention.within)
