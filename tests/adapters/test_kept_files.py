"""Checkouts that link kept files are what git has, whatever became of what is kept."""

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from governance.adapters.checkout import checked_out
from governance.adapters.kept_files import KeptFiles

FILES = {
    "dbt_project.yml": b"name: shop\n",
    "models/a.sql": b"select 1\n",
    "models/deep/er/b.sql": b"select 2\n",
    "models/same.sql": b"select 1\n",
    "macros/empty.sql": b"",
    "seeds/odd \xff.csv".encode("latin-1").decode("utf-8", "surrogateescape"): b"a\n\xff\x00\n",
}


@pytest.fixture
def based(workshop):
    for path, content in FILES.items():
        workshop.write(os.fsencode(path), content)
    (workshop.root / "models/link.sql").symlink_to("/etc/passwd")
    workshop.write("run.sh", "#!/bin/sh\n")
    (workshop.root / "run.sh").chmod(0o755)
    workshop.commit()
    return workshop


def checkout(workshop, cache, head="HEAD"):
    """What lies in a checkout of head: contents by path, and by path which inode."""
    repository = workshop.repository
    old = repository.tree(repository.commit("HEAD"))
    new = repository.files(repository.commit(head) if head else None, old)
    with checked_out(repository, old, new, cache) as (folder, _):
        found, inodes = {}, {}
        for place, _, names in os.walk(folder):
            for name in names:
                file = os.path.join(place, name)
                assert not os.path.islink(file)
                path = os.path.relpath(file, folder)
                inodes[path] = os.stat(file).st_ino
                with open(file, "rb") as handle:
                    found[path] = handle.read()
    assert not folder.exists()
    return found, inodes


def kept_file(cache, content):
    (file,) = (f for f in (cache / "files").rglob("*") if f.is_file() and f.read_bytes() == content)
    return file


WHOLE = FILES | {"run.sh": b"#!/bin/sh\n"}


def test_a_checkout_is_what_git_has_and_the_next_one_links_it(based, tmp_path):
    first, one = checkout(based, tmp_path / "cache")
    second, other = checkout(based, tmp_path / "cache")
    assert first == second == WHOLE
    assert one == other
    assert one["models/a.sql"] == one["models/same.sql"]


def test_a_changed_file_is_another_and_the_kept_one_stays(based, tmp_path):
    _, before = checkout(based, tmp_path / "cache")
    based.write("models/a.sql", "select 3\n")
    based.commit()
    found, now = checkout(based, tmp_path / "cache")
    assert found == WHOLE | {"models/a.sql": b"select 3\n"}
    assert now["models/a.sql"] != before["models/a.sql"]
    assert now["models/same.sql"] == before["models/same.sql"]


def test_the_work_tree_as_it_is_now(based, tmp_path):
    checkout(based, tmp_path / "cache")
    based.write("models/a.sql", "select 4\n")
    based.write("models/untracked.sql", "select 5\n")
    found, _ = checkout(based, tmp_path / "cache", head=None)
    assert found == WHOLE | {"models/a.sql": b"select 4\n", "models/untracked.sql": b"select 5\n"}


@pytest.mark.parametrize("spoilt", [b"drop table orders\n", b"", b"select 1"])
def test_what_was_altered_while_it_was_kept_is_never_judged(based, tmp_path, spoilt):
    checkout(based, tmp_path / "cache")
    file = kept_file(tmp_path / "cache", b"select 1\n")
    file.chmod(0o644)
    file.write_bytes(spoilt)
    assert checkout(based, tmp_path / "cache")[0] == WHOLE


def test_what_is_no_file_any_more_is_done_without(based, tmp_path):
    checkout(based, tmp_path / "cache")
    file = kept_file(tmp_path / "cache", b"select 1\n")
    file.unlink()
    file.mkdir()
    assert checkout(based, tmp_path / "cache")[0] == WHOLE


def test_no_folder_to_keep_files_in(based, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert checkout(based, tmp_path / "file")[0] == WHOLE
    assert checkout(based, None)[0] == WHOLE


def test_another_file_system_cannot_be_linked_from(based, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert checkout(based, tmp_path / "cache")[0] == WHOLE


def test_many_at_once_that_keep_the_same(based, tmp_path):
    large = {"seeds/large.csv": b"a\n" + b"1\n" * 4_000_000}
    based.write("seeds/large.csv", large["seeds/large.csv"])
    based.commit()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: checkout(based, tmp_path / "cache")[0], range(16)))
    assert all(files == WHOLE | large for files in found)


def test_nobody_else_may_read_what_is_kept_nor_the_owner_alter_it(based, tmp_path):
    checkout(based, tmp_path / "cache")
    assert stat.S_IMODE((tmp_path / "cache" / "files").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "cache" / "checkouts").stat().st_mode) == 0o700
    assert stat.S_IMODE(kept_file(tmp_path / "cache", b"select 2\n").stat().st_mode) == 0o444
    assert stat.S_IMODE(kept_file(tmp_path / "cache", b"#!/bin/sh\n").stat().st_mode) == 0o555


def test_what_nobody_has_linked_for_a_month_and_what_a_killed_checkout_left_is_removed(based, tmp_path):
    kept = KeptFiles(tmp_path / "cache")
    checkout(based, kept.folder)
    left = kept.checkouts / "governance-left"
    left.mkdir()
    long_ago = time.time() - 3 * 24 * 3600
    for old in (left, kept.folder / "swept"):
        os.utime(old, (long_ago, long_ago))
    kept.sweep()
    assert not left.exists()
    assert kept_file(kept.folder, b"select 2\n").exists()  # linked just now
    os.utime(kept.folder / "swept", (long_ago, long_ago))
    kept.sweep(now=time.time() + 31 * 24 * 3600)
    assert [file for file in (kept.folder / "files").rglob("*") if file.is_file()] == []
