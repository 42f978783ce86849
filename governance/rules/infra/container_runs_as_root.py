"""INF006 container-runs-as-root."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.source import SourceFile


class ContainerRunsAsRoot(Rule[SourceFile]):
    """The image's process runs as root.

    Code that an agent wrote then owns the container, and whatever is mounted into it.
    """

    code, name, severity = "INF006", "container-runs-as-root", Severity.MEDIUM
    remedy = "Create a user and end the last stage with `USER <uid>`."
    good = (("Dockerfile", "FROM python:3.12-slim\nRUN useradd app\nUSER app\n"),)
    bad = (("Dockerfile", "FROM python:3.12-slim\nUSER root\n"), ("Dockerfile", "FROM python:3.12-slim\n"))

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        starts = [i for i in subject.instructions if i.word == "FROM"]
        if not starts:
            return
        last = starts[-1]
        users = [i for i in subject.instructions if i.word == "USER" and i.stage == last.stage]
        if not users:
            message = (
                "the last stage names no USER, so its process runs as the base image's user, usually root"
            )
            yield self.finding(message, subject.at(last.position), quote=last.arguments)
        elif users[-1].arguments.split(":")[0].lower() in ("root", "0"):
            message = "the process runs as root"
            place = subject.at(users[-1].position)
            yield self.finding(message, place, quote=users[-1].arguments, severity=Severity.HIGH)
