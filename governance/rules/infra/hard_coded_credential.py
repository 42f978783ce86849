"""INF008 hard-coded-credential."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.source import SourceFile

_WORDS = "passw(or)?d|passphrase|secret(_?key)?|api_?key|access_?key|auth_?token|private_?key"
_NAMED = re.compile(rf"""(?i)[\w.\-]*({_WORDS})\w*["']?\s*[:=]\s*["'](?P<value>[^"'\s]{{6,}})["']""")
_KNOWN = re.compile(
    r"(?P<value>AKIA[0-9A-Z]{16}|ghp_[0-9A-Za-z]{36}|xox[abp]-[0-9A-Za-z-]{20,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|sk-[A-Za-z0-9_-]{32,})"
)
_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+]{2,}://[^\s:/@'\"{}$]+:(?P<value>[^\s@'\"{}$<>]{3,})@[^\s'\"]+")
_PLACEHOLDER = re.compile(
    r"(?i)\$|\{\{|\{|<|>|\bexample|change_?me|dummy|placeholder|your|xxx|\*\*\*|^var\.|^local\.|^data\.|env|vault|secrets?[./:]"
)


class HardCodedCredential(Rule[SourceFile]):
    """A password or key stands in the code.

    It is in the history for good, and every reader of the repository has it.
    """

    code, name, severity = "INF008", "hard-coded-credential", Severity.HIGH
    remedy = "Use an Airflow connection, a secrets backend or a variable; and rotate this credential."
    good = (("dag.py", 'password = os.environ["DB_PASSWORD"]\n'), ("dag.py", 'conn_id = "warehouse"\n'))
    bad = (
        ("dag.py", 'db_password = "hunter2hunter2"\n'),
        ("dag.py", 'url = "postgresql://etl:s3cr3t99@db/shop"\n'),
    )

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for number, line in enumerate(subject.text.splitlines(), 1):
            for pattern in (_KNOWN, _IN_ADDRESS, _NAMED):
                match = pattern.search(line)
                if match and (pattern is _KNOWN or not _PLACEHOLDER.search(match["value"])):
                    message = f"a credential of {len(match['value'])} characters stands in the code"
                    place = subject.at(Position(number, match.start("value") + 1))
                    yield self.finding(message, place, quote=_masked(line, match))
                    break


def _masked(line: str, match: re.Match[str]) -> str:
    return (line[: match.start("value")] + "***" + line[match.end("value") :]).strip()
