"""Files that commands write: whole or not at all, so that a full disk costs nothing that was there."""

import os
from contextlib import suppress
from pathlib import Path

from governance.errors import InvalidInput


def write_file(file: Path, text: str) -> None:
    """Put the text in the file. Raises InvalidInput when it cannot; what was in it is then still there."""
    target = Path(os.path.realpath(file))
    special = target.exists() and not target.is_file()  # /dev/stdout is written to, not replaced
    written = target if special else target.with_name(f".{target.name}.{os.getpid()}")
    try:
        written.write_text(text, "utf-8")
        if not special:
            os.replace(written, target)
    except OSError as error:
        if not special:
            with suppress(OSError):
                written.unlink()
        raise InvalidInput(
            f"{file}: cannot be written: {error.strerror}", "Check the folder, and the space on its disk."
        ) from error
