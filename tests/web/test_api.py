"""The read API of the standalone view: login on every route, filters, hostile text, tampered evidence."""

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet, Origin
from governance.cli.serve import own_names
from governance.keys import SigningKey, Trust
from governance.web.api import HEADERS, create_app
from governance.web.local import COOKIE, LocalGuard, local_app
from tests.web.cases import HOSTILE, PATH, gate, orders_change, statement, steps_of, trace_of

HERE = "http://127.0.0.1:8791"
UNKNOWN = "0123456789abcdef"


@pytest.fixture
def guard():
    return LocalGuard()


@pytest.fixture
def site(ledger, trust, guard):
    """The standalone application, as a browser without a cookie sees it."""
    app = local_app(lambda: ledger, lambda: trust, guard, own_names("127.0.0.1", 8791))
    return TestClient(app, base_url=HERE, follow_redirects=False)


@pytest.fixture
def client(site, guard):
    """The same, logged in."""
    site.get(f"/login/{guard.ticket}")
    return site


def routes(app) -> list[str]:
    return [route.path for route in app.routes if isinstance(route, APIRoute)]


def every_path(app, decision: str) -> list[str]:
    values = {"decision_id": decision, "seq": "1", "name": "index.js", "rest:path": "no/such/page"}
    return [path.format(**values) if ":path" not in path else "/no/such/page" for path in routes(app)]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_no_route_answers_without_login(ledger, trust, guard, site, decisions, method):
    app = create_app(lambda: ledger, lambda: trust, guard)
    paths = every_path(app, decisions["honest"])
    assert len(paths) >= 10
    for path in paths:
        answer = site.request(method, f"/governance{path}")
        assert answer.status_code in ((401,) if method == "GET" else (401, 405)), path
        assert decisions["honest"] not in answer.text


def test_every_route_is_one_that_the_guard_stands_before(ledger, trust, guard):
    app = create_app(lambda: ledger, lambda: trust, guard)
    assert [route for route in app.routes if not isinstance(route, APIRoute)] == []
    for route in app.routes:
        assert guard.user in [dependency.call for dependency in route.dependant.dependencies], route.path


class Nobody(LocalGuard):
    """Logged in, and allowed nothing."""

    def readable(self, user, dag_ids):
        return frozenset()

    def may(self, user, dag_id, part):
        return False


class Reader(LocalGuard):
    """Logged in, and allowed the verdicts of one DAG."""

    def readable(self, user, dag_ids):
        return dag_ids & {"shop"}

    def may(self, user, dag_id, part):
        return dag_id == "shop" and part == "summary"


def as_(guard, ledger, trust):
    return TestClient(create_app(lambda: ledger, lambda: trust, guard), cookies={COOKIE: guard.session})


def test_who_may_see_nothing_gets_403_for_each_decision_and_an_empty_list(ledger, trust, decisions):
    client = as_(Nobody(), ledger, trust)
    for path in every_path(client.app, decisions["honest"]):
        if "{" not in path and decisions["honest"] in path:
            assert client.get(path).status_code == 403, path
    listing = client.get("/api/decisions").json()
    assert (listing["rows"], listing["matched"], listing["recorded"]) == ([], 0, 0)


def test_verdicts_without_code_or_reasoning(ledger, trust, key):
    shop = gate(ledger, key).decide(statement("delete from orders", "shop")).decision_id
    other = gate(ledger, key).decide(statement("delete from orders", "finance")).decision_id
    client = as_(Reader(), ledger, trust)
    assert [row["id"] for row in client.get("/api/decisions").json()["rows"]] == [shop]
    seen = client.get(f"/api/decisions/{shop}").json()
    assert seen["may"] == ["summary"]
    assert [finding["quote"] for finding in seen["findings"]] == [""] * len(seen["findings"])
    for part in ("artifact?path=<sql>", "trace", "trace/1", "lineage", "envelope"):
        assert client.get(f"/api/decisions/{shop}/{part}").status_code == 403, part
    assert client.get(f"/api/decisions/{other}").status_code == 403


def test_the_link_works_once(site, guard):
    assert site.get("/login/wrong").status_code == 401
    first = site.get(f"/login/{guard.ticket}")
    assert (first.status_code, first.headers["location"]) == (303, "/governance/")
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert site.get(f"/login/{guard.ticket}").status_code == 401


@pytest.mark.parametrize("host", ["evil.example:8791", "127.0.0.1:80", "127.0.0.1.evil.example:8791", ""])
def test_another_host_name_is_refused_though_logged_in(client, host):
    assert client.get("/governance/api/decisions", headers={"host": host}).status_code == 421


def test_pages_carry_a_strict_policy(client):
    answer = client.get("/governance/api/decisions")
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert answer.headers["cache-control"] == "no-store"


