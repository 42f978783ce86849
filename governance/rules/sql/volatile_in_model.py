"""The rule `volatile-in-model`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Profile, Script, Statement
from governance.syntax.sql.calls import calls
from governance.syntax.sql.functions import Effect


class VolatileInModel(Rule[Script]):
    """A model calls a function that gives another answer each time, or draws a sample without a seed.

    The same inputs no longer give the same table, so a rebuild changes history and no test can tell.
    """

    code, name, severity = "SQL108", "volatile-in-model", Severity.HIGH
    remedy = "Derive the value from the data, for example by hashing a key."
    good = (("select random()", {"profile": "read"}), ("select md5(id) from t", {"profile": "model"}))
    bad = (
        ("select random() from t", {"profile": "model"}),
        ("select gen_random_uuid()", {"profile": "model"}),
        ("select * from t tablesample bernoulli (10)", {"profile": "model", "dialect": "postgres"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each volatile call and each chance sample in a model."""
        if subject.context.profile is not Profile.MODEL:
            return
        for statement in subject.statements:
            for call in calls(statement):
                if call.effect is Effect.VOLATILE:
                    place = subject.location(call.start, call.end)
                    yield self.finding(
                        f"{call.name} would make each build of this model differ",
                        place,
                        quote=subject.text[call.start : call.end],
                    )
            for sample in statement.all(exp.TableSample):
                if _by_chance(statement, sample):
                    node = sample.parent or sample
                    message = "another sample would be drawn for each build of this model"
                    yield self.finding(message, statement.at(node), quote=statement.quote(node)[:200])


def _by_chance(statement: Statement, sample: exp.TableSample) -> bool:
    """Whether each run draws other rows: no seed, and not by the hash of a column, as ClickHouse does."""
    dialect = statement.script.dialect
    hashed = sample.args.get("bucket_field") or (dialect is not None and dialect.name == "clickhouse")
    return not sample.args.get("seed") and not hashed
