"""Secrets leave the trace wherever they stand, and ordinary text stays."""

import pytest

from governance.redaction import redact, redact_finding, redact_text
from governance.rules.trace.secret_displayed import SecretDisplayed
from governance.trace import Choice, Source, Step, StepKind, Trace, Visibility
from governance.transcripts.builder import TraceBuilder

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
SECRETS = [
    ("github token", TOKEN, "github-token"),
    ("aws key id", "AKIA" + "IOSFODNN7ABCDEFG", "aws-access-key"),
    ("password assigned", "password=" + "Pr0d-Pass-55", "password"),
    ("password in json", '{"db_password": "' + "S3cr3t!value" + '"}', "password"),
    ("password in a url", "postgres://app:" + "hunter22secret" + "@db/x", "url-password"),
    ("bearer header", "Authorization: Bearer " + "abcdef123456.ghijkl", "bearer-token"),
    ("stripe key", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "stripe-key"),
    ("anthropic key", "sk-ant-" + "api03-abcdefghijklmnop", "anthropic-key"),
    ("databricks token", "dapi" + "0123456789abcdef" * 2, "databricks-token"),
    ("json web token", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "json-web-token"),
    ("private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "private-key"),
]  # fmt: skip
HARMLESS = [
    ("a digest", "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("a commit", "5f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e"),
    ("a column", "select password_hash, token_count from users"),
    ("a uuid", "run 01a1fdcc-ef4d-72ff-890e-94408b952a62"),
    ("a masked value", "password=********"),
    ("a path", "models/marts/finance/fct_daily_revenue_by_store_v2.sql"),
    ("from the environment", "password = os.environ['DB_PASSWORD']"),
]


@pytest.mark.parametrize(("text", "rule"), [s[1:] for s in SECRETS], ids=[s[0] for s in SECRETS])
def test_a_secret_is_replaced_and_counted(text: str, rule: str) -> None:
    cleaned, counts = redact_text(f"before {text} after")
    assert f"[redacted: {rule}]" in cleaned
    assert counts[rule] >= 1
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


@pytest.mark.parametrize("text", [h[1] for h in HARMLESS], ids=[h[0] for h in HARMLESS])
def test_ordinary_text_stays(text: str) -> None:
    assert redact_text(text) == (text, {})


def full_trace(secret: str) -> Trace:
    builder = TraceBuilder()
    builder.prompt(f"Use {secret}.")
    builder.new_turn()
    builder.reasoning(f"It is {secret}.", Visibility.FULL)
    builder.call(
        "c1", "bash", {"command": f"curl -H {secret}", "env": {"GITHUB": [secret]}}, extra={"raw": secret}
    )
    builder.result("c1", f"ok {secret}")
    choice = Choice(f"use {secret}?", secret, (secret, "none"), f"because {secret}")
    builder.add(StepKind.CHOICE, builder.steps[1].actor, choice=choice)
    builder.unknown({"nested": {secret: [secret]}}, None)
    return builder.build(Source("a", "b"), b"x", kept={"again": secret})


def test_no_place_of_a_trace_keeps_it() -> None:
    trace = full_trace(TOKEN)
    clean = redact(trace)
    assert TOKEN in repr(trace)
    assert TOKEN not in repr(clean)
    assert sum(clean.redactions.values()) >= 13
    assert [s.seq for s in clean.steps] == [s.seq for s in trace.steps]


def test_redacting_twice_changes_nothing_more() -> None:
    once = redact(full_trace(TOKEN))
    assert redact(once) == once


def test_a_trace_without_secrets_stays_equal() -> None:
    trace = Trace("t", Source("a", "b"), (Step(1, 1, StepKind.MESSAGE, "agent", text="hello there"),))  # type: ignore[arg-type]
    assert redact(trace) == trace


def test_a_value_is_judged_with_its_key() -> None:
    builder = TraceBuilder()
    builder.call("c1", "connect", {"password": "Pr0d-Pass-55", "host": "db"})
    step = redact(builder.build(Source("a", "b"), b"x")).steps[0]
    assert step.call is not None
    assert step.call.arguments == {"password": "[redacted: password]", "host": "db"}


def test_a_finding_about_a_secret_does_not_repeat_it() -> None:
    finding = SecretDisplayed().finding(f"shows {TOKEN}", quote=f"echo {TOKEN}")
    assert TOKEN not in repr(redact_finding(finding))
