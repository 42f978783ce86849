"""Which kind of artifact a file is, told from its path, and for Python from a word of its content."""

from collections.abc import Collection
from pathlib import PurePosixPath

from governance.artifact import ArtifactKind

_BY_SUFFIX = {
    ".tf": ArtifactKind.TERRAFORM,
    ".tfvars": ArtifactKind.TERRAFORM,
    ".hcl": ArtifactKind.TERRAFORM,
    ".sh": ArtifactKind.SHELL,
    ".bash": ArtifactKind.SHELL,
    ".dockerfile": ArtifactKind.DOCKERFILE,
    ".sql": ArtifactKind.SQL,
}
_DBT_FOLDERS = {
    "models": ArtifactKind.DBT_MODEL,
    "snapshots": ArtifactKind.DBT_MODEL,
    "analyses": ArtifactKind.DBT_MODEL,
    "macros": ArtifactKind.DBT_MACRO,
    "tests": ArtifactKind.DBT_TEST,
    "functions": ArtifactKind.DBT_MACRO,
}
_JINJA = (b"{{", b"{%", b"{#")


def kind_of(path: str, content: bytes | None = None, dbt_roots: Collection[str] = ()) -> ArtifactKind:
    """The kind of the file at `path`; `dbt_roots` are the folders that hold a `dbt_project.yml`."""
    file = PurePosixPath(path)
    if file.name == "governance.yml" or ".governance" in file.parts:
        return ArtifactKind.POLICY
    if file.name == "Dockerfile" or file.name.startswith("Dockerfile."):
        return ArtifactKind.DOCKERFILE
    if path.startswith(".github/workflows/") and file.suffix in (".yml", ".yaml"):
        return ArtifactKind.WORKFLOW
    root = dbt_root_of(path, dbt_roots)
    if root is not None:
        kind = _dbt_kind(file.relative_to(root) if root else file, content)
        if kind is not None:
            return kind
    if file.suffix == ".py":
        is_dag = "dags" in file.parts[:-1] or b"airflow" in (content or b"")
        return ArtifactKind.DAG if is_dag else ArtifactKind.PYTHON
    return _BY_SUFFIX.get(file.suffix.lower(), ArtifactKind.OTHER)


def dbt_root_of(path: str, dbt_roots: Collection[str]) -> str | None:
    """The innermost dbt project that holds `path`, as a folder name ("" is the repository itself)."""
    holding = [root for root in dbt_roots if not root or path.startswith(f"{root}/")]
    return max(holding, key=len, default=None)


def _dbt_kind(file: PurePosixPath, content: bytes | None) -> ArtifactKind | None:
    """The kind of a file inside a dbt project, `None` when dbt would not read it."""
    if file.name.endswith((".expectations.yml", ".expectations.yaml")):
        return ArtifactKind.EXPECTATIONS
    if file.suffix in (".yml", ".yaml"):
        return ArtifactKind.DBT_YAML
    if file.suffix == ".csv":
        return ArtifactKind.DBT_DATA
    if file.suffix not in (".sql", ".py"):
        return None
    is_template = file.suffix == ".sql" and any(mark in (content or b"") for mark in _JINJA)
    return _DBT_FOLDERS.get(file.parts[0], ArtifactKind.DBT_MODEL if is_template else None)
