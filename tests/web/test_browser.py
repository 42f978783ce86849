"""The view in a real browser: what a reviewer sees, clicks and types, and what hostile text cannot do."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet
from tests.web.cases import HOSTILE, PATH, gate, statement, steps_of, trace_of

pytestmark = pytest.mark.browser


class View:
    """A window that is logged in, and what its requests and its console said."""

    def __init__(self, page: Page, served) -> None:
        self.page, self.home = page, f"{served.url}/governance/"
        self.asked: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(served.login)

    def open(self, address: str = "") -> Page:
        self.page.goto(f"{self.home}{address}")
        self.page.locator("main").wait_for()
        return self.page

    def decision(self, decision_id: str, tab: str = "") -> Page:
        page = self.open(f"#/decisions/{decision_id}{tab and '/'}{tab}")
        page.locator(".tab").wait_for()
        return page

    def strangers(self) -> list[str]:
        """Requests to anywhere but this server."""
        own = self.home.removesuffix("/governance/")
        return [url for url in self.asked if not url.startswith((own, "data:", f"blob:{own}"))]


@pytest.fixture
def view(page, serve, ledger, trust):
    """The standalone view; after each test the console is clean and nothing left this machine."""
    view = View(page, serve(ledger, trust))
    yield view
    assert page.problems == []
    assert view.strangers() == []


def rows(page: Page) -> list[str]:
    """The ids that the list shows."""
    expect(page.locator(".decisions.stale")).to_have_count(0)
    return [link.get_attribute("href").rpartition("/")[2] for link in page.locator("a.decision").all()]


FILTERS = [
    ("verdict", lambda page: page.get_by_role("button", name="Blocked").click(), {"blocked", "hostile"}),
    ("dag", lambda page: page.get_by_label("DAG").fill("tidy"), {"long"}),
    ("agent", lambda page: page.get_by_label("Agent").fill("claude-code"), {"honest", "long", "hostile"}),
    ("rule", lambda page: page.get_by_label("Rule").fill("SQL007"), {"hostile"}),
    ("text", lambda page: page.get_by_label("Text").fill("tidy the whole"), {"long"}),
    ("markup is only text", lambda page: page.get_by_label("Text").fill("<b>"), set()),
]


@pytest.mark.parametrize(("act", "names"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
def test_each_filter_narrows_the_list_and_survives_a_reload(view, decisions, act, names):
    page = view.open()
    expect(page.locator("a.decision")).to_have_count(4)
    act(page)
    wanted = {decisions[name] for name in names}
    expect(page.locator("a.decision")).to_have_count(len(wanted))
    assert set(rows(page)) == wanted
    page.reload()
    expect(page.locator("a.decision")).to_have_count(len(wanted))
    assert set(rows(page)) == wanted
    if not names:
        page.get_by_role("link", name="Show all 4").click()
        expect(page.locator("a.decision")).to_have_count(4)


def test_an_empty_ledger_says_how_to_fill_it(view):
    page = view.open()
    expect(page.get_by_role("heading", name="The ledger is empty")).to_be_visible()
    expect(page.get_by_text("make demo")).to_be_visible()


def test_why_was_it_written_and_why_let_through_is_there_without_a_click(view, decisions):
    page = view.decision(decisions["hostile"])
    expect(page.get_by_role("heading", level=1)).to_contain_text("Blocked")
    expect(page.get_by_role("list", name="Reasons")).to_contain_text("directional mark U+202E")
    flagged = page.locator(
        ".line", has=page.get_by_label(re.compile(r"^Line 1\. step 9 wrote this line"))
    ).first
    expect(flagged.locator("+ .beside .finding")).to_contain_text("hidden-character")
    why = page.get_by_role("complementary", name="Why this line was written")
    expect(why).to_contain_text("Step 9 wrote this line.")
    expect(why).to_contain_text("withheld by the provider (encrypted)")
    expect(why).to_contain_text("The staging model already converts cents.")

    page = view.decision(decisions["honest"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Allowed: nothing was found.")
    expect(page.locator(".banner")).to_contain_text("Looked at by")


def test_a_click_on_a_line_goes_to_the_step_that_wrote_it(view, decisions):
    page = view.decision(decisions["honest"])
    why = page.get_by_role("complementary", name="Why this line was written")
    page.get_by_text("o.order_id,", exact=True).click()
    expect(why).to_contain_text("This line was there before")
    page.get_by_text("sum(p.amount) as revenue", exact=True).first.click()
    expect(why).to_contain_text("Step 9 wrote this line.")
    page.get_by_label(re.compile("^Removed line 3")).click()
    expect(why).to_contain_text("Step 9 removed this line.")
    why.get_by_role("link", name="Show in the trace").click()
    step = page.get_by_role("complementary", name="Step")
    expect(step).to_contain_text("Tool call step 9")
    step.get_by_role("link", name=f"{PATH}:3–4").click()
    expect(page.locator(".line.current")).to_contain_text("o.customer_id,")


def test_a_line_of_the_diff_is_reached_by_keyboard(view, decisions):
    page = view.decision(decisions["honest"])
    page.get_by_label(re.compile(r"^Line 6\.")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".line.current")).to_contain_text("join stg_payments")


def test_a_finding_and_a_change_without_a_trace(view, ledger, key):
    bare = gate(ledger, key).decide(
        ChangeSet((Artifact(PATH, ArtifactKind.SQL, b"select 1\n", b"select 2\n", dialect="duckdb"),))
    )
    page = view.decision(bare.decision_id)
    expect(page.get_by_role("list", name="Reasons")).to_contain_text("without a trace")
    expect(page.get_by_role("complementary")).to_contain_text("The change came without a trace")
    expect(view.decision(bare.decision_id, "trace").locator(".tab")).to_contain_text("came without a trace")


def test_a_thought_that_was_withheld_is_said_so(view, decisions):
    page = view.decision(decisions["honest"], "trace")
    expect(page.locator(".trace-facts")).to_contain_text("1 thought withheld by the provider")
    expect(page.locator(".trace-facts")).to_contain_text("1 gap in the transcript")
    page.get_by_role("option", name="withheld by the provider (encrypted)").click()
    expect(page.get_by_role("complementary")).to_contain_text("withheld by the provider (encrypted)")


def test_ten_thousand_steps_scroll_search_and_answer_quickly(view, decisions):
    started = time.monotonic()
    page = view.decision(decisions["long"], "trace")
    steps = page.get_by_role("listbox", name="Steps of the trace")
    expect(steps.get_by_role("option").first).to_be_visible()
    assert page.locator(".step-row").count() < 100
    steps.evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(steps.locator("#step-10000")).to_be_visible()
    steps.evaluate("box => { box.scrollTop = box.scrollHeight / 2 }")
    expect(steps.locator("#step-5005")).to_be_visible()
    page.get_by_label("Search the trace").fill("thought 7001")
    expect(page.get_by_role("status")).to_contain_text("1 of 10,000 steps")
    steps.locator("#step-7001").click()
    expect(page.get_by_role("complementary")).to_contain_text("Thought 7001")
    assert time.monotonic() - started < 10

    page = view.open(f"#/decisions/{decisions['long']}/trace?step=7001")
    expect(page.locator("#step-7001")).to_be_in_viewport()


def test_the_trace_is_walked_by_keyboard_and_filtered_by_kind(view, decisions):
    page = view.decision(decisions["honest"], "trace")
    expect(page.locator("#step-1")).to_be_visible()
    for key, now in (("j", 1), ("j", 2), ("j", 3), ("k", 2)):
        page.keyboard.press(key)
        expect(page.locator(".step-row.current")).to_have_attribute("id", f"step-{now}")
    page.get_by_role("button", name=re.compile("^Choice")).click()
    expect(page.get_by_role("option")).to_have_count(1)
    page.get_by_label("Search the trace").fill("jjj")
    expect(page.get_by_role("heading", name="No step matches")).to_be_visible()


def test_the_lineage_is_drawn_and_leads_back(view, decisions):
    page = view.decision(decisions["honest"], "lineage")
    expect(page.locator(".card.of-decision")).to_contain_text("pass")
    expect(page.locator(".card.of-column", has_text="stg_payments.amount")).to_be_visible()
    drawn = page.locator(".react-flow__edge-path").evaluate_all(
        "paths => paths.map(p => p.getAttribute('d'))"
    )
    assert len(drawn) >= 10
    assert all(re.match(r"M[\d.]+,[\d.]+ ?.*L[\d.]+,[\d.]+$", path) for path in drawn)
    page.get_by_text("The same as a list").click()
    expect(page.locator(".as-text")).to_contain_text("data raw_payments → step")
    page.locator(".card.of-lines a").first.click()
    expect(page.locator(".line.current")).to_contain_text("o.customer_id,")

    page = view.decision(decisions["blocked"], "lineage")
    expect(page.locator(".proposed .react-flow__edge-path")).to_have_count(1)


def test_the_proof_is_shown_and_computed_anew(view, ledger, decisions, tmp_path):
    page = view.decision(decisions["honest"])
    page.get_by_text("Record verified").click()
    expect(page.locator(".proof-table tr")).to_have_count(6)
    envelope = ledger.body_digests(ledger.entry(decisions["honest"]).position)[("envelope", "")]
    file = tmp_path / "bodies" / envelope[:2] / envelope
    file.write_bytes(file.read_bytes().replace(b"a", b"b", 1))
    page.get_by_role("button", name="Verify again").click()
    expect(page.locator(".proof.broken summary")).to_have_text("Record broken")


def test_a_signer_not_known_here_is_said_so(page, serve, ledger, decisions):
    from governance.keys import Trust

    seen = View(page, serve(ledger, Trust({}))).decision(decisions["honest"], "checks")
    expect(seen.locator(".proof.unknown summary")).to_have_text("Signer not known here")
    expect(seen.locator(".checks")).to_contain_text("not in a trust file we know")


TEXTS = [
    ("markup", "<b id=injected>bold</b><svg onload=window.hacked=1>", "<b id=injected>bold</b>"),
    ("a link", "[click](javascript:window.hacked=1) <a href='javascript:window.hacked=1'>x</a>", "javascript:window.hacked=1"),
    ("markdown", "# Title\n**bold** ![](https://evil.example/x.png)", "**bold** ![](https://evil.example/x.png)"),
    ("a template", "{{ 7*7 }} ${7*7}", "{{ 7*7 }} ${7*7}"),
    ("terminal colours", "\x1b[31mred\x1b[0m", "001B[31mred"),
    ("a reversal", "abc\u202etxt.exe\u202c", "abc202Etxt.exe202C"),
    ("zero width", "pass\u200bword\u2060s", "pass200Bword2060s"),
    ("tag characters", "hi\U000e0041\U000e0042", "hiE0041E0042"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_agent_text_stays_text_wherever_it_is_shown(view, ledger, key, text, shown):
    from dataclasses import replace

    content = f"-- {text.splitlines()[-1]}\nselect 1 as a\n"
    first, *rest = steps_of(PATH, content)
    trace = trace_of((replace(first, text=text), *rest), agent=text.splitlines()[0])
    artifact = Artifact(PATH, ArtifactKind.SQL, content.encode(), b"select 1 as a\n", dialect="duckdb")
    made = gate(ledger, key).decide(ChangeSet((artifact,), trace)).decision_id
    for address in (
        "",
        *(
            f"#/decisions/{made}/{tab}"
            for tab in ("changes", "findings", "trace?step=1", "lineage", "checks")
        ),
    ):
        page = view.open(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.hacked") is None
        assert page.locator("#injected, main svg:not(.react-flow svg), main img").count() == 0
        links = page.locator("a").evaluate_all("links => links.map(link => link.protocol)")
        assert set(links) <= {"http:"}
    page = view.open(f"#/decisions/{made}/trace?step=1")
    expect(page.get_by_role("complementary")).to_contain_text(shown)
    expect(view.open(f"#/decisions/{made}/changes").locator(".line.added").first).to_contain_text(
        shown.splitlines()[-1]
    )


def test_hidden_characters_are_marked_in_the_lines(view, decisions):
    page = view.decision(decisions["hostile"])
    marks = page.locator(".line.added").first.locator(".hidden-character")
    expect(marks).to_have_text(["202E", "202C", "200B", "001B"])
    assert page.evaluate("window.hacked") is None
    expect(page.locator(".line.added").first).to_contain_text(HOSTILE.partition(" ")[0])


TABS = ("changes", "findings", "trace", "lineage", "checks")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits_its_width_and_can_be_read(view, ledger, key, decisions, scheme, width):
    long = "a_very_long_name_without_any_place_to_break_" * 6
    named = gate(ledger, key).decide(statement(f"select {long} from {long}", dag=long[:200])).decision_id
    page = view.page
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    decisions = {**decisions, "named": named}
    for address in ("", *(f"#/decisions/{id}/{tab}" for id in decisions.values() for tab in TABS)):
        view.open(address)
        page.wait_for_load_state("networkidle")
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, address
        faint = page.evaluate(FAINT)
        assert faint == [], address


FAINT = """() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
  const brush = canvas.getContext('2d', { willReadFrequently: true })
  const paint = colours => {
    brush.clearRect(0, 0, 1, 1)
    for (const colour of colours) { brush.fillStyle = colour; brush.fillRect(0, 0, 1, 1) }
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const light = rgb => rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
  const grounds = node => node ? [...grounds(node.parentElement), getComputedStyle(node).backgroundColor] : []
  const found = []
  for (const node of document.querySelectorAll('main *')) {
    const words = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())
    if (!words || !node.checkVisibility() || node.disabled) continue
    const ground = grounds(node)
    const [a, b] = [light(paint([...ground, getComputedStyle(node).color])), light(paint(ground))]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) found.push(`${node.className || node.tagName}: ${node.textContent.slice(0, 40)} (${ratio.toFixed(2)})`)
  }
  return [...new Set(found)]
}"""
"""Visible text whose contrast with its ground is below 4.5."""
