"""The exam and its lessons, as they are stored: the clusters there are, and the side of each."""

from datetime import datetime

from core.curate.clusters import Question, links
from core.curate.sides import Arrived, Chosen, Event, Joined, Sides, Split, Trained
from core.keys import keyed_hash
from core.store import Store, holdout, log
from core.store.state import NO_CUT

RECOMMENDED = 20
"""Per cent: enough questions to tell a better agent from a worse one, and enough to learn from."""


LISTED = 8
"""Interactions of a cluster that a page lists."""


class Refused(Exception):
    """A share or a link that cannot be; the message says why."""


def link_new(store: Store, *, sample: bool) -> None:
    """Find the cluster of every interaction that came since; a second for some 10,000."""
    new = [_question(row) for row in holdout.unlinked(store, sample=sample)]
    if new:
        known = [
            (_question(row), bool(row["first"])) for row in holdout.linked(store, sample=sample)
        ]
        found = [(link.interaction_id, link.first_id, link.why) for link in links(known, new)]
        holdout.keep_links(store, found)


def sides(store: Store, *, sample: bool, cut: int = NO_CUT, choose: int | None = None) -> Sides:
    """Clusters and their sides as they were at a cut-off.

    choose: as if this share, in per cent, were chosen now. The sample is trained on by nobody.
    """
    link_new(store, sample=sample)
    arrived = holdout.arrived(store, sample=sample, cut=cut)
    keys = {id_: key for _, id_, key, _ in arrived}
    events: list[Event] = [Arrived(seq, id_, like) for seq, id_, _, like in arrived]
    events += [
        Joined(row["seq"], row["interaction_id"], row["other_id"])
        for row in holdout.joined(store, sample=sample, cut=cut)
    ]
    events += [
        Chosen(row["seq"], row["percent"]) for row in holdout.chosen(store, sample=sample, cut=cut)
    ]
    if not sample:
        events += [
            Trained(row["seq"], frozenset(row["ids"])) for row in holdout.trained(store, cut=cut)
        ]
    if choose is not None:
        events.append(Chosen(NO_CUT, choose))
    # The key of the deployment is the salt: who knows the questions cannot tell the exam's.
    return Sides(lambda id_: int(keyed_hash("holdout", keys[id_]), 16) % 100).play(events)


def percent(store: Store, *, sample: bool) -> int:
    """The share in force."""
    shares = holdout.chosen(store, sample=sample, cut=NO_CUT)
    return int(shares[-1]["percent"]) if shares else 0


def preview(store: Store, share: int, *, sample: bool) -> Split:
    """The clusters on either side if this share, in per cent, were chosen now."""
    return sides(store, sample=sample, choose=share).split()


def asks_the_same(store: Store, id_: str, *, sample: bool) -> tuple[list[str], bool]:
    """The other interactions of a cluster, by id, and whether it is kept for the exam."""
    now = sides(store, sample=sample)
    return now.others(id_), now.side(id_) == "exam"


def choose(store: Store, share: int, *, by: str, now: datetime, sample: bool) -> None:
    """Choose the share, in per cent. Raises `Refused` outside 0..90; the same again is nothing."""
    if not by.strip():
        raise Refused("Say who you are first: a choice is recorded with its name.")
    if not 0 <= share <= 90:
        raise Refused(f"A share of {share} % leaves nothing to learn from: choose 0 to 90 %.")
    if share != percent(store, sample=sample):
        holdout.choose(store, share, by=by, now=now, sample=sample)


def same_question(store: Store, id_: str, other_id: str, *, by: str, now: datetime) -> None:
    """A reviewer says that two interactions ask the same. For good: sides are never taken back.

    Raises `Refused` for an unknown one, for itself, and for the sample beside the team's own.
    """
    if not by.strip():
        raise Refused("Say who you are first: what you say is recorded with your name.")
    known = log.content_keys(store, [id_, other_id])
    if missing := {id_, other_id} - known.keys():
        raise Refused(f"There is no interaction {', '.join(sorted(missing))}.")
    if id_ == other_id:
        raise Refused("This is the item itself: give the id of another one.")
    if len(holdout.scopes(store, [id_, other_id])) > 1:
        raise Refused("One of the two is of the sample: it has nothing to do with your own data.")
    holdout.join(store, id_, other_id, by=by, now=now)


def _question(row: dict[str, str]) -> Question:
    return Question(row["id"], row["question"], row["session_id"])
