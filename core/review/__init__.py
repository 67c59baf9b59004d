"""The reviewer's desk: what to decide next, and the rules of deciding.

State-changing functions take who and when and are the same for page and command line. A decision
names the revision it was made on, so it can never land on an item that has changed meanwhile.
"""

from core.review.comparison import Comparison, Fold, Row, compare
from core.review.decide import Refused, decide, undo, who_was_first
from core.review.diff import Piece, word_diff
from core.review.drafts import Draft, discard_draft, draft, keep_draft
from core.review.queue import Desk, Event, Item, claim, desk, item
from core.review.siblings import Sibling, Siblings, siblings, usable
from core.review.texts import is_code, keeps_columns, same_text, tidy

__all__ = [
    "Comparison",
    "Desk",
    "Draft",
    "Event",
    "Fold",
    "Item",
    "Piece",
    "Refused",
    "Row",
    "Sibling",
    "Siblings",
    "claim",
    "compare",
    "decide",
    "desk",
    "discard_draft",
    "draft",
    "is_code",
    "item",
    "keep_draft",
    "keeps_columns",
    "same_text",
    "siblings",
    "tidy",
    "undo",
    "usable",
    "who_was_first",
    "word_diff",
]
