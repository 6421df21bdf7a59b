"""A page of someone who searches their list ten times a second, and prints how long each answer
took, in seconds.

Arguments: the server's address, and the State of the list. On stdin: a Cookie header, "go", and
"stop".
"""

import sys
import threading
import time

from tests.e2e.ui.wire import Wire

GAP = 0.1
"""Seconds from an answer to the next question."""


def main() -> None:
    url, state = sys.argv[1:]
    with Wire(url, sys.stdin.readline().strip()) as wire:
        wire.load()
        print("ready", flush=True)
        sys.stdin.readline()
        stop = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
        while not stop.wait(GAP):
            began = time.monotonic()
            wire.ask(f"{state}.clear")
            print(time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main()
