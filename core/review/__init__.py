"""The reviewer's desk: what to decide next, and the rules of deciding.

State-changing functions take who and when and are the same for page and command line. A decision
names the revision it was made on, so it can never land on an item that has changed meanwhile.
"""

from core.review.decide import Refused, decide, undo, who_was_first
from core.review.diff import Piece, word_diff
from core.review.queue import Desk, Item, claim, desk, item

__all__ = [
    "Desk",
    "Item",
    "Piece",
    "Refused",
    "claim",
    "decide",
    "desk",
    "item",
    "undo",
    "who_was_first",
    "word_diff",
]
