"""Ctrl-C while the main thread waits inside a database driver, where Python does not get to handle it."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` from another thread as soon as SIGINT arrives, however long the main thread's call takes.

    Python's own reaction (KeyboardInterrupt) follows when that call returns. Nothing happens outside the main thread,
    or where somebody else already listens for signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    if before != -1:
        signal.set_wakeup_fd(before)

    def listen() -> None:
        while signals := receiver.recv(1):
            if signals[0] == signal.SIGINT:
                act()

    listener = threading.Thread(target=listen, name="interrupts", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        sender.close()
        listener.join()
        receiver.close()
