"""What two exports differ in, item by item, and what happened between them that made it so.

Exports of different formats are compared by their items. Who came in, who went, and whose revision
or row is another one comes from the ledger; why an item was in only one of them is asked of the
same rules that made them, at both cut-offs.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from core.curate import EXCLUSIONS, Case
from core.curate.clusters import folded
from core.export.formats import FORMATS
from core.export.history import Made
from core.export.prepare import ExportRefused, curated_for
from core.records import Turn
from core.store import Store, exports, reported, rewrite
from core.store.exports import Candidate

_DONE = {"approve": "approved", "edit": "edited", "reject": "rejected", "reopen": "reopened"}


class Act(msgspec.Struct, frozen=True):
    """Something that was said of or decided on an item, by whom (empty: by a user), when, and the
    reason given or what it took back."""

    what: str
    by: str
    at: datetime
    more: str = ""

    def words(self, when: Callable[[datetime], str]) -> str:
        """As in "rejected by Ann (unclear), 23 Nov 2026"; `when` says a time."""
        by = f" by {self.by}" if self.by else ""
        more = f" ({self.more})" if self.more else ""
        return f"{self.what}{by}{more}, {when(self.at)}"


class Change(msgspec.Struct, frozen=True):
    """An item that differs: its revision in each export (None: it is not in there), and why."""

    id: str
    before: int | None
    after: int | None
    because: tuple[str, ...]
    acts: tuple[Act, ...]

    @property
    def revisions(self) -> str:
        """As in "revision 1", or "revision 1, then 2"."""
        known = [str(each) for each in (self.before, self.after) if each is not None]
        return f"revision {', then '.join(dict.fromkeys(known))}"

    def why(self, when: Callable[[datetime], str]) -> str:
        """All of it in words; `when` says a time."""
        return "; ".join([*self.because, *(act.words(when) for act in self.acts)])


class Difference(msgspec.Struct, frozen=True):
    """From the older export to the newer one; items by id."""

    before: Made
    after: Made
    added: list[Change]
    removed: list[Change]
    changed: list[Change]


class _Side:
    """One of the two exports, with what the rules say of every item at its cut-off."""

    def __init__(self, store: Store, made: Made) -> None:
        if made.format not in FORMATS:
            raise ExportRefused(f"{made.name} is of a format that there is no more.")
        self.made = made
        self.items = {item.interaction_id: item for item in exports.items(store, made.export_id)}
        curated = curated_for(
            store,
            FORMATS[made.format],
            sample=made.is_sample,
            cut=made.cut_off,
            without=made.taken_out,
        )
        self.cases = {case.id: case for case in curated.cases}
        self.left_out = {id_: why for why, ids in curated.excluded.items() for id_ in ids}
        self.asking: dict[str, list[Case]] = {}
        for case in curated.cases:
            self.asking.setdefault(folded(case.question), []).append(case)


def difference(store: Store, one: Made, other: Made) -> Difference:
    """How the newer of two exports differs from the older, whichever is named first.

    Raises `ExportRefused` when there is nothing to compare.
    """
    if one.export_id == other.export_id:
        raise ExportRefused(f"Both ids name the export {one.name}: name two.")
    if one.is_sample != other.is_sample:
        raise ExportRefused("One of them was made from the sample, the other from your own logs.")
    first, second = sorted((one, other), key=lambda made: (made.cut_off, made.seq))
    before, after = _Side(store, first), _Side(store, second)
    happened = exports.happened(store, after=first.cut_off, upto=second.cut_off)
    other_rows = _other_rows(store, first, second)
    texts = {
        row.id: row for row in exports.candidates(store, sample=first.is_sample, cut=second.cut_off)
    }

    def change(id_: str) -> Change:
        old, new = before.items.get(id_), after.items.get(id_)
        acts = tuple(_act(row) for row in happened.get(id_, ()))
        because: list[str] = []
        if old and new and not acts:
            because += _seen(before, after, id_) or other_rows or ["its row is another one"]
        elif not (old and new):
            without, holds = (after, before) if old else (before, after)
            because.append(f"not in {without.made.name}: {_missing(without, holds, id_, texts)}")
            if id_ not in before.left_out and id_ not in before.cases:
                acts = tuple(act for act in acts if act.by)  # votes came along with it
        was, is_now = (item.revision if item else None for item in (old, new))
        return Change(id_, was, is_now, tuple(because), acts)

    return Difference(
        first,
        second,
        added=[change(id_) for id_ in sorted(after.items.keys() - before.items.keys())],
        removed=[change(id_) for id_ in sorted(before.items.keys() - after.items.keys())],
        changed=[
            change(id_)
            for id_ in sorted(before.items.keys() & after.items.keys())
            if _differs(before, after, id_)
        ],
    )


def _differs(before: _Side, after: _Side, id_: str) -> bool:
    old, new = before.items[id_], after.items[id_]
    same_format = before.made.format == after.made.format
    return old.revision != new.revision or (same_format and old.row_hash != new.row_hash)


def _seen(before: _Side, after: _Side, id_: str) -> list[str]:
    """Whether what an item asks has come into a file to learn from, or gone out of all."""
    seen = [side.cases[id_].seen_in_training for side in (before, after) if id_ in side.cases]
    if len(seen) < 2 or seen[0] == seen[1]:
        return []
    return [f"what it asks is {'now' if seen[-1] else 'no longer'} learnt from"]


def _missing(side: _Side, holds: _Side, id_: str, texts: dict[str, Candidate]) -> str:
    """Why an item is not in an export, when the other one holds it."""
    if id_ not in texts:
        return "it is not stored any more"
    reason = side.left_out.get(id_)
    if reason == "duplicate" and (twin := _twin(side, texts[id_])):
        return f"duplicate of {twin}"
    if reason:
        return EXCLUSIONS[reason]
    if id_ not in side.cases:
        return "not loaded yet"
    if side.made.format != holds.made.format:
        return f"the format {side.made.format} has no row of it"
    return "what is stored of it has changed since"


def _twin(side: _Side, row: Candidate) -> str | None:
    """The item in an export that asks the same, the one with the same answer above all."""
    alike = [
        case
        for case in side.asking.get(folded(row.question), ())
        if case.history == msgspec.json.decode(row.history or "[]", type=tuple[Turn, ...])
    ]

    def other_answer(case: Case) -> bool:
        return folded(case.expected or "") != folded(row.final_answer or row.answer)

    return min(alike, key=lambda case: (other_answer(case), case.id)).id if alike else None


def _other_rows(store: Store, first: Made, second: Made) -> list[str]:
    """Why a row may be another one, though nothing was said of its item or decided on it."""
    since, until = sorted((first.exported_at, second.exported_at))
    found = []
    old, new = first.described, second.described
    if old["exporter"] != new["exporter"]:
        found.append(
            f"version {new['exporter']} of the exporter wrote it, {old['exporter']} before"
        )
    if old["redaction_versions"] != new["redaction_versions"]:
        now, then = (", ".join(each["redaction_versions"]) or "none" for each in (new, old))
        found.append(f"redaction version {now}, {then} before")
    if any(since <= row["reported_at"] <= until for row in reported.past(store)):
        found.append("personal data was reported between them")
    if any(since <= row["started_at"] <= until and row["changed"] for row in rewrite.runs(store)):
        found.append("stored text was redacted again between them")
    return found


def _act(row: dict[str, Any]) -> Act:
    if row["reviewer"] is None:
        return Act("a vote came", "", row["happened_at"], row["action"])
    undone = f"undoing revision {row['undoes']}" if row["undoes"] else None
    more = ", ".join(filter(None, (row["reason"], undone)))
    return Act(_DONE[row["action"]], row["reviewer"], row["happened_at"], more)