FILTERS = [
    ("nothing", {}, {"blocked", "honest", "long", "hostile"}),
    ("verdict", {"verdict": "pass"}, {"honest", "long"}),
    ("dag", {"dag": "tidy"}, {"long"}),
    ("agent", {"agent": "claude-code"}, {"honest", "long", "hostile"}),
    ("rule by code", {"rule": "SQL007"}, {"hostile"}),
    ("rule by name", {"rule": "hidden-character"}, {"hostile"}),
    ("text of the task", {"text": "tidy the whole"}, {"long"}),
    ("text of a path", {"text": "marts/orders"}, {"honest", "long", "hostile"}),
    ("wildcards are no wildcards", {"text": "%"}, set()),
    ("two at once", {"verdict": "block", "dag": "shop"}, {"hostile"}),
]


@pytest.mark.parametrize(
    ("query", "names"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS]
)
def test_filters(client, decisions, query, names):
    listing = client.get("/governance/api/decisions", params=query).json()
    assert {row["id"] for row in listing["rows"]} == {decisions[name] for name in names}
    assert (listing["matched"], listing["recorded"]) == (len(names), 4)


def test_paging_and_bounds(client, decisions):
    pages = [client.get(f"/governance/api/decisions?limit=1&offset={at}").json()["rows"] for at in range(5)]
    assert [len(page) for page in pages] == [1, 1, 1, 1, 0]
    assert pages[0][0]["id"] == decisions["hostile"]
    assert client.get("/governance/api/decisions?limit=100000").status_code == 422
    assert client.get("/governance/api/decisions?offset=-1").status_code == 422


@pytest.mark.parametrize("wrong", [UNKNOWN, "0", "%25", "..%2f..", "A" * 16, "__proto__"])
def test_an_id_that_is_none_is_404_and_says_so(client, decisions, wrong):
    answer = client.get(f"/governance/api/decisions/{wrong}")
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["..%2f..%2fapi.py", "%2e%2e/api.py", ".built-from", "x.py", "index.html"])
def test_nothing_but_assets_is_served(client, name):
    assert client.get(f"/governance/assets/{name}").status_code == 404


def test_findings_lie_on_lines_and_lines_on_steps(client, decisions):
    path = "models/marts/orders.sql"
    view = client.get(
        f"/governance/api/decisions/{decisions['hostile']}/artifact", params={"path": path}
    ).json()
    rows = {row["new"]: row for row in view["rows"] if row["new"]}
    assert {(f["code"], f["line"]) for f in view["findings"]} == {("SQL007", 1)}
    assert rows[1]["text"] == f"-- {HOSTILE}"
    assert [(line, rows[line]["kind"], rows[line]["step"]) for line in (1, 2, 5)] == [
        (1, "added", 9),
        (2, "same", None),
        (5, "added", 9),
    ]
    step = client.get(f"/governance/api/decisions/{decisions['hostile']}/trace/9").json()
    assert step["lines"] == [
        {"path": path, "first": 1, "last": 1},
        {"path": path, "first": 4, "last": 5},
        {"path": path, "first": 7, "last": 8},
    ]
    assert [(thought["seq"], thought["withheld"]) for thought in step["before"]] == [
        (7, "withheld by the provider (encrypted)"),
        (8, ""),
    ]


def test_a_credential_is_not_shown_and_its_line_still_has_its_step(client, ledger, key):
    credential = "w4rehouse" + "-2026"
    content = f"attach 'postgresql://export:{credential}@db.internal/shop'\nselect 1\n"
    artifact = Artifact(PATH, ArtifactKind.SQL, content.encode(), dialect="duckdb")
    changeset = ChangeSet((artifact,), trace_of(steps_of(PATH, content)), origin=Origin("shop"))
    decision = gate(ledger, key).decide(changeset).decision_id
    view = client.get(f"/governance/api/decisions/{decision}/artifact", params={"path": PATH})
    assert credential not in view.text
    assert [(row["step"], row["text"][-35:]) for row in view.json()["rows"]] == [
        (9, "redacted: url-password]@db.internal/shop'"[-35:]),
        (9, "select 1"),
    ]


def test_hostile_text_arrives_as_json_never_as_markup(client, decisions):
    answer = client.get(f"/governance/api/decisions/{decisions['hostile']}/trace/11")
    assert answer.headers["content-type"] == "application/json"
    assert HOSTILE in answer.json()["text"]


