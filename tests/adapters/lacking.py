"""A worker whose package is not installed."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from governance.adapters.worker import Handler, serve


def prepare(scratch: Path) -> Mapping[str, Handler]:
    """Import what is not there."""
    import_module("no_such_package_anywhere")
    return {}


if __name__ == "__main__":
    serve(prepare)
