"""A gate that many pass at once, or one alone.

Whoever is inside may pass again, and who is alone may too, so nested calls need not know of each
other. Who waits to be alone keeps newcomers out.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """`shared` for many, `alone` for one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._alone: int | None = None
        self._mine = threading.local()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Be inside with others; nobody is alone meanwhile."""
        me, depth = threading.get_ident(), getattr(self._mine, "depth", 0)
        with self._changed:
            if not depth:
                self._changed.wait_for(lambda: self._alone in (None, me))
            self._inside += 1
        self._mine.depth = depth + 1
        try:
            yield
        finally:
            self._mine.depth = depth
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one inside, as soon as the others have left. Not from within `shared`."""
        me = threading.get_ident()
        with self._changed:
            if self._alone == me:
                nested = True
            else:
                nested = False
                self._changed.wait_for(lambda: self._alone is None)
                self._alone = me
                self._changed.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            if not nested:
                with self._changed:
                    self._alone = None
                    self._changed.notify_all()
