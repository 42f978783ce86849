"""Bad input: one clear message that names what, where and the cure; never a pass, and nothing is lost."""

import json

import pytest

from governance.syntax.dialect import DIALECTS
from tests.cli.conftest import BLOCK, PASS, QUERY, RECORD, REVIEW, UNDECIDED, refused

POLICIES = [
    ("YAML that breaks off", b"version: 1\nsql: {dialect: duckdb", "governance.yml:2:22: not YAML", "Mend the syntax"),
    ("an unknown key", b"version: 1\nsql:\n  dialekt: duckdb\n", "governance.yml:3:3: sql.dialekt is not a known key (did you mean dialect?)", "policy schema"),
    ("a wrong type", b"limits:\n  check_seconds: soon\n", "governance.yml:2:3: limits.check_seconds: should be a valid number", "policy schema"),
    ("two mistakes", b"sqll: {}\ntrace: {missing: 5}\n", "governance.yml:2:9: trace.missing: should be", "governance.yml:1:1: sqll"),
    ("an unknown dialect", b"sql:\n  dialect: postgre\n", "governance.yml:2:3: sql.dialect: unknown SQL dialect 'postgre'", "postgres, postgresql"),
    ("an unknown rule", b"rules:\n  SQL010: low\n  SQL999: low\n", "governance.yml:3:3: rules.SQL999: no rule", "governance rules"),
    ("a gate switched off", b"rules:\n  GOV001: low\n", "governance.yml:2:3: rules.GOV001 cannot be set below medium", "Use medium"),
    ("not UTF-8", b"version: 1 # \xe4", "governance.yml: not UTF-8 text (byte 13)", "Save it as UTF-8"),
]  # fmt: skip
READERS = {
    "check": ["check", "--sql", "select 1"],
    "replay": ["replay", "history.jsonl"],
    "monitor": ["monitor", "history.jsonl"],
    "log": ["log"],
    "policy check": ["policy", "check"],
}


@pytest.mark.parametrize(("text", "place", "cure"), [p[1:] for p in POLICIES], ids=[p[0] for p in POLICIES])
def test_a_broken_policy_names_file_line_and_cure(governance, own_home, text, place, cure):
    (own_home / "governance.yml").write_bytes(text)
    refused(governance("check", "--sql", "select 1"), place, cure)


@pytest.mark.parametrize("asked", READERS.values(), ids=READERS)
def test_no_command_goes_on_without_the_policy_it_was_given(governance, own_home, asked):
    (own_home / "governance.yml").write_text("sqll: {}")
    (own_home / "history.jsonl").write_text('{"sql": "select 1"}')
    refused(governance(*asked), "governance.yml:1:1: sqll is not a known key", "policy schema")


def test_a_policy_that_is_a_link_to_nowhere_is_not_an_absent_one(governance, own_home):
    (own_home / "governance.yml").symlink_to("gone.yml")
    refused(governance("check", "--sql", "select 1"), "governance.yml: cannot be read", "Check the path")


def test_a_broken_policy_of_the_base_names_the_revision(governance, branch):
    branch.run("checkout", "-q", "main")
    branch.write("governance.yml", "sql: {dialect")
    base = branch.commit()
    branch.run("checkout", "-q", "change")
    refused(governance("check", "--base", "main", "--by-hand"), f"governance.yml at {base[:12]}:1:", "Mend")


@pytest.mark.parametrize("asked", [READERS["check"], READERS["replay"]], ids=["check", "replay"])
def test_an_unknown_dialect_is_answered_with_the_known_ones(governance, own_home, asked):
    (own_home / "history.jsonl").write_text('{"sql": "select 1"}')
    refused(governance(*asked, "--dialect", "klingon"), "'klingon'", *(d.name for d in DIALECTS))


USAGE = [
    ("no such command", ["chekc"], "Did you mean 'check'"),
    ("no such option", ["check", "--dialekt", "x"], "--dialect"),
    ("no such format", ["check", "--sql", "select 1", "--format", "xml"], "'text', 'json', 'sarif', 'markdown'"),
    ("no such profile", ["check", "--sql", "select 1", "--profile", "root"], "'read', 'model', 'write', 'migrate'"),
    ("a branch and a text", ["check", "--sql", "select 1", "--base", "main"], "it takes no paths and no --sql"),
    ("nothing to check", ["check"], "Name files"),
    ("a missing file", ["check", "models/x.sql"], "models/x.sql: no such file or folder"),
    ("a missing schema", ["check", "--sql", "select 1", "--schema", "t.yml"], "t.yml: cannot be read"),
    ("a limit of none", ["log", "--limit", "0"], "--limit"),
    ("no reason", ["approve", "3f2a"], "--reason"),
    ("a port that is none", ["serve", "--port", "99999"], "--port"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "says"), [u[1:] for u in USAGE], ids=[u[0] for u in USAGE])
