"""The rule `extension-or-attachment`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class ExtensionOrAttachment(KindRule):
    """The statement brings in code, another database, a server or a secret.

    After it, functions and tables exist that no check has seen.
    """

    code, name, severity = "SQL016", "extension-or-attachment", Severity.CRITICAL
    remedy = "Ask an administrator to install what is needed."
    kinds = (Kind.EXTEND,)
    consequence = "brings in code or data from outside"
    good = ("select 1",)
    bad = ("install httpfs", "attach 'x.db'", "pragma enable_profiling", "create secret s (type s3)")
