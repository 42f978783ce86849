"""INF013 privileged-container."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.python import calls, constant, keyword, position
from governance.syntax.source import SourceFile

_FLAGS = {"privileged": True, "allow_privilege_escalation": True, "host_network": True, "hostnetwork": True}


class PrivilegedContainer(Rule[SourceFile]):
    """A container is started with the host's rights.

    Anything that runs in it can take over the node, and the other jobs on it.
    """

    code, name, severity = "INF013", "privileged-container", Severity.HIGH
    remedy = "Drop the flag; ask for the single capability that is needed."
    good = (("dag.py", 'KubernetesPodOperator(task_id="a", image="etl:1.4")\n'),)
    bad = (("dag.py", 'DockerOperator(task_id="a", image="etl:1.4", privileged=True)\n'),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        for call, name in calls(subject.module):
            for flag, risky in _FLAGS.items():
                value = keyword(call, flag)
                if value is not None and constant(value) is risky:
                    place = subject.at(position(value, subject.text))
                    yield self.finding(
                        f"{name or 'the container'} would run with {flag}", place, quote=f"{name} {flag}"
                    )
            if name.endswith("V1HostPathVolumeSource"):
                place = subject.at(position(call, subject.text))
                yield self.finding("a folder of the node would be mounted", place, quote=name)
