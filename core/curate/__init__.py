"""Which interactions become data, and as what: signal + decision -> case, or a reason why not.

One function for every format, so that a preview, a file and the lines shown after a decision can
never disagree.
"""

from core.curate.cases import EXCLUSIONS, Case, Curated, Purpose, curate
from core.curate.holdout import RECOMMENDED, Refused, Split, choose, percent, preview, same_question

__all__ = [
    "EXCLUSIONS",
    "RECOMMENDED",
    "Case",
    "Curated",
    "Purpose",
    "Refused",
    "Split",
    "choose",
    "curate",
    "percent",
    "preview",
    "same_question",
]
