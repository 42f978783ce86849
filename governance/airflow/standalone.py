"""A real Airflow on this machine with the view in it: `python -m governance.airflow.standalone`.

After `make demo` it shows the demo's decisions, else a ledger of its own under `.airflow/`.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from governance.errors import GovernanceError, InvalidInput
from governance.keys import SigningKey

ROOT = Path(__file__).parents[2]
PATIENCE = 180
"""Seconds until Airflow must answer; making its database takes most of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one Airflow keeps its files, and whose decisions it shows."""

    home: Path
    ledger: str
    bodies: Path
    key: Path
    trust: Path
    dags: Path
    plugins: Path = ROOT / "plugins"

    @classmethod
    def in_checkout(cls, root: Path = Path()) -> "Place":
        """The demo's place if it ran here, else a fresh one."""
        demo = root.resolve() / ".demo"
        base = demo if (demo / "ledger.db").exists() else root.resolve() / ".airflow"
        return cls(
            home=base / "airflow",
            ledger=f"sqlite:///{base / 'ledger.db'}",
            bodies=base / "bodies",
            key=base / "key.pem",
            trust=base / "repository" / ".governance" / "trust.json",
            dags=root.resolve() / "dags",
        )

    def environment(self, port: int) -> dict[str, str]:
        """The settings, as the environment that every Airflow process inherits."""
        settings = {
            "CORE__PLUGINS_FOLDER": self.plugins,
            "CORE__DAGS_FOLDER": self.dags,
            "CORE__LOAD_EXAMPLES": False,
            "CORE__PARALLELISM": 2,
            "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": self.home / "login.json",
            "API__HOST": "127.0.0.1",
            "API__PORT": port,
            "API__BASE_URL": f"http://127.0.0.1:{port}",
            "API__WORKERS": 1,
            "API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
            "DAG_PROCESSOR__PARSING_PROCESSES": 1,
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}",
            "USAGE_DATA_COLLECTION__ENABLED": False,
            "GOVERNANCE__BODIES": self.bodies,
            "GOVERNANCE__TRUST": self.trust if self.trust.exists() else "",
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW__")}
        own = {f"AIRFLOW__{name}": str(value) for name, value in settings.items()}
        return {
            **kept,
            **own,
            "AIRFLOW_HOME": str(self.home),
            "GOVERNANCE_LEDGER": self.ledger,
            "GOVERNANCE_KEY": str(self.key),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }


class Standalone:
    """A running `airflow standalone`, in a process group of its own that ends as one."""

    def __init__(
        self, place: Place, port: int, password: str = "", settings: Mapping[str, str] | None = None
    ) -> None:
        if _taken(port):
            raise InvalidInput(f"port {port} is taken", "Give another one: `make ui PORT=8081`.")
        self.place, self.port = place, port
        self.password = password or secrets.token_urlsafe(12)
        place.home.mkdir(parents=True, exist_ok=True)
        if not place.key.exists():  # a gate without a key cannot record, and refuses everything
            SigningKey.generate().save(place.key)
        self._write_login()
        self.log = place.home / "standalone.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "governance.airflow.loopback"],
                env={**place.environment(port), **(settings or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def _write_login(self) -> None:
        file = self.place.home / "login.json"
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump({"admin": self.password}, handle)

    def wait(self, seconds: float = PATIENCE) -> None:
        """Until it answers. Raises GovernanceError with the end of its log when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.5)
        self.stop()
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-25:])
        raise GovernanceError(f"Airflow does not answer on {self.url}:\n{tail}", f"Its log is {self.log}.")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:  # nobody listens yet, or not in time
            return False

    def stop(self) -> None:
        """End every process of the group, first politely."""
        for way, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, way)
            if self._gone(patience):
                return

    def _gone(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.process.poll()  # reaps it, so that an empty group can be told from a living one
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.1)
        return False


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(port: int, place: Place) -> None:
    """Start, say where it is, and wait until interrupted."""
    signal.signal(signal.SIGTERM, _interrupted)
    airflow = Standalone(place, port)
    try:
        print(f"starting Airflow, about 40 seconds; its log is {airflow.log}", file=sys.stderr)
        airflow.wait()
        print(f"open   {airflow.url}/plugin/governance\nlogin  admin\n       {airflow.password}")
        print("       (Governance is in the navigation under Browse; Ctrl-C ends)")
        print(f"ledger {place.ledger}\nkey    {place.key}", flush=True)
        airflow.process.wait()
    except KeyboardInterrupt:
        print("ending Airflow", file=sys.stderr)
    finally:
        airflow.stop()


def main(arguments: list[str] | None = None) -> int:
    """The command: `[--port N]`."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m governance.airflow.standalone", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default 8080)")
    try:
        run(parser.parse_args(arguments).port, Place.in_checkout())
    except GovernanceError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
