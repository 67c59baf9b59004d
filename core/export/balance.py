"""What an export consists of, and what a team should know before it uses it.

A dataset can be clean row by row and still teach little: one question a hundred times, one user's
taste, one week's trouble. The counts show it, the warnings say it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from core.curate import Case
from core.curate.holdout import sides
from core.redaction.finding import NUMBERED
from core.store import Store
from core.store import balance as stored

ENOUGH = 20
"""Rows under which shares say nothing."""

FEW_QUESTIONS = 10
ONE_QUESTION = 0.2  # of all rows: a question that stands in more of them outweighs the others
ONE_PERSON = 0.5
LONGEST_WEEK = 0.9

_LENGTHS = ((200, "up to 200 characters"), (1_000, "up to 1,000 characters"))
_TELLING = 30  # letters without which a language is a guess
_LOOKED_AT = 2_000  # rows whose language is found out


class Balance(msgspec.Struct, frozen=True):
    """Counts of rows, by what and by value, the most frequent first; warnings in plain words."""

    groups: dict[str, dict[str, int]]
    warnings: tuple[str, ...]


def balance(store: Store, cases: Sequence[Case], *, sample: bool, cut: int) -> Balance:
    """Look at the cases of one export, made of what was stored up to `cut`."""
    now = sides(store, sample=sample, cut=cut)
    clusters = Counter(now.cluster(case.id) for case in cases)
    people = stored.people(store, [case.id for case in cases], sample=sample, cut=cut)
    raters = Counter(rater for row in people for rater in row["raters"] or ())
    reviewers = Counter(row["reviewer"] for row in people if row["reviewer"])
    weeks = _counted(
        f"{case.logged_at:%G, week %V}" if case.logged_at else "no time" for case in cases
    )
    groups = {
        "kind": _counted(case.kind for case in cases),
        "side": _counted(
            {"exam": "exam", "lesson": "may be learnt from"}[now.side(case.id)] for case in cases
        ),
        "version": _counted(case.agent_version or "none" for case in cases),
        "tag": _counted(tag for case in cases for tag in case.tags or ("none",)),
        "length": _counted(map(_length, cases)),
        "language": _counted(map(_language, islice(cases, _LOOKED_AT))),
        "week": weeks,
    }
    warnings = _warnings(len(cases), clusters, raters, reviewers, weeks)
    return Balance({name: dict(counts.most_common()) for name, counts in groups.items()}, warnings)


def _warnings(
    rows: int,
    clusters: Counter[str],
    raters: Counter[str],
    reviewers: Counter[str],
    weeks: Counter[str],
) -> tuple[str, ...]:
    if not rows:
        return ()
    if rows < ENOUGH:
        return (f"Only {rows} rows: whatever is measured or learnt with them is chance.",)
    found = []
    if len(clusters) < FEW_QUESTIONS:
        different = "question" if len(clusters) == 1 else "different questions"
        found.append(f"Only {len(clusters)} {different} in {rows:,} rows.")
    ((first, most),) = clusters.most_common(1)
    if most > ONE_QUESTION * rows:
        found.append(f"{most / rows:.0%} of the rows ask what {first} asks.")
    rater = max(raters.values(), default=0)
    if rater > ONE_PERSON * rows:
        found.append(f"One user's votes are behind {rater / rows:.0%} of the rows.")
    reviewer = max(reviewers.values(), default=0)
    if reviewer > ONE_PERSON * rows and len(reviewers) > 1:  # a team of one has no choice
        found.append(f"One reviewer decided {reviewer / rows:.0%} of the rows.")
    week, most = weeks.most_common(1)[0]
    if week != "no time" and most > LONGEST_WEEK * rows:
        found.append(f"{most / rows:.0%} of the rows are of {week}: its troubles, not the usual.")
    return tuple(text.replace("%", " %") for text in found)


def _counted(values: Iterable[str]) -> Counter[str]:
    return Counter(values)


def _length(case: Case) -> str:
    length = len(case.question) + len(case.expected or "")
    return next((words for most, words in _LENGTHS if length <= most), "more than 1,000 characters")


def _language(case: Case) -> str:
    from py3langid import classify  # its model takes a moment to load

    text = NUMBERED.sub(" ", f"{case.question}\n{case.expected or case.rejected_answer}")
    if sum(map(str.isalpha, text)) < _TELLING:
        return "too short to tell"
    return str(classify(text)[0])
