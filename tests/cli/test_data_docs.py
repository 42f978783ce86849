"""`governance check --data-docs`: Great Expectations' own pages, with a real dbt and a real jail."""

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.conftest import BLOCK, UNDECIDED, refused

SHOP = Path(__file__).resolve().parents[2] / "dags" / "dbt" / "corner_shop"
HOSTILE = "<script>document.title='owned'</script><img src=https://example.com/a.png>"
SUITE = f"""\
expectations:
  - type: expect_column_values_to_be_unique
    kwargs: {{column: order_id}}
  - type: expect_column_values_to_be_in_set
    kwargs: {{column: status, value_set: ["{HOSTILE}"]}}
  - type: expect_the_{HOSTILE.partition("=")[0]}
    kwargs: {{column: status}}
  - type: expect_column_values_to_be_between
    kwargs: {{column: no_such_column, min_value: 1}}
"""

pytestmark = pytest.mark.dbt


@pytest.fixture
def shop(own_home, monkeypatch):
    """A repository with the shop, where the work tree has a model of its own with a suite beside it."""
    repository = own_home / "repository"
    shutil.copytree(SHOP, repository / "shop", ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "shop"),
    ):
        subprocess.run(["git", *arguments], cwd=repository, check=True)
    monkeypatch.chdir(repository)
    return repository


class Loads(HTMLParser):
    """What a page would have a browser load or run, and its content policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("script", "link", "img", "iframe", "object", "embed") or "src" in given:
            self.found.append(self.get_starttag_text())
        if given.get("http-equiv") == "Content-Security-Policy":
            assert not self.found, "the policy comes first"
            self.policy = given["content"]


def test_pages_of_what_was_judged(governance, shop):
    model = shop / "shop/models/marts/returns.sql"
    model.write_text("select order_id, status from {{ ref('orders') }} where status = 'returned'\n")
    model.with_name("returns.expectations.yml").write_text(SUITE)
    asked = ("check", "--base", "main", "--by-hand", "--data-docs", "pages")
    ran = governance(*asked)
    assert ran.status == BLOCK, ran.err
    assert "wrote pages of 1 model: pages/index.html" in ran.err
    first, suite, judged = (
        next((shop / "pages").glob(pattern)).read_text()
        for pattern in ("index.html", "expectations/**/*.html", "validations/**/*.html")
    )
    for page in (first, suite, judged):
        loads = Loads(page)
        assert loads.policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
        assert "unsafe-inline" not in loads.policy.replace("style-src 'unsafe-inline'", "")
        assert loads.found == []
        assert "url(" not in page
    (link,) = {part.split('"')[0] for part in first.split('href="') if part.startswith("validations/")}
    assert (shop / "pages" / link).read_text() == judged
    assert "values must be unique." in judged
    assert "100% unexpected" in judged
    assert "expect_the_" in judged, "what could not be made is shown, not left out"
    assert judged.count("raised an exception") == 2
    assert "returned" not in judged, "no value of a row"
    refused(governance(*asked), "pages", "already")
    assert (shop / "pages" / "index.html").read_text() == first


def test_nothing_to_show_is_an_error(governance, shop):
    (shop / "notes.md").write_text("nothing of dbt\n")
    ran = governance("check", "--base", "main", "--by-hand", "--data-docs", "pages")
    assert ran.status == UNDECIDED
    assert "no output was validated" in ran.err
    assert not (shop / "pages").exists()
    (shop / "shop/models/marts/bad.sql").write_text("{% do run_query('drop table x') %} select 1 as a\n")
    ran = governance("check", "--base", "main", "--by-hand", "--data-docs", "pages")
    assert ran.status == BLOCK, "a block stays one"
    assert "no output was validated" in ran.err


def test_pages_that_cannot_be_drawn_are_told(governance, shop, monkeypatch):
    """The worker that draws dies; the verdict is what it was, and no half of a site is left."""
    model = shop / "shop/models/marts/returns.sql"
    model.write_text("select order_id from {{ ref('orders') }}\n")
    model.with_name("returns.expectations.yml").write_text(SUITE)
    from governance.adapters import data_docs

    monkeypatch.setattr(data_docs, "MODULE", "governance.adapters.no_such_worker")
    ran = governance("check", "--base", "main", "--by-hand", "--data-docs", "pages")
    assert ran.status == BLOCK
    assert ran.err.startswith("governance: the worker died")
    assert not (shop / "pages").exists()
