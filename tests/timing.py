"""How the time of some work grows with its size: a ratio, so that the machine does not matter."""

import time
from collections.abc import Callable

TWICE = 2.6
"""What twice the work may cost; twice is 2, the rest is noise."""

_LEAST = 0.002  # seconds under which clocks tell little


def growth(work: Callable[[int], object], size: int, *, tries: int = 3) -> float:
    """What `work(2 * size)` costs beside `work(size)`, of this thread's time; the best try."""
    ratios = []
    for _ in range(tries):
        once, twice = (_seconds(work, each) for each in (size, 2 * size))
        ratios.append(twice / max(once, _LEAST))
        if ratios[-1] < TWICE:
            break
    return min(ratios)


def _seconds(work: Callable[[int], object], size: int) -> float:
    best = float("inf")
    for _ in range(2):
        start = time.thread_time()
        work(size)
        best = min(best, time.thread_time() - start)
    return best
