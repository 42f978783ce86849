"""INF010 backfill-storm."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.python import calls, constant, keyword, position
from governance.syntax.source import SourceFile


class BackfillStorm(Rule[SourceFile]):
    """Catch-up is on, so deploying the DAG starts a run for every interval since its start date.

    Hundreds of runs at once are a surprise for the warehouse and its bill.
    """

    code, name, severity = "INF010", "backfill-storm", Severity.MEDIUM
    remedy = "Set catchup=False, or bound it with max_active_runs and backfill on purpose."
    good = (("dag.py", 'dag = DAG("a", schedule="@daily", catchup=False)\n'),)
    bad = (("dag.py", 'dag = DAG("a", schedule="@daily", catchup=True)\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for call, name in calls(subject.module):
            flag = keyword(call, "catchup")
            if name.split(".")[-1].lower() == "dag" and constant(flag) is True and flag is not None:
                runs = constant(keyword(call, "max_active_runs"))
                if not isinstance(runs, int) or runs > 1:
                    place = subject.at(position(flag, subject.text))
                    yield self.finding(
                        "every past interval would run when this is deployed", place, quote="catchup=True"
                    )
