"""INF012 run-input-in-shell."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.python import calls, constant, keyword, position
from governance.syntax.source import SourceFile

_INPUT = re.compile(r"\{\{[^}]*\b(params|dag_run\.conf|conf)\b[^}]*\}\}")


class RunInputInShell(Rule[SourceFile]):
    """A value from the run's input is pasted into a shell command or into SQL.

    Whoever may trigger the DAG may then run any command on the worker.
    """

    code, name, severity = "INF012", "run-input-in-shell", Severity.HIGH
    remedy = "Pass it through `env` and quote it in the script, or as a bound SQL parameter."
    good = (("dag.py", 'BashOperator(task_id="a", bash_command="load.sh {{ ds }}")\n'),)
    bad = (("dag.py", 'BashOperator(task_id="a", bash_command="load.sh {{ params.file }}")\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for call, name in calls(subject.module):
            for argument in ("bash_command", "sql", "command"):
                value = keyword(call, argument)
                text = constant(value)
                if value is not None and isinstance(text, str) and (match := _INPUT.search(text)):
                    place = subject.at(position(value, subject.text))
                    message = f"{match.group()} would be pasted into {argument} of {name}"
                    yield self.finding(message, place, quote=match.group())
