"""Several threads that begin at the same moment."""

import threading
from collections.abc import Callable

from flask import Flask


def at_once(app: Flask, number: int, do: Callable[[int], bool]) -> int:
    """How many of several threads were right that began at the same moment, each in a transaction of its own."""
    barrier, right = threading.Barrier(number), []

    def run(place: int) -> None:
        with app.app_context():
            barrier.wait()
            if do(place):
                right.append(place)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(right)