def test_bad_usage_is_told_what_would_be_good(governance, asked, says):
    ran = governance(*asked)
    assert (ran.status, ran.out) == (UNDECIDED, "")
    assert says in ran.err


FILES = [
    ("binary", b"\x89PNG\r\n\x1a\n" * 9, "GOV005", "not UTF-8 text (byte 0 of 72)"),
    ("a NUL byte", b"select 1\x00", "GOV005", "holds a NUL byte"),
    ("UTF-16", "select 1".encode("utf-16"), "GOV005", "not UTF-8 text"),
    ("50 MB", b"select 1 -- " + b"x" * 50_000_000, "GOV006", "50,000,012 bytes, of which the policy reads 5,000,000"),
]  # fmt: skip


@pytest.mark.parametrize("where", ["loose", "branch"])
@pytest.mark.parametrize(("data", "code", "says"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_file_that_is_no_text_blocks_by_name(governance, branch, data, code, says, where):
    branch.write("queries/odd.sql", data)
    asked = ["queries/odd.sql"] if where == "loose" else ["--base", "main", "--by-hand"]
    ran = governance("check", *asked)
    assert ran.status == BLOCK
    assert f"block {code} " in ran.out
    assert "  queries/odd.sql\n" in ran.out
    assert says in ran.out
    assert "mend: " in ran.out


def test_a_folder_without_files_is_no_pass(governance, own_home):
    (own_home / "empty").mkdir()
    refused(governance("check", "empty"), "empty: no file in it to judge")


TRANSCRIPTS = [
    ("binary", b"\x00\x01\x02" * 100, "300 bytes of binary data in no known format"),
    ("empty", b"", "an empty file in no known format"),
    ("prose", b"I did what you asked.\n", "22 bytes of text in no known format"),
    ("JSON of something else", b'{"a": 1}\n', "in no known format"),
    ("missing", None, "cannot be read: No such file"),
]


@pytest.mark.parametrize(("data", "says"), [t[1:] for t in TRANSCRIPTS], ids=[t[0] for t in TRANSCRIPTS])
def test_an_unreadable_transcript_decides_nothing(governance, branch, tmp_path, data, says):
    file = tmp_path / "session.jsonl"
    if data is not None:
        file.write_bytes(data)
    asked = [["check", "--base", "main", "--trace", file], ["trace", "show", file], ["trace", "export", file]]
    for command in [*asked, ["trace", "import", file, "--out", tmp_path / "out.json"]]:
        refused(governance(*command), f"{file}: ", says)
    assert not (tmp_path / "out.json").exists()


def test_a_half_written_transcript_is_read_as_far_as_it_goes_and_does_not_pass(governance, branch, tmp_path):
    call = {"file_path": "queries/daily.sql", "content": QUERY}
    turns = [
        ("user", "Add daily.sql."),
        ("assistant", [{"type": "tool_use", "id": "t", "name": "Write", "input": call}]),
        ("assistant", "Done."),
    ]
    lines = [
        json.dumps(
            {"type": role, "sessionId": "s", "uuid": str(n), "message": {"role": role, "content": said}}
        )
        for n, (role, said) in enumerate(turns)
    ]
    file = tmp_path / "session.jsonl"
    file.write_text("\n".join(lines))
    assert governance("check", "--base", "main", "--trace", file).status == PASS
    file.write_text("\n".join(lines)[:-30])
    ran = governance("check", "--base", "main", "--trace", file)
    assert ran.status == REVIEW
    assert "GOV011" in ran.out
    assert "the trace breaks off" in ran.out
    shown = governance("trace", "show", file)
    assert "queries/daily.sql" in shown.out
    assert "gap at byte" in shown.out


def test_a_repository_without_commits(governance, workshop, monkeypatch):
    monkeypatch.chdir(workshop.root)
    for asked in (["check", "--base", "main"], ["verify", "--base", "main"], ["verify"]):
        refused(governance(*asked), "the repository has no commits yet", "Commit a base first")


def test_no_repository_at_all(governance):
    for asked in (["check", "--base", "main"], ["verify"], ["verify", "--base", "main"]):
        refused(governance(*asked), "not a git repository", "Run inside one")


def test_a_revision_that_is_none(governance, branch):
    refused(governance("check", "--base", "mian"), "no revision 'mian'", "git branch -a")
    refused(governance("check", "--base", "main", "--head", "nowhere"), "no revision 'nowhere'")
    refused(governance("check", "--base=--output=x"), "looks like an option", "Name a branch")


def test_revisions_without_common_history(governance, branch):
    branch.run("checkout", "-q", "--orphan", "elsewhere")
    branch.commit()
    refused(governance("check", "--base", "main"), "share no history", "Fetch the whole history")


def test_a_detached_head_gets_the_verdict_of_the_branch(governance, signing, transcript):
    asked = ["check", "--base", "main", "--trace", transcript, "--format", "json"]
    attached = governance(*asked)
    signing.run("checkout", "-q", "--detach")
    detached = governance(*asked, "--record")
    assert (detached.status, detached.json["findings"]) == (attached.status, attached.json["findings"])
    assert governance("verify", "--base", "main").status == PASS
    signing.write("queries/daily.sql", "drop table orders")
    assert governance("check", "--base", "main", "--by-hand").status == BLOCK


LINKS = [
    ("out of the repository", "link.sql", "/etc/passwd", BLOCK, "a symbolic link to /etc/passwd, which leaves the repository"),
    ("up and out", "queries/link.sql", "../../x.sql", BLOCK, "which leaves the repository"),
    ("to a folder outside", "queries/etc", "/etc", BLOCK, "a symbolic link to /etc, which leaves the repository"),
    ("to nowhere", "link.sql", "gone.sql", REVIEW, "which stays in the repository"),
    ("inside", "link.sql", "queries/orders.sql", REVIEW, "which stays in the repository"),
]  # fmt: skip


@pytest.mark.parametrize("where", ["loose", "branch"])
@pytest.mark.parametrize(
    ("name", "target", "status", "says"), [li[1:] for li in LINKS], ids=[li[0] for li in LINKS]
)
def test_a_link_is_judged_as_a_link(governance, branch, name, target, status, says, where):
    (branch.root / name).symlink_to(target)
    asked = ["."] if where == "loose" else ["--base", "main", "--by-hand"]
    ran = governance("check", *asked)
    assert ran.status == status, ran.out
    assert f"GOV007 symbolic-link  {name}\n" in ran.out
    assert says in ran.out
    assert "root:" not in ran.out


NAMES = [
    ("spaces", b"queries/a  b.sql", "queries/a  b.sql"),
    ("a newline", b"queries/a\nb.sql", r"queries/a\nb.sql"),
    ("a forged verdict", b"x\n\npass: 1 artifact, nothing found\n/b.sql", r"x\n\npass: 1 artifact, nothing found\n/b.sql"),
    ("not UTF-8", b"queries/caf\xe9.sql", r"queries/caf\xe9.sql"),
    ("an escape sequence", b"queries/\x1b[2Ja.sql", r"queries/\u{1b}[2Ja.sql"),
    ("a text that reads backwards", "queries/\u202elqs.a.sql".encode(), r"queries/\u{202e}lqs.a.sql"),
    ("like an option", b"--help.sql", "--help.sql"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "shown"), [n[1:] for n in NAMES], ids=[n[0] for n in NAMES])
def test_a_file_with_any_name_is_judged_recorded_and_verified(governance, signing, raw, shown):
    signing.write(raw, "select 1,\n evil(2)")
    for asked in (["check", "--base", "main", "--by-hand"], ["check", "--", "."]):
        ran = governance(*asked)
        assert ran.status == BLOCK
        assert f"  {shown}:2:2\n" in ran.out
        assert ran.out.splitlines()[-1].startswith("block: ")
        assert sum(line.startswith(("pass:", "review:", "block:")) for line in ran.out.splitlines()) == 1
    for form in ("json", "sarif", "markdown"):
        assert governance("check", "--base", "main", "--by-hand", "--format", form).status == BLOCK

    signing.write(raw, "select 1")
    signing.commit()
    decision = governance(*RECORD)
    assert decision.status == PASS
    ran = governance("verify", "--base", "main")
    assert (ran.status, ran.err) == (PASS, "2 of 2 proven\n")
    assert f"proven   {shown}  " in ran.out
    assert shown in governance("show", decision.err.split()[-1]).out
