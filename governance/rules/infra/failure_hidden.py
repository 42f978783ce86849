"""INF009 failure-hidden."""

import ast
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.python import calls, constant, keyword, position
from governance.syntax.source import SourceFile

_HIDING = {"all_done", "always", "one_done"}
_TIDYING = ("cleanup", "clean_up", "teardown", "notify", "report", "summary", "alert", "end", "finish")


class FailureHidden(Rule[SourceFile]):
    """A task runs even when the tasks before it failed.

    A quality check that fails upstream no longer stops what is published downstream.
    """

    code, name, severity = "INF009", "failure-hidden", Severity.MEDIUM
    remedy = "Keep `all_success`, or use `none_failed`; use setup/teardown for cleaning up."
    good = (("dag.py", 'publish = PythonOperator(task_id="publish")\n'),)
    bad = (("dag.py", 'publish = PythonOperator(task_id="publish", trigger_rule="all_done")\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for call, _ in calls(subject.module):
            rule = keyword(call, "trigger_rule")
            word = _word(rule)
            task = str(constant(keyword(call, "task_id")) or "")
            if rule is not None and word in _HIDING and not any(part in task.lower() for part in _TIDYING):
                place = subject.at(position(rule, subject.text))
                message = f"task {task or '(unnamed)'} would run although what it builds on failed"
                yield self.finding(message, place, quote=f"{task} {word}")


def _word(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr.lower()
    return str(constant(node) or "").lower()
