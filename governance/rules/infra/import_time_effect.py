"""INF011 import-time-effect."""

from collections.abc import Iterator

from governance.artifact import ArtifactKind
from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.python import import_time_calls, position
from governance.syntax.source import SourceFile

_MODULES = (
    "requests.",
    "httpx.",
    "urllib.request.",
    "subprocess.",
    "psycopg.",
    "psycopg2.",
    "snowflake.connector.",
)
_FUNCTIONS = {"os.system", "os.popen", "os.remove", "shutil.rmtree", "duckdb.connect", "sqlite3.connect"}
_FUNCTIONS |= {"boto3.client", "Variable.get", "Variable.set", "BaseHook.get_connection", "eval", "exec"}


class ImportTimeEffect(Rule[SourceFile]):
    """A DAG file does something when it is merely imported.

    The scheduler imports it every few seconds, with its own rights, before anybody triggers a run.
    """

    code, name, severity = "INF011", "import-time-effect", Severity.HIGH
    remedy = "Move the call into a task."
    good = (("dags/a.py", "def load():\n    requests.get(URL)\n"),)
    bad = (("dags/a.py", "requests.get(URL)\n"),)

    def check(self, subject: SourceFile) -> Iterator[Finding]:
        if subject.kind is not ArtifactKind.DAG:
            return
        for call, name in import_time_calls(subject.module):
            if name in _FUNCTIONS or name.startswith(_MODULES):
                place = subject.at(position(call, subject.text))
                yield self.finding(
                    f"{name} would be called by the scheduler at every parse", place, quote=name
                )
