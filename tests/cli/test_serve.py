"""`governance serve`: it starts, prints a link that works once, and shows nothing without it."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.cli.conftest import PASS, UNDECIDED


@pytest.fixture
def served(governance, signing, transcript):
    """The link of a server that shows one decision, and the process."""
    assert governance("check", "--base", "main", "--trace", transcript, "--record").status == PASS
    command = [sys.executable, "-u", "-m", "governance.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http://\S+", process.stdout.readline())[0], process
        finally:
            process.kill()


def status(opener, url: str) -> int:
    try:
        with opener.open(url, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_ticket_opens_the_view_once(served):
    link, process = served
    site = link.partition("/login/")[0]
    decisions = f"{site}/governance/api/decisions"
    stranger = urllib.request.build_opener()
    friend = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    assert status(stranger, decisions) == 401
    assert status(stranger, f"{site}/login/guessed") == 401
    status(friend, link)
    assert status(friend, decisions) == 200
    assert status(stranger, link) == 401
    assert status(stranger, decisions) == 401
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (0, 130)


def test_a_port_in_use_is_named(governance):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = governance("serve", "--port", port)
    assert (ran.status, f"127.0.0.1:{port} cannot be listened on" in ran.err) == (UNDECIDED, True)
    assert "--port" in ran.err


def test_nothing_listens_beyond_this_machine_unless_asked(served):
    link, _ = served
    port = int(re.search(r":(\d+)/", link)[1])
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError):
            socket.create_connection((address, port), timeout=5)
    assert link.startswith("http://127.0.0.1:")
