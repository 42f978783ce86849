"""What a command does not need, it does not import: that is what makes it answer at once."""

import json
import os
import subprocess
import sys

import pytest

PROBE = """
import json, sys
sys.argv = ["governance", *json.loads(sys.argv[1])]
from governance.cli import main
try:
    main()
except SystemExit as end:
    status = end.code or 0
print("\\nANSWER" + json.dumps([status, sorted(sys.modules)]))
"""
NEVER = {
    "airflow", "alembic", "cryptography", "dbt", "detect_secrets", "duckdb", "fastapi", "fsspec", "git", "great_expectations",
    "hcl2", "jinja2", "openlineage", "pandas", "requests", "rich", "securesystemslib", "sqlalchemy", "uvicorn",
}  # fmt: skip
SETTINGS = {"pydantic", "pydantic_core", "yaml"}
SQL = {"sqlglot", "sqlglotc", "governance.rules.sql", "governance.syntax.sql"}
OTHERS = {
    "governance.rules.dbt",
    "governance.rules.infra",
    "governance.ledger",
    "governance.web",
    "governance.view",
}
LS = {"tool_name": "Bash", "tool_input": {"command": "ls"}}
DELETE = {"tool_name": "Write", "tool_input": {"file_path": "q.sql", "content": "delete from t"}}
COMMANDS = [
    # id, command, standard input, exit status, what it must not import beside NEVER
    ("help", ["--help"], None, 0, SETTINGS | SQL | OTHERS | {"governance.rules.trace", "governance.facts"}),
    ("help of a command", ["check", "--help"], None, 0, SETTINGS | SQL | OTHERS | {"governance.rules.trace"}),
    ("a statement", ["check", "--sql", "select 1", "--dialect", "postgres"], None, 0, SETTINGS | OTHERS | {"governance.rules.trace", "governance.trace", "governance.facts", "governance.adapters.dbt"}),
    ("a hook", ["hook", "claude_code"], LS, 0, SETTINGS | SQL | OTHERS | {"click", "governance.adapters"}),
    ("a hook with SQL", ["hook", "claude_code"], DELETE, 1, SETTINGS | OTHERS | {"click"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "stdin", "status", "spared"), [c[1:] for c in COMMANDS], ids=[c[0] for c in COMMANDS]
)
def test_only_what_is_needed_is_imported(command, stdin, status, spared, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(command)],
        input=json.dumps(stdin), capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    ended, modules = json.loads(done.stdout.partition("ANSWER")[2])
    assert ended == status, done.stderr
    names = {".".join(module.split(".")[:depth]) for module in modules for depth in (1, 2, 3)}
    assert names & (NEVER | spared) == set()
