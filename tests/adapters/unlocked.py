"""The prisoner on a kernel that knows none of the locks."""

from governance.adapters import jail
from governance.adapters.worker import serve
from tests.adapters.prisoner import prepare

if __name__ == "__main__":
    jail._LANDLOCK_CREATE = 100_000  # no such system call
    serve(prepare)
