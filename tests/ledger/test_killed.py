"""A writer that is killed at any moment leaves a log that still proves every entry it has."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from governance.keys import Trust
from governance.ledger.checkpoint import read_checkpoint
from governance.ledger.store import Ledger
from governance.merkle import leaf_hash, verify_inclusion
from governance.wire import canonical, loads

WRITER = """
import sys
sys.path.insert(0, {tests!r})
import test_store
from governance.ledger.store import Ledger
import json
print(json.dumps(dict(test_store.TRUST.keys)), flush=True)
ledger = Ledger.open({url!r}, {bodies!r})
for number in range(100000):
    test_store.append(ledger, f"m{{number}}")
"""


@pytest.mark.parametrize("after", [0.15, 0.4, 0.9])
def test_kill_nine(tmp_path, after):
    url, bodies = f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "bodies")
    script = WRITER.format(tests=str(Path(__file__).parent), url=url, bodies=bodies)
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    trust = Trust(loads(writer.stdout.readline()))
    time.sleep(after)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    ledger = Ledger.open(url, bodies)
    entries = ledger.every_entry()
    assert [entry.position for entry in entries] == list(range(len(entries)))
    for entry in entries:
        proof = ledger.proof(entry)
        checkpoint = read_checkpoint(proof.checkpoint, trust)
        leaf = leaf_hash(canonical(ledger.envelope(entry)))
        path = [bytes.fromhex(digest) for digest in proof.path]
        assert verify_inclusion(entry.position, checkpoint.size, leaf, path, checkpoint.root)
