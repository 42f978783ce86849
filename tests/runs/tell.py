"""Golden runs: small recorded stories, judged from end to end; `make golden` writes what they should say.

A story is a folder: `change/` is laid over the base that all share (and over a `base/` of its own),
or `statement.sql` is what the agent answered; `session.*` is its transcript; `expected.txt` the report.
"""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from governance.changeset import Authorship
from governance.govern import Gate, branch_changeset, loose_changeset, policy_at
from governance.report import render
from governance.trace import Trace
from governance.transcripts import read_trace
from governance.transcripts.story import session
from tests.conftest import Workshop

ROOM = Path(__file__).parent
STORIES = sorted(p.name for p in ROOM.iterdir() if p.is_dir() and p.name not in ("base", "__pycache__"))


def told(story: str, place: Path) -> str:
    """What the gate reports of a story, in a repository below `place`."""
    folder, workshop = ROOM / story, Workshop(place / "repository")
    for base in (ROOM / "base", folder / "base"):
        lay_over(base, workshop.root)
    base_commit = workshop.commit("base")
    gate = Gate(policy_at(workshop.repository, base_commit))
    with changeset(workshop, folder) as change:
        return render(gate.check(change), change, "text")


@contextmanager
def changeset(workshop: Workshop, folder: Path):
    """What the agent of the story wants to change, or answered."""
    if (folder / "statement.sql").exists():
        answer = loose_changeset([], (folder / "statement.sql").read_text())
        yield replace(answer, trace=transcript(folder), authorship=Authorship.AGENT)
        return
    workshop.run("checkout", "-q", "-b", "change")
    lay_over(folder / "change", workshop.root)
    workshop.commit("change")
    with branch_changeset(workshop.repository, "main", "change", transcript(folder)) as change:
        yield change


def transcript(folder: Path) -> Trace | None:
    """The story's session, in our own short notation or in an agent's format."""
    file = next(folder.glob("session.*"), None)
    if file is None:
        return None
    return session(file.read_text()) if file.suffix == ".story" else read_trace(file.read_bytes())


def lay_over(source: Path, target: Path) -> None:
    """Copy a tree over another."""
    if source.exists():
        shutil.copytree(source, target, dirs_exist_ok=True)


if __name__ == "__main__":
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for name in sys.argv[1:] or STORIES:
        with tempfile.TemporaryDirectory() as scratch:
            (ROOM / name / "expected.txt").write_text(told(name, Path(scratch)))
