"""Git as it is met in the wild: odd names, links, filters, hooks, shallow and empty repositories."""

import os

import pytest

from governance.adapters.git import Repository
from governance.artifact import ArtifactKind, Change
from governance.errors import InvalidInput


def changed(workshop, base="main", head="HEAD"):
    repository = workshop.repository
    commit = repository.commit(head) if head else None
    return {a.path: a for a in repository.artifacts(repository.commit(base), commit)}


@pytest.fixture
def based(workshop):
    workshop.write("orders.sql", "select 1\n")
    workshop.write("old.sql", "select 0\n")
    workshop.commit()
    workshop.run("checkout", "-q", "-b", "agent")
    return workshop


def test_added_modified_and_deleted(based):
    based.write("orders.sql", "select 2\n")
    based.write("new.sql", "select 3\n")
    based.run("rm", "-q", "old.sql")
    based.commit()
    artifacts = changed(based)
    assert {path: a.change for path, a in artifacts.items()} == {
        "orders.sql": Change.MODIFIED,
        "new.sql": Change.ADDED,
        "old.sql": Change.DELETED,
    }
    assert (artifacts["orders.sql"].base, artifacts["orders.sql"].content) == (b"select 1\n", b"select 2\n")


def test_the_work_tree_with_untracked_and_ignored_files(based):
    based.write(".gitignore", "ignored.sql\n")
    based.commit()
    based.write("orders.sql", "select 2\n")
    based.write("fresh.sql", "select 4\n")
    based.write("ignored.sql", "drop table orders\n")
    assert changed(based, "agent", None).keys() == {"orders.sql", "fresh.sql"}


NAMES = [
    ("spaces", b"a b.sql", "a b.sql"),
    ("newline", b"a\nb.sql", "a\nb.sql"),
    ("quotes", b"a'\"$(id).sql", "a'\"$(id).sql"),
    ("leading dash", b"-rf.sql", "-rf.sql"),
    ("not utf-8", b"a\xff.sql", "a\\xff.sql"),
    ("unicode", "größe.sql".encode(), "größe.sql"),
]


@pytest.mark.parametrize(("raw", "path"), [n[1:] for n in NAMES], ids=[n[0] for n in NAMES])
@pytest.mark.parametrize("head", ["HEAD", None], ids=["committed", "work tree"])
def test_odd_file_names(based, raw, path, head):
    based.write(raw, "select 5\n")
    if head:
        based.commit()
    artifact = changed(based, "main", head)[path]
    assert artifact.content == b"select 5\n"
    assert artifact.kind is ArtifactKind.SQL


def test_links_are_not_followed(based):
    os.symlink("/etc/passwd", based.root / "link.sql")
    based.commit()
    for head in ("HEAD", None):
        artifact = changed(based, "main", head)["link.sql"]
        assert (artifact.link, artifact.content) == ("/etc/passwd", b"/etc/passwd")


def test_a_file_that_becomes_a_link(based):
    (based.root / "orders.sql").unlink()
    os.symlink("../elsewhere.sql", based.root / "orders.sql")
    based.commit()
    assert changed(based)["orders.sql"].link == "../elsewhere.sql"


def test_a_submodule_is_not_overlooked(based, tmp_path):
    other = type(based)(tmp_path / "other")
    other.write("evil.sql", "drop table orders\n")
    commit = other.commit()
    based.run("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "vendor")
    for head in ("HEAD", None):
        if head:
            based.commit()
        assert changed(based, "main", head)["vendor"].link == f"submodule {commit}"


def test_filters_and_hooks_of_the_repository_do_not_run(based, tmp_path):
    ran = tmp_path / "ran"
    based.run("config", "filter.evil.smudge", f"touch {ran}; cat")
    based.run("config", "filter.evil.clean", f"touch {ran}; cat")
    based.run("config", "diff.external", f"touch {ran}")
    based.run("config", "core.fsmonitor", f"touch {ran}")
    hook = based.root / ".git/hooks/post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    based.write(".gitattributes", "*.sql filter=evil diff=evil\n")
    based.write("orders.sql", "select 6\n")
    ran.unlink(missing_ok=True)
    repository = based.repository
    artifacts = repository.artifacts(repository.commit("main"), None)
    repository.export(repository.work_tree(), tmp_path / "out")
    assert "orders.sql" in {a.path for a in artifacts}
    assert not ran.exists()


def test_dbt_kinds_follow_the_project_folder(based):
    based.write("shop/dbt_project.yml", "name: shop\n")
    for path in (
        "shop/models/a.sql",
        "shop/macros/m.sql",
        "shop/tests/t.sql",
        "shop/models/a.yml",
        "shop/seeds/s.csv",
    ):
        based.write(path, "x\n")
    based.write("shop/models/a.expectations.yml", "x\n")
    based.commit()
    kinds = {path: str(a.kind) for path, a in changed(based).items()}
    assert kinds == {
        "shop/dbt_project.yml": "dbt-yaml",
        "shop/models/a.sql": "dbt-model",
        "shop/macros/m.sql": "dbt-macro",
        "shop/tests/t.sql": "dbt-test",
        "shop/models/a.yml": "dbt-yaml",
        "shop/models/a.expectations.yml": "expectations",
        "shop/seeds/s.csv": "dbt-data",
    }


def test_a_repository_without_commits(workshop):
    with pytest.raises(InvalidInput, match=r"no commits yet[\s\S]*Commit a base first"):
        workshop.repository.commit("main")


def test_a_detached_head_is_fine(based):
    based.write("new.sql", "select 1\n")
    commit = based.commit()
    based.run("checkout", "-q", "--detach", commit)
    assert based.repository.branch() == ""
    assert changed(based).keys() == {"new.sql"}


REFUSED = [
    ("unknown", "nowhere", "no revision 'nowhere'"),
    ("an option", "--output=/tmp/x", "looks like an option"),
    ("a range", "main..agent", "no revision"),
]


@pytest.mark.parametrize(("revision", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_revisions_that_are_none(based, revision, words):
    with pytest.raises(InvalidInput, match=words):
        based.repository.commit(revision)


def test_unrelated_histories(based):
    based.run("checkout", "-q", "--orphan", "island")
    based.write("island.sql", "select 1\n")
    based.commit()
    repository = based.repository
    with pytest.raises(InvalidInput, match=r"share no history[\s\S]*shallow"):
        repository.merge_base(repository.commit("main"), repository.commit("island"))


def test_outside_any_repository(tmp_path):
    with pytest.raises(InvalidInput, match="not a git repository"):
        Repository.at(tmp_path)