def test_pages_of_a_trace_of_ten_thousand_steps(client, decisions):
    base = f"/governance/api/decisions/{decisions['long']}/trace"
    last = client.get(f"{base}?offset=9990&limit=200").json()
    assert [step["seq"] for step in last["steps"]] == list(range(9991, 10_001))
    around = client.get(f"{base}?around=7000&limit=100").json()
    assert (around["at"], around["offset"], len(around["steps"])) == (6999, 6949, 100)
    found = client.get(f"{base}?text=thought 7001&kind=reasoning").json()
    assert [step["seq"] for step in found["steps"]] == [7001]
    assert client.get(f"{base}/10001").status_code == 404
    assert client.get(f"{base}?limit=501").status_code == 422


def test_a_blocked_statement_is_only_proposed(client, decisions):
    graph = client.get(f"/governance/api/decisions/{decisions['blocked']}/lineage").json()
    writes = [edge for edge in graph["edges"] if edge["kind"] == "writesTo"]
    assert [(edge["target"], edge["standing"]) for edge in writes] == [("dataset:orders", "proposed")]
    assert "executed" not in {edge["standing"] for edge in graph["edges"]}


def test_an_allowed_change_says_what_it_read_and_what_the_agent_looked_at(client, decisions):
    graph = client.get(f"/governance/api/decisions/{decisions['honest']}/lineage").json()
    ties = {(edge["source"], edge["kind"], edge["standing"]) for edge in graph["edges"]}
    assert ("column:stg_payments.amount", "readsFrom", "allowed") in ties
    assert ("dataset:raw_payments", "used", "executed") in ties
    assert "proposed" not in {edge["standing"] for edge in graph["edges"]}


def proof_of(client, decision: str) -> dict:
    return client.get(f"/governance/api/decisions/{decision}/proof").json()


def test_an_intact_record_holds(client, decisions):
    proof = proof_of(client, decisions["honest"])
    assert (proof["state"], {check["state"] for check in proof["checks"]}) == ("holds", {"holds"})


def test_a_signer_nobody_here_trusts_is_no_proof_and_no_breach(ledger, guard, decisions):
    stranger = Trust({}).with_key(SigningKey.generate(), "someone else")
    app = create_app(lambda: ledger, lambda: stranger, guard)
    client = TestClient(app, cookies={COOKIE: guard.session})
    proof = client.get(f"/api/decisions/{decisions['honest']}/proof").json()
    assert proof["state"] == "unknown"
    assert "not in a trust file we know" in proof["reason"]


ROLES = [("head", "artifacts"), ("trace", "trace"), ("envelope", "signature"), ("evidence", "checks")]


@pytest.mark.parametrize(("role", "check"), ROLES, ids=[role for role, _ in ROLES])
def test_an_altered_body_breaks_the_proof_even_after_it_was_shown(
    client, ledger, decisions, tmp_path, role, check
):
    decision = decisions["honest"]
    for path in ("", "/artifact?path=models/marts/orders.sql", "/trace"):
        assert client.get(f"/governance/api/decisions/{decision}{path}").status_code == 200
    digest = next(
        sha for (kind, _), sha in ledger.body_digests(ledger.entry(decision).position).items() if kind == role
    )
    file = tmp_path / "bodies" / digest[:2] / digest
    file.write_bytes(file.read_bytes().replace(b"o", b"0", 1))
    proof = proof_of(client, decision)
    assert proof["state"] == "broken"
    assert check in [one["name"] for one in proof["checks"] if one["state"] == "broken"]


def test_a_broken_decision_still_has_a_page_that_says_so(client, ledger, decisions, tmp_path):
    decision = decisions["blocked"]
    digest = ledger.body_digests(ledger.entry(decision).position)[("envelope", "")]
    (tmp_path / "bodies" / digest[:2] / digest).unlink()
    view = client.get(f"/governance/api/decisions/{decision}").json()
    assert (view["verdict"], view["proof"]["state"], view["findings"]) == ("block", "broken", [])
    assert "missing" in view["problem"]
    assert client.get(f"/governance/api/decisions/{decision}/lineage").status_code == 409


def test_a_change_without_a_trace_and_an_empty_ledger(client, ledger, decisions):
    assert client.get(f"/governance/api/decisions/{decisions['blocked']}/trace").json()["summary"] is None
    assert client.get(f"/governance/api/decisions/{decisions['blocked']}/trace/1").status_code == 404


def test_an_empty_ledger_is_an_empty_list(client):
    assert client.get("/governance/api/decisions").json()["rows"] == []


def test_serve_on_a_real_socket(serve, ledger, trust, key):
    gate(ledger, key).decide(orders_change())
    served = serve(ledger, trust)
    with httpx.Client(follow_redirects=True, trust_env=False) as browser:
        assert browser.get(f"{served.url}/governance/").status_code == 401
        assert '<div id="root">' in browser.get(served.login).text
        assert browser.get(f"{served.url}/governance/api/decisions").json()["matched"] == 1
