"""What dbt is handed beside the files of a project, for base and head alike."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.syntax.dbt.layout import PACKAGES

Columns = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Given:
    """Variables for `var()`, variables for `env_var()`, and columns by dbt's unique id, from production.

    `packages` says that the project has a link to packages that are installed elsewhere.

    Nothing else of the environment in which the gate runs reaches a template.
    """

    vars: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    columns: Columns = field(default_factory=dict)
    packages: str = ""

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Given":
        """What a worker is told in a request."""
        return cls(**request["given"])

    @property
    def request(self) -> dict[str, Any]:
        """The same as plain data; dates and the like become text, as they do on a command line."""
        data = {"vars": self.vars, "environment": self.environment, "columns": self.columns}
        plain: dict[str, Any] = json.loads(json.dumps(data, default=str))
        return plain

    @property
    def digest(self) -> str:
        """Differs when what is handed over does; "" for nothing."""
        if not (self.vars or self.environment or self.columns):
            return ""
        return hashlib.sha256(json.dumps(self.request, sort_keys=True).encode()).hexdigest()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of dbt's command line; JSON is YAML where letters stand as they are."""
        plain = json.dumps(self.request["vars"], ensure_ascii=False)
        return (f"--vars={plain}",) if self.vars else ()

    def installed(self, project: Path) -> tuple[Path, ...]:
        """The folder with the packages of a project, where the project has a link to one."""
        link = project / PACKAGES
        return (link.resolve(),) if self.packages and link.is_symlink() and link.is_dir() else ()

    def columns_of(self, key: str, kind: str, told: Mapping[str, str]) -> Mapping[str, str]:
        """The columns of a node, of which the project itself lists those in `told`.

        Production's are taken where the project lists none, and for a source, which no SQL tells, where it
        lists no other ones.
        """
        found = self.columns.get(key, {})
        if told and (kind != "source" or not {*told} <= {*found}):
            return told
        return {name: told.get(name) or column for name, column in found.items()} if found else told
