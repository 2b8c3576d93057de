#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a program on a pty as libxl makes one for a boot loader (TERM=vt100, a size of 0x0; LINES and COLUMNS in the environment: of
that size), and types there.

usage: on_console.py [TEXT KEYS]... -- PROGRAM [ARGUMENT]...
Each TEXT is waited for before its KEYS are typed; what was seen before the keys does not count for the next one. Prints all that the
program sent, without the sequences of a terminal, and exits with its status. WAIT_S in the environment: seconds for each TEXT (60).
"""
import os
import pty
import re
import select
import sys
import termios

SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|[78])")
WAIT_S = int(os.environ.get("WAIT_S", "60"))


def more(terminal):
    if not select.select([terminal], [], [], WAIT_S)[0]:
        sys.exit(f"nothing more comes in {WAIT_S} s")
    try:
        return os.read(terminal, 4096)
    except OSError:  # the program has ended
        return b""


def main():
    end = sys.argv.index("--")
    steps, program = sys.argv[1:end], sys.argv[end + 1 :]
    pid, terminal = pty.fork()
    if pid == 0:
        if "LINES" in os.environ:
            termios.tcsetwinsize(0, (int(os.environ["LINES"]), int(os.environ["COLUMNS"])))
        os.environ["TERM"] = "vt100"
        os.execvp(program[0], program)
    sent = seen = b""
    for text, keys in zip(steps[::2], steps[1::2]):
        while text.encode() not in SEQUENCE.sub(b"", seen):
            piece = more(terminal)
            if not piece:
                sys.exit(f'the program has ended before "{text}": {SEQUENCE.sub(b"", seen)!r}')
            seen += piece
        sent, seen = sent + seen, b""
        os.write(terminal, keys.encode())
    while piece := more(terminal):
        seen += piece
    sys.stdout.buffer.write(SEQUENCE.sub(b"", sent + seen).replace(b"\r", b""))
    sys.stdout.flush()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit(main())
