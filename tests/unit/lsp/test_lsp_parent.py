from __future__ import annotations

import subprocess
import sys
import threading

from tierwise.lsp.parent import watch_parent


def test_a_process_that_did_not_start_us_is_not_watched() -> None:
    # As when the editor runs on another machine, and its number is that of some process here.
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        gone = threading.Event()
        watch_parent(stranger.pid, gone.set)
        for thread in threading.enumerate():
            if thread.name == "tierwise-parent":
                thread.join(20)
                assert not thread.is_alive()
        assert stranger.poll() is None
        stranger.communicate(b"\n")
    assert not gone.is_set()
