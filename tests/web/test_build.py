"""What ships: the built view in the wheel, served without Node; a lock file without addresses; the picture."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from governance.errors import GovernanceError
from governance.web.build import SOURCE, STAMP, TARGET, build, digest_of

# One after the other: a build renews the folder of packages that the next one looks through.
pytestmark = pytest.mark.xdist_group("view")

ROOT = Path(__file__).parents[2]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built and unpacked as an installer does."""
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(place.glob("*.whl"))) as archive:
        archive.extractall(place / "site")
    return place / "site"


def test_the_wheel_holds_every_file_that_the_page_asks_for_and_no_source(wheel):
    static = wheel / "governance" / "web" / "static"
    page = (static / "index.html").read_text()
    asked = re.findall(r'(?:src|href)="\./([^"]+)"', page)
    assert len(asked) >= 2
    assert [name for name in asked if not (static / name).is_file()] == []
    assert not (wheel / "governance" / "web" / "view").exists()


def test_an_installed_wheel_serves_the_view_without_node(wheel, tmp_path):
    environment = {
        "PATH": str(tmp_path),  # no Node, no git, nothing
        "HOME": str(tmp_path),
        "PYTHONPATH": str(wheel),
        "GOVERNANCE_LEDGER": f"sqlite:///{tmp_path}/ledger.db",
    }
    where = [sys.executable, "-c", "import governance; print(governance.__file__)"]
    found = subprocess.run(where, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(wheel))
    command = [sys.executable, "-u", "-m", "governance.cli", "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            link = re.search(r"http://\S+", server.stdout.readline())[0]
            with httpx.Client(follow_redirects=True, trust_env=False, timeout=30) as browser:
                page = browser.get(link)
                script = re.search(r'src="\./(assets/[^"]+\.js)"', page.text)[1]
                assert browser.get(page.url.join(script)).status_code == 200
                assert browser.get(page.url.join("api/decisions")).json()["recorded"] == 0
        finally:
            server.kill()


def test_the_lock_file_carries_no_address():
    lock = (SOURCE / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 20


def test_what_is_built_is_what_the_sources_say():
    assert (TARGET / STAMP).read_text() == digest_of(SOURCE)
    assert build() is False


def test_a_changed_source_is_built_again_and_a_broken_one_is_said_so(tmp_path):
    source = tmp_path / "view"
    (source / "src").mkdir(parents=True)
    (source / "node_modules").symlink_to(SOURCE / "node_modules")
    for name in ("package-lock.json", "package.json", "tsconfig.json", "vite.config.ts", "index.html"):
        (source / name).write_bytes((SOURCE / name).read_bytes())
    before = digest_of(source)
    (source / "src" / "main.tsx").write_text("const answer: number = 'no number';\nexport default answer;\n")
    assert digest_of(source) != before
    with pytest.raises(GovernanceError, match="Type 'string' is not assignable to type 'number'"):
        build(source, tmp_path / "static")
    assert not (tmp_path / "static" / STAMP).exists()


def test_the_picture_of_the_readme_is_there_and_small():
    name = re.search(r"!\[[^]]*\]\(([^)]+\.png)\)", (ROOT / "README.md").read_text())[1]
    picture = (ROOT / name).read_bytes()
    assert picture.startswith(PNG)
    assert len(picture) <= 300_000
