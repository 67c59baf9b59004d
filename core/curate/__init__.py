"""Which interactions become data, and as what: signal + decision -> case, or a reason why not.

One function for every format, so that a preview, a file and the lines shown after a decision can
never disagree.
"""

from core.curate.cases import EXCLUSIONS, KINDS, Case, Curated, Purpose, curate

__all__ = ["EXCLUSIONS", "KINDS", "Case", "Curated", "Purpose", "curate"]
