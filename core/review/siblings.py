"""Other answers to the same question: regenerated ones, and those to whoever asked it again.

Where one of them got a thumbs up, or a reviewer has already put one right, the fix is written.
"""

from datetime import datetime

import msgspec

from core.records import Status
from core.review.queue import Item
from core.review.texts import same_text
from core.store import Store, decisions

SHOWN = 20


class Sibling(msgspec.Struct, frozen=True, kw_only=True):
    """Another answer to the same question, and how it fared."""

    id: str
    logged_at: datetime | None
    answer: str
    ups: int
    downs: int
    status: Status
    final_answer: str | None

    @property
    def good(self) -> str | None:
        """The text that a reviewer approved there, or an answer that somebody liked; or None."""
        return self.final_answer or (self.answer if self.ups else None)


class Siblings(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are, and the first of them: what is known to be good comes first."""

    count: int
    first: tuple[Sibling, ...]


def siblings(store: Store, item: Item) -> Siblings:
    """The other answers to this item's question, asked after the same history."""
    count, rows = decisions.siblings(store, item.id, limit=SHOWN)
    return Siblings(count=count, first=msgspec.convert(tuple(rows), tuple[Sibling, ...]))


def usable(sibling: Sibling, item: Item) -> str | None:
    """The text of a sibling that could be this item's fix; not the one that is wrong here."""
    return None if sibling.good is None or same_text(sibling.good, item.answer) else sibling.good
