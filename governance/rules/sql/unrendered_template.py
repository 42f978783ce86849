"""The rule `unrendered-template`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class UnrenderedTemplate(ProblemRule):
    """The text is a template that has not been rendered.

    Jinja can produce any SQL, and run some while it renders; only the rendered text can be judged.
    """

    code, name, severity = "SQL021", "unrendered-template", Severity.HIGH
    remedy = "Compile the model first and judge the compiled SQL."
    trouble = Trouble.TEMPLATE
    consequence = "what it becomes is unknown"
    good = ("select '{{ not a template }}'",)
    bad = ("select {{ run_query('drop table orders') }}", "select 1 {% if x %} + 1 {% endif %}")
