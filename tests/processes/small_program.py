"""A small program for the tests: it says what happens to it, and stops as it is told to.

Usage: small_program.py NAME JOURNAL SOCKET [--work SECONDS] [--ignore-terminate] [--fail SECONDS] [--child]
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("journal")
    parser.add_argument("socket")
    parser.add_argument("--work", type=float, default=0.0, help="seconds it goes on after it was told to stop")
    parser.add_argument("--deaf", action="store_true", help="takes no notice of SIGTERM")
    parser.add_argument("--fail", action="store_true", help="end at once with exit code 3")
    parser.add_argument("--child", action="store_true", help="start a process that sleeps")
    options = parser.parse_args()

    def note(what: str) -> None:
        with open(options.journal, "a") as journal:
            journal.write(f"{time.time():.6f} {options.name} {what}\n")

    def end(number: int, _frame: object) -> None:
        note(f"told by {signal.Signals(number).name}")
        if options.deaf:
            return
        time.sleep(options.work)
        note("ended")
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    note("started")
    if options.fail:
        print("the cupboard is bare", flush=True)
        sys.exit(3)
    if options.child:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    if os.path.exists(options.socket):
        os.unlink(options.socket)
    server = socket.socket(socket.AF_UNIX)
    server.bind(options.socket)
    server.listen()
    while True:
        server.accept()[0].close()


if __name__ == "__main__":
    main()
