"""`governance expect`: a suite for a model of the corner shop, with a real dbt in the jail."""

import shutil
import subprocess
from pathlib import Path

import pytest

from governance.checks.suites import suite_of
from governance.syntax.dbt.graph import Graph, Node
from tests.cli.conftest import PASS, refused

SHOP = Path(__file__).resolve().parents[2] / "dags" / "dbt" / "corner_shop"
SUITE = "shop/models/marts/products.expectations.yml"

pytestmark = pytest.mark.dbt


@pytest.fixture
def shop(own_home, monkeypatch):
    """A repository with the shop committed, where the work tree is broken since."""
    repository = own_home / "repository"
    shutil.copytree(SHOP, repository / "shop", ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "shop"),
    ):
        subprocess.run(["git", *arguments], cwd=repository, check=True)
    (repository / "shop/models/marts/products.sql").write_text("{{ no_such_macro() }}")
    monkeypatch.chdir(repository)
    return repository


def test_the_base_is_built_and_the_suite_is_one(governance, shop):
    ran = governance("expect", "products")
    assert ran.status == PASS, ran.err
    assert not (shop / SUITE).exists()
    written = governance("expect", "products", "--write")
    assert (shop / SUITE).read_text() == ran.out
    assert SUITE in written.err
    key = "model.shop.products"
    graph = Graph({key: Node(key, "products", "model", "models/marts/products.sql")})
    suite = suite_of(graph, key, shop / "shop", {})
    assert suite.problem == ""
    asked = {(e.kind, e.kwargs.get("column")) for e in suite.expectations}
    assert ("expect_column_values_to_be_unique", "product_id") in asked
    assert ("expect_column_values_to_be_between", "price") in asked
    refused(governance("expect", "products", "--write"), SUITE, "already")


def test_what_cannot_be_proposed_is_refused(governance, shop):
    refused(governance("expect", "nobody"), "nobody")
    refused(governance("expect", "products", "--base", "nowhere"), "nowhere")
    refused(governance("expect", "products", "--project", "elsewhere"), "elsewhere")
    (shop / "shop/models/marts/empty.sql").write_text("select 1 as a where false")
    for arguments in (("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "more")):
        subprocess.run(["git", *arguments], cwd=shop, check=True)
    refused(governance("expect", "empty"), "empty", "no rows")
    refused(governance("expect", "products"), "products", "no_such_macro")
