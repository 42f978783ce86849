"""TRC024: a secret written into a file."""

import re
from collections.abc import Iterator

from governance.facts import TraceFacts, at
from governance.facts.secrets import NAME, shown_value
from governance.finding import Finding, Severity
from governance.rule import Rule

_LITERAL = re.compile(
    rf"(?i:{NAME})\w*['\"]?\s*(?:[:=]|,\s*\n?\s*value:|\n\s*value:)\s*['\"](?!\$|\{{|<|\*|x{{3}}|os\.)([^'\"\s]{{6,}})['\"]"
)
_HARMLESS = re.compile(
    r"test|example|dummy|placeholder|changeme|fake|sample|mock|redacted|your[_-]|xxx|['\"](?:postgres|password|admin|secret|root|airflow)['\"]|getenv|environ|\benv\b",
    re.I,
)


class SecretStored(Rule[TraceFacts]):
    """A password, key or token was written into a file as plain text.

    Once committed it stays in the history, whatever is deleted later.
    """

    code, name, severity = "TRC024", "secret-stored", Severity.HIGH
    category = "SEC"
    remedy = "Read it from the secret backend or the environment, and rotate the one that was written."
    good = ("user: Configure.\nedit app.py: x => password = os.environ['DB_PASSWORD']",)
    bad = ('user: Configure.\nedit k8s/app.yaml: env: => - name: DB_PASSWORD\\n  value: "Sup3rSecret123"',)

    def check(self, subject: TraceFacts) -> Iterator[Finding]:
        for edit in subject.edits:
            match = _LITERAL.search(edit.new)
            value = match.group(1) if match else ""
            if (
                match
                and value not in edit.old
                and not _HARMLESS.search(match.group())
                and "test" not in edit.target
            ):
                message = f"{edit.target} would hold a secret in plain text"
                yield self.finding(message, at(edit.step), quote=shown_value(match.group())[:12] + "…")
