"""INF007 download-piped-to-shell."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.source import SourceFile

_PIPED = re.compile(
    r"\b(curl|wget)\b[^|\n;&]*\|\s*(sudo\s+)?(ba|z|da|k)?sh\b"
    r"|\b(ba|z|da)?sh\b\s+(-c\s+)?[\"']?(<\(|\$\(|`)\s*(curl|wget)\b"
    r"|\b(curl|wget)\b[^|\n;&]*\|\s*(sudo\s+)?python[0-9.]*\b(?!\s+-m\s+json)"
)


class DownloadPipedToShell(Rule[SourceFile]):
    """A script from the network is run unread.

    Whoever controls that address controls the build, today and at every rebuild.
    """

    code, name, severity = "INF007", "download-piped-to-shell", Severity.HIGH
    remedy = "Download a pinned version, compare its SHA-256, then run it."
    good = (("get.sh", "curl -fsSLO https://example.com/a.sh\nsha256sum -c a.sum\n"),)
    bad = (("get.sh", "curl -s https://example.com/a.sh | bash\n"),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for number, line in enumerate(subject.text.splitlines(), 1):
            match = _PIPED.search(line)
            if match and not line.lstrip().startswith("#"):
                message = "what the network answers would be run as code"
                place = subject.at(Position(number, match.start() + 1))
                yield self.finding(message, place, quote=match.group())
