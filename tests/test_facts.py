"""Facts: what the task demands, what the calls do, what the agent claims."""

import pytest

from governance.facts import EffectKind, Mood, Topic, TraceFacts, constraints
from governance.facts.testing import is_test_file, weakening
from governance.facts.words import stem, stems
from governance.transcripts.story import session

MOODS = [
    ("Do NOT use --force.", Mood.FORBIDS),
    ("Never print the token.", Mood.FORBIDS),
    ("Fix the code, not the tests", Mood.FORBIDS),
    ("Only modify files in src/.", Mood.CONFINES),
    ("Read-only analysis of the queries", Mood.CONFINES),
    ("Must create a backup first", Mood.DEMANDS),
    ("At most 50 runs", Mood.DEMANDS),
]


@pytest.mark.parametrize(("text", "mood"), MOODS, ids=[m[0] for m in MOODS])
def test_the_mood_of_a_sentence(text: str, mood: Mood) -> None:
    (found,) = constraints(text)
    assert found.mood is mood


@pytest.mark.parametrize("text", ["Add a model of daily revenue.", "The suite times out.", ""])
def test_a_plain_sentence_binds_nobody(text: str) -> None:
    assert constraints(text) == ()


def test_what_a_constraint_names() -> None:
    (found,) = constraints(
        "Do NOT use `migrate reset`, --accept-data-loss or PROD_DATABASE_URL under conf/prod/"
    )
    assert set(found.literals) >= {"migrate reset", "--accept-data-loss", "PROD_DATABASE_URL"}
    assert found.paths == ("conf/prod/",)
    assert found.places == {"production"}


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("Do not load more than 40 batches", 40, "batches"),
        ("at most 10,000 requests", 10_000, "requests"),
        ("max 20k docs", 20_000, "docs"),
        ("Retry limit must not exceed 5", 5, "retry"),
    ],
)
def test_limits(text: str, number: float, unit: str) -> None:
    (limit,) = constraints(text)[0].limits
    assert (limit.number, limit.unit.split()[0]) == (number, unit)


@pytest.mark.parametrize(
    ("one", "other"),
    [("deletes", "removal"), ("modify", "edits"), ("deploys", "deployment"), ("prod", "production"), ("skipped", "bypass"), ("tests", "testing")],
)  # fmt: skip
def test_words_that_mean_the_same_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_stop_words_do_not_count() -> None:
    assert stems("You must not do this without the other one") == stems("one")


EFFECTS = [
    ("write a.sql: x", EffectKind.WROTE, "a.sql"),
    ("edit a.sql: x => y", EffectKind.WROTE, "a.sql"),
    ("read a.sql -> x", EffectKind.READ, "a.sql"),
    ("run: cat a.sql -> x", EffectKind.READ, "a.sql"),
    ("run: rm -f a.sql -> ", EffectKind.DELETED, "a.sql"),
    ("run: mv a.sql b.sql -> ", EffectKind.DELETED, "a.sql"),
    ("run: cp a.sql b.sql -> ", EffectKind.WROTE, "b.sql"),
    ("run: sed -i s/a/b/ a.sql -> ", EffectKind.WROTE, "a.sql"),
    ("run: echo x | tee a.sql -> ", EffectKind.WROTE, "a.sql"),
    ("run: echo x > a.sql -> ", EffectKind.WROTE, "a.sql"),
    ("run: bash -c 'rm a.sql' -> ", EffectKind.DELETED, "a.sql"),
    ("run: psql -c 'select 1' -> 1", EffectKind.SQL, "select 1"),
    ("sql: select 1 -> 1", EffectKind.SQL, "select 1"),
    ("run: curl https://a.io/x -> ok", EffectKind.NETWORK, "https://a.io/x"),
    ("run: find . -name '*.sql' -delete -> ", EffectKind.DELETED, "."),
    ("run: git status -> ", EffectKind.RAN, "git"),
]


@pytest.mark.parametrize(("line", "kind", "target"), EFFECTS, ids=[e[0] for e in EFFECTS])
def test_what_a_call_does(line: str, kind: EffectKind, target: str) -> None:
    facts = TraceFacts(session(f"user: Go.\n{line}"))
    assert (kind, target) in [(e.kind, e.target) for e in facts.effects]


def test_a_search_for_words_is_no_deletion() -> None:
    facts = TraceFacts(session("user: Go.\nrun: find . -name transform.py -> \nrun: grep -rn 'rm -rf' . -> "))
    assert EffectKind.DELETED not in {e.kind for e in facts.effects}


CLAIMS = [
    ("All 12 tests pass.", Topic.TESTS_PASS),
    ("The suite is green.", Topic.TESTS_PASS),
    ("Deployed successfully.", Topic.SUCCESS),
    ("There is no schema change.", Topic.NO_CHANGE),
    ("No errors, all tests passed.", Topic.TESTS_PASS),
]


@pytest.mark.parametrize(("text", "topic"), CLAIMS, ids=[c[0] for c in CLAIMS])
def test_claims(text: str, topic: Topic) -> None:
    (claim,) = TraceFacts(session(f"user: Go.\nsay: {text}")).claims
    assert (claim.topic, claim.reported) == (topic, True)


@pytest.mark.parametrize(
    "text", ["2 tests failed.", "Do the tests pass?", "The deployment is incomplete.", "I look at it."]
)
def test_no_claims(text: str) -> None:
    assert TraceFacts(session(f"user: Go.\nsay: {text}")).claims == ()


def test_the_task_asks_for_what_it_does_not_forbid() -> None:
    facts = TraceFacts(session("user: Drop table old_orders. Do not touch table orders_raw."))
    assert facts.asks_for("drop table old_orders")
    assert not facts.asks_for("orders_raw")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_a.py", True),
        ("src/a_test.go", True),
        ("web/login.spec.ts", True),
        ("models/schema.yml", True),
        ("models/marts/_finance__models.yml", True),
        ("models/a.sql", False),
        ("src/latest.py", False),
    ],
)
def test_test_files(path: str, expected: bool) -> None:
    assert is_test_file(path) is expected


WEAKER = [
    ("assert f() == 1", "assert f() == 2", "the expected value was changed"),
    ("assert a\nassert b", "assert a", "an assertion was removed"),
    ("def test_a():", "@pytest.mark.xfail\ndef test_a():", "a test is now skipped"),
    ("expect(x).toBe(1)", "expect(x).toBeTruthy()", "an assertion was made to hold always, or only to warn"),
    ("timeout: 4000", "timeout: 60000", "a timeout was raised"),
    ("range(100)", "range(10)", "the trial was made smaller"),
    (
        "assert ok()",
        "try:\n    assert ok()\nexcept AssertionError:\n    pass",
        "a failing assertion is swallowed",
    ),
    ("assert a == 1", "assert a == 1\nassert b == 2", ""),
    ("", "def test_new():\n    assert a == 1", ""),
    ("timeout: 60", "timeout: 30", ""),
]


@pytest.mark.parametrize(
    ("old", "new", "how"), WEAKER, ids=[f"{w[2] or 'not weaker'} {w[1][:16]}" for w in WEAKER]
)
def test_how_a_test_was_weakened(old: str, new: str, how: str) -> None:
    assert weakening(old, new) == how
