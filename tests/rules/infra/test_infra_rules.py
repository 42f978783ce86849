"""Infrastructure rules: their own examples, and a table of places."""

import pytest

from governance.artifact import ArtifactKind
from governance.catalog import rules
from governance.check import examine
from governance.finding import Position
from governance.kind import kind_of
from governance.syntax.source import SourceFile

RULES = rules("infra")


def source(path: str, text: str, base: str | None = None) -> SourceFile:
    kind = kind_of(path, b"airflow")
    before = None if base is None else SourceFile(path, kind, base)
    return SourceFile(path, kind, text, before)


def examples(attribute):
    return [(rule, example) for rule in RULES for example in getattr(rule, attribute)]


def name(value):
    return value.code if hasattr(value, "code") else None


@pytest.mark.parametrize(("rule", "example"), examples("bad"), ids=name)
def test_bad_examples_are_found(rule, example):
    assert [finding.code for finding in rule.check(source(*example))] == [rule.code]


@pytest.mark.parametrize(("rule", "example"), examples("good"), ids=name)
def test_good_examples_are_not(rule, example):
    assert list(rule.check(source(*example))) == []


def bucket(body: str) -> str:
    return f'resource "aws_s3_bucket" "raw" {{\n{body}\n}}\n'


CASES = [
    ("guard switched off", "a.tf", bucket("  block_public_acls = false"), [("INF001", Position(2, 3))]),
    ("guard switched on", "a.tf", bucket("  block_public_acls = true"), []),
    ("member of a public group", "a.tf", bucket('  member = "allUsers"'), [("INF001", Position(2, 3))]),
    ("comment mentions public-read", "a.tf", bucket("  # public-read\n  bucket = 1"), []),
    (
        "ingress as a rule resource",
        "a.tf",
        'resource "aws_vpc_security_group_ingress_rule" "x" {\n  cidr_ipv4 = "0.0.0.0/0"\n}\n',
        [("INF002", Position(2, 3))],
    ),
    (
        "egress as a rule resource",
        "a.tf",
        'resource "aws_security_group_rule" "x" {\n  type = "egress"\n  cidr_blocks = ["0.0.0.0/0"]\n}\n',
        [],
    ),
    ("root in an early stage only", "Dockerfile", "FROM a AS b\nUSER root\nFROM c\nUSER 1000\n", []),
    ("root by number and group", "Dockerfile", "FROM a\nUSER 0:0\n", [("INF006", Position(2, 1))]),
    (
        "download over a continued line",
        "Dockerfile",
        "FROM a\nUSER app\nRUN set -e; \\\n  curl -s https://x.test/i | sh\n",
        [("INF007", Position(4, 3))],
    ),
    ("json formatted by python", "a.sh", "curl -s https://x.test/a | python3 -m json.tool\n", []),
    ("placeholder credential", "a.py", 'password = "changeme"\n', []),
    ("credential from a template", "a.py", 'password = "{{ conn.db.password }}"\n', []),
    ("key of a cloud", "a.py", 'k = "AKIAIOSFODNN7ABCDEFG"\n', [("INF008", Position(1, 6))]),
    (
        "connection in an address",
        "a.tf",
        'locals {\n  u = "mysql://root:t0psecret@db/x"\n}\n',
        [("INF008", Position(2, 21))],
    ),
    ("trigger rule of a cleanup", "dags/a.py", 'T(task_id="cleanup", trigger_rule="all_done")\n', []),
    (
        "trigger rule as an enum",
        "dags/a.py",
        "T(task_id='p', trigger_rule=TriggerRule.ALL_DONE)\n",
        [("INF009", Position(1, 29))],
    ),
    ("catch-up one run at a time", "dags/a.py", "DAG('a', catchup=True, max_active_runs=1)\n", []),
    ("request below main", "dags/a.py", "if __name__ == '__main__':\n    requests.get(U)\n", []),
    (
        "request in a class body",
        "dags/a.py",
        "class A:\n    x = requests.get(U)\n",
        [("INF011", Position(2, 9))],
    ),
    ("column counts characters", "dags/a.py", "s = 'é'; requests.get(U)\n", [("INF011", Position(1, 10))]),
    (
        "delete everything through an operator",
        "dags/a.py",
        "Q(\n    task_id='a',\n    sql='delete from orders',\n)\n",
        [("INF014", Position(3, 9))],
    ),
    ("second line of a statement", "a.py", 'c.execute("""select 1;\ndrop table orders""")\n', []),
    (
        "drop among others",
        "a.py",
        'c.execute("""delete from a where id = 1;\n  drop table orders""")\n',
        [("INF014", Position(2, 3))],
    ),
    ("templated delete is bounded", "dags/a.py", "Q(sql=\"delete from t where ds = '{{ ds }}'\")\n", []),
    ("a word in prose", "a.py", "log.run('update complete')\n", []),
    ("known limit: effect behind a helper", "dags/a.py", "def f():\n    requests.get(U)\nf()\n", []),
]


@pytest.mark.parametrize(("path", "text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_places(path, text, expected):
    found = examine(source(path, text), RULES)
    assert [(finding.code, finding.location.start) for finding in found] == expected


def test_a_moved_block_spares_the_resource():
    base = bucket("  bucket = 1")
    head = "moved {\n  from = aws_s3_bucket.raw\n  to = aws_s3_bucket.lake\n}\n" + base.replace("raw", "lake")
    assert examine(source("a.tf", head, base), RULES) == []


def test_the_credential_itself_is_never_quoted():
    findings = examine(source("a.py", 'db_password = "hunter2hunter2"\n'), RULES)
    assert [f.code for f in findings] == ["INF008"]
    assert "hunter2" not in f"{findings[0].quote}{findings[0].message}"


def test_kinds_decide_what_is_parsed():
    assert SourceFile("x.tfvars", ArtifactKind.TERRAFORM, "not ( hcl").blocks == ()
