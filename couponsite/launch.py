"""`python launch.py ...`: the new process does what must be done in itself, then becomes the program.

`subprocess` could do it between fork and exec, but a process with threads may hang there, and before the fork, where
libraries wait for threads of theirs. A script that is started like any other program needs neither.
"""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Sequence

_NONE = "-"
_PR_SET_PDEATHSIG = 1


def command(program: Sequence[str], *, with_parent: bool = False, uid: int | None = None, gid: int = 0) -> list[str]:
    """What starts `program` by way of this script.

    `with_parent`: Linux kills it when the calling thread ends, and Ctrl-C in the terminal is not for it: whoever gets
    that beside our SIGTERM may hang. `uid`: it runs as that account, of the group `gid` alone.
    """
    parent = str(os.getpid()) if with_parent else _NONE
    account = _NONE if uid is None else f"{uid}:{gid}"
    path = shutil.which(program[0]) or program[0]  # the account may not look for it: it has no library of ours to read
    return [sys.executable, "-I", "-S", __file__, parent, account, path, *program[1:]]


def main(parent: str, account: str, *program: str) -> None:
    """Never returns: the process becomes `program`, or ends with 127 where there is none."""
    if account != _NONE:
        uid, _, gid = account.partition(":")
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if parent != _NONE:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        die_with_parent()
        if os.getppid() != int(parent):  # it went before we asked
            sys.exit(1)
    try:
        os.execv(program[0], program)  # noqa: S606 - of our own making
    except OSError as error:
        sys.stderr.write(f"{program[0]}: {error.strerror}\n")
        sys.exit(127)


def die_with_parent() -> None:
    """Ask Linux to kill the calling process when its parent dies. Elsewhere lifeline's watch does it a second later."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
