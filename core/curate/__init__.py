"""Which interactions become data, and as what: signal + decision -> case, or a reason why not.

One function for every format, so that a preview, a file and the lines shown after a decision can
never disagree.
"""

from core.curate.cases import EXCLUSIONS, KINDS, Case, Cases, Curated, Purpose, curate
from core.curate.holdout import (
    LISTED,
    RECOMMENDED,
    Refused,
    asks_the_same,
    choose,
    percent,
    preview,
    same_question,
)
from core.curate.sides import Split

__all__ = [
    "EXCLUSIONS",
    "KINDS",
    "LISTED",
    "RECOMMENDED",
    "Case",
    "Cases",
    "Curated",
    "Purpose",
    "Refused",
    "Split",
    "asks_the_same",
    "choose",
    "curate",
    "percent",
    "preview",
    "same_question",
]
