"""Stopping politely: SIGTERM and SIGINT set an event, and whoever waits on it finishes what is in hand."""

import signal
import threading


def stop_on_signal(stop: threading.Event) -> None:
    """Set `stop` on the first SIGTERM or SIGINT. Call from the main thread."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
