"""INF003 wildcard-permission."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.source import SourceFile

_EVERY_ACTION = re.compile(r"""["']?actions?["']?\s*[:=]\s*(\[\s*)?["']\*(:\*)?["']""", re.IGNORECASE)
_OWNER = re.compile(r"roles/(owner|editor)|AdministratorAccess|ACCOUNTADMIN", re.IGNORECASE)


class WildcardPermission(Rule[SourceFile]):
    """A role may do everything.

    One leaked credential of a pipeline then owns the whole account.
    """

    code, name, severity = "INF003", "wildcard-permission", Severity.HIGH
    remedy = "List the actions and resources that the job needs."
    good = (("iam.tf", 'resource "google_project_iam_member" "p" {\n  role = "roles/bigquery.jobUser"\n}\n'),)
    bad = (("iam.tf", 'resource "google_project_iam_member" "p" {\n  role = "roles/owner"\n}\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for top in subject.blocks:
            for block in top.walk():
                denies = block.attributes.get("effect")
                if denies and denies.literal.lower() == "deny":
                    continue
                for attribute in block.attributes.values():
                    written = f"{attribute.name} = {attribute.text}"
                    if _EVERY_ACTION.search(written) or _OWNER.search(attribute.text):
                        place = subject.at(attribute.position)
                        yield self.finding(f"{top.address} is granted every action", place, quote=written)
