"""The store: its file, its events, and what is derived from them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import duckdb
import pytest

from core import review
from core.pipeline import record_redactor
from core.records import SafeFeedback, SafeInteraction, Signal
from core.store import (
    DatabaseBusy,
    DatabaseError,
    Stale,
    Store,
    decisions,
    log,
    migrations,
    reports,
)
from core.store.log import LoadCounts, Slice, StoredReject
from core.store.state import NO_CUT, STATE

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANSWER = "It is four."


def interaction(id_: str, *, answer: str = ANSWER, logged_at: datetime | None = START) -> Any:
    return SafeInteraction(
        id=id_,
        content_key=f"key of {id_}",
        logged_at=logged_at,
        question=f"What is {id_}?",
        answer=answer,
        history=(),
        sources=(),
        agent_version=None,
        model=None,
        session_id=None,
        user_ref=None,
        tags=(),
        consent=None,
        metadata={},
        redaction_version="1",
        counts={},
    )


class Votes:
    """Makes votes with keys of their own; `day` counts from the first of the month."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(
        self,
        id_: str,
        signal: Signal,
        correction: str | None = None,
        *,
        rater: str | None = None,
        day: int | None = None,
    ) -> SafeFeedback:
        self.made += 1
        return SafeFeedback(
            interaction_id=id_,
            event_key=f"event {self.made}",
            signal=signal,
            at=None if day is None else START + timedelta(days=day),
            correction=correction,
            comment=None,
            tags=(),
            rater_ref=rater,
            redaction_version="1",
            counts={},
        )


@pytest.fixture
def vote() -> Votes:
    return Votes()


def put(store: Store, *records: Any, now: datetime = NOW, sample: bool = False) -> None:
    """Store records as one load of one slice."""
    part = Slice(first_line=1, last_line=len(records))
    for line, record in enumerate(records, 1):
        if isinstance(record, SafeInteraction):
            part.interactions.append((line, record))
        else:
            part.feedback.append((line, record))
    load = log.begin_load(store, "log", now, is_sample=sample)[0]
    log.store_slice(store, load, "log", part, LoadCounts(), now, is_sample=sample)
    log.finish_load(store, load, now)


def state(store: Store, id_: str, cut: int = NO_CUT) -> dict[str, Any]:
    names = "signal, correction, conflict, ups, downs, edits, reviewable, status, revision"
    (row,) = store.rows(
        f"{STATE} SELECT {names} FROM state WHERE id = $id",
        {"cut": cut, "sample": False, "id": id_},
    )
    return row


# ---- the file -------------------------------------------------------------------------------


def test_migrations_are_taken_once_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.duckdb"
    recorded = [
        {"number": number, "name": step.__name__}
        for number, step in enumerate(migrations.STEPS, start=1)
    ]
    assert recorded[0] == {"number": 1, "name": "_first_tables"}
    for _ in range(2):
        with Store(path) as store:
            assert store.rows("SELECT * FROM migrations ORDER BY number") == recorded
            if not log.has_rows(store, sample=False):
                put(store, interaction("q-1"))

    def one_more(cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("CREATE TABLE more (n INTEGER)")
        cursor.execute("INSERT INTO more VALUES (1)")

    def broken(cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("CREATE TABLE half (n INTEGER)")
        raise RuntimeError("broken step")

    steps = migrations.STEPS
    monkeypatch.setattr(migrations, "STEPS", (*steps, one_more, broken))
    with pytest.raises(RuntimeError, match="broken step"):
        Store(path)
    # All or nothing: neither the good new step nor half of the broken one is left.
    monkeypatch.setattr(migrations, "STEPS", steps)
    with Store(path) as store:
        assert store.rows("SELECT * FROM migrations ORDER BY number") == recorded
        assert store.rows("SELECT 1 FROM duckdb_tables() WHERE table_name IN ('more','half')") == []
    monkeypatch.setattr(migrations, "STEPS", (*steps, one_more))
    for _ in range(2):
        with Store(path) as store:
            assert store.rows("SELECT * FROM more") == [{"n": 1}]
            assert store.rows("SELECT id FROM interactions") == [{"id": "q-1"}]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A database that another process has open, and that process."""
    path = tmp_path / "held.duckdb"
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True)\n"
    script += "sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        yield path, child
        child.kill()


def test_a_database_in_use_says_by_whom_and_what_to_do(
    held: tuple[Path, subprocess.Popen[bytes]],
) -> None:
    path, holder = held
    with pytest.raises(DatabaseBusy) as error:
        Store(path)
    assert str(error.value).startswith(f"{path} is in use by process {holder.pid}, ")
    for way in ("do this in the app", "stop the app", "--db"):
        assert way in str(error.value)
    holder.kill()
    holder.wait()
    with Store(path) as store:
        assert store.rows("SELECT 1 AS one") == [{"one": 1}]


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    junk = tmp_path / "junk.duckdb"
    junk.write_bytes(b"jane@example.com " * 1000)
    with pytest.raises(DatabaseError) as error:
        Store(junk)
    assert str(error.value).startswith(f"{junk} cannot be opened as a database: ")
    assert "jane" not in str(error.value)
    assert junk.read_bytes() == b"jane@example.com " * 1000
    with pytest.raises(DatabaseError, match="cannot be opened as a database"):
        Store(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as error:
        Store(tmp_path / "none" / "a.duckdb")
    assert str(error.value) == (
        f"{tmp_path / 'none'} is not a folder, so a.duckdb cannot be made there."
    )


def test_the_engine_fetches_nothing(store: Store) -> None:
    names = ("autoinstall_known_extensions", "autoload_known_extensions")
    rows = store.rows("SELECT name, value FROM duckdb_settings() WHERE name IN ?", [list(names)])
    assert {row["name"]: row["value"] for row in rows} == dict.fromkeys(names, "false")


# ---- transactions ---------------------------------------------------------------------------


def test_a_write_that_fails_leaves_nothing(store: Store, vote: Votes) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as cursor:
        cursor.execute("INSERT INTO claims VALUES ('q-1', 'Ann', now()::TIMESTAMP)")
        raise ZeroDivisionError
    assert store.rows("SELECT * FROM claims") == []

    put(store, interaction("q-1"))
    load = log.begin_load(store, "log", NOW, is_sample=False)[0]
    part = Slice(
        interactions=[(1, interaction("q-2")), (2, interaction("q-1"))],
        feedback=[(1, vote("q-2", "up"))],
        rejected=[StoredReject(3, 0, "why", "what")],
        first_line=1,
        last_line=3,
    )
    with pytest.raises(Stale):
        log.store_slice(store, load, "log", part, LoadCounts(lines=3), NOW, is_sample=False)
    assert store.rows("SELECT id FROM interactions") == [{"id": "q-1"}]
    assert store.rows("SELECT 1 FROM feedback") == log.rejects(store) == []
    assert log.loads(store)[0]["lines"] == 0


def test_every_event_has_one_number_in_the_order_stored(store: Store, vote: Votes) -> None:
    put(store, interaction("q-1"), vote("q-1", "down", "Five."), interaction("q-2"))
    decisions.append(
        store, "q-1", revision=0, action="approve", reviewer="Ann", now=NOW, redaction_version="1"
    )
    put(store, interaction("q-3"))
    rows = store.rows(
        "SELECT seq, id FROM interactions UNION ALL SELECT seq, event_key FROM feedback "
        "UNION ALL SELECT seq, action FROM decisions ORDER BY seq"
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, "q-1"),
        (2, "q-2"),
        (3, "event 1"),
        (4, "approve"),
        (5, "q-3"),
    ]
    assert log.last_event(store, sample=False) == 5


def test_texts_are_kept_to_the_letter(store: Store) -> None:
    odd = "a\x00b \u2028 \U0001f600 'quoted' \"twice\" \\n ; DROP TABLE x; -- é é \r\n\t "
    put(store, interaction(odd, answer=odd))
    (row,) = store.rows("SELECT id, answer FROM interactions")
    assert row == {"id": odd, "answer": odd}
    assert log.content_keys(store, [odd, "no"]) == {odd: f"key of {odd}"}
    assert decisions.item(store, odd) is not None


# ---- decisions ------------------------------------------------------------------------------


def decide(store: Store, action: Any, revision: int, **changed: Any) -> int:
    given: dict[str, Any] = {"reviewer": "Ann", "now": NOW, **changed}
    return review.decide(store, record_redactor(), "q-1", action, revision=revision, **given)


@pytest.fixture
def reviewed(store: Store, vote: Votes) -> Store:
    put(store, interaction("q-1"), vote("q-1", "down", "It is five."))
    return store


def test_decisions_are_appended_and_never_changed(reviewed: Store) -> None:
    seen: list[list[dict[str, Any]]] = [[]]

    def check() -> None:
        rows = decisions.history(reviewed, "q-1")
        assert rows[:-1] == seen[-1]
        seen.append(rows)

    assert decide(reviewed, "approve", 0) == 1
    check()
    assert decide(reviewed, "reject", 1, reason="unclear", note="hm", reviewer="Bob") == 2
    check()
    assert decide(reviewed, "edit", 2, answer="  It is six. ") == 3
    check()
    assert decide(reviewed, "reopen", 3) == 4
    check()
    rows = [
        (row["revision"], row["action"], row["final_answer"], row["reason"], row["note"])
        for row in decisions.history(reviewed, "q-1")
    ]
    assert rows == [
        (1, "approve", "It is five.", None, None),
        (2, "reject", None, "unclear", "hm"),
        (3, "edit", "It is six.", None, None),
        (4, "reopen", None, None, None),
    ]
    cuts = [row["seq"] for row in decisions.history(reviewed, "q-1")]
    statuses = [state(reviewed, "q-1", cut)["status"] for cut in [cuts[0] - 1, *cuts]]
    assert statuses == ["pending", "approved", "rejected", "edited", "pending"]


def test_a_decision_on_an_older_revision_is_stale(reviewed: Store) -> None:
    assert decide(reviewed, "approve", 0) == 1
    for revision in (0, 2):
        with pytest.raises(Stale) as error:
            decide(reviewed, "reject", revision, reviewer="Bob")
        assert str(error.value) == "Ann approved this item first (2026-11-23 12:00 UTC)."
    with pytest.raises(Stale):
        decisions.append(
            reviewed,
            "q-1",
            revision=0,
            action="reject",
            reviewer="B",
            now=NOW,
            redaction_version="1",
        )
    with pytest.raises(Stale):
        decisions.append(
            reviewed,
            "q-1",
            revision=5,
            action="reject",
            reviewer="B",
            now=NOW,
            redaction_version="1",
        )
    assert [row["action"] for row in decisions.history(reviewed, "q-1")] == ["approve"]


def test_of_racing_decisions_exactly_one_wins(store: Store, vote: Votes) -> None:
    racers = 8
    for race in range(3):
        id_ = f"race-{race}"
        put(store, interaction(id_), vote(id_, "down", "It is five."))
        barrier = Barrier(racers)
        outcomes: list[object] = []

        def run(
            reviewer: str,
            id_: str = id_,
            barrier: Barrier = barrier,
            outcomes: list[object] = outcomes,
        ) -> None:
            barrier.wait()
            try:
                outcomes.append(
                    review.decide(
                        store,
                        record_redactor(),
                        id_,
                        "approve",
                        revision=0,
                        reviewer=reviewer,
                        now=NOW,
                    )
                )
            except Stale as error:
                outcomes.append(str(error))

        threads = [Thread(target=run, args=(f"r{number}",)) for number in range(racers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (winner,) = decisions.history(store, id_)
        lost = f"{winner['reviewer']} approved this item first (2026-11-23 12:00 UTC)."
        assert sorted(outcomes, key=str) == [1] + [lost] * (racers - 1)


def test_threads_see_their_own_rows_only(store: Store) -> None:
    put(store, *(interaction(f"q-{number}") for number in range(50)))
    wrong: list[Any] = []

    def ask(number: int) -> None:
        for _ in range(30):
            rows = store.rows("SELECT id FROM interactions WHERE id = ?", [f"q-{number}"])
            if rows != [{"id": f"q-{number}"}]:
                wrong.append(rows)

    threads = [Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_skips_are_ones_own_and_raise_no_revision(reviewed: Store) -> None:
    assert decide(reviewed, "skip", 0) == 0
    assert decisions.queue(reviewed, sample=False, reviewer="Ann") == []
    assert len(decisions.queue(reviewed, sample=False, reviewer="Bob")) == 1
    assert len(decisions.queue(reviewed, sample=False)) == 1
    assert decisions.history(reviewed, "q-1") == []
    assert state(reviewed, "q-1")["revision"] == 0
    assert decide(reviewed, "approve", 0, reviewer="Bob") == 1


def test_a_claim_ends_by_time_or_decision(reviewed: Store) -> None:
    later = NOW + timedelta(minutes=10)
    assert decisions.claim(reviewed, "q-1", "Ann", NOW, later)
    assert not decisions.claim(reviewed, "q-1", "Bob", NOW, later)
    assert decisions.claim(reviewed, "q-1", "Ann", NOW, later)
    assert decisions.claim(reviewed, "q-1", "Bob", later, later + timedelta(minutes=10))
    decide(reviewed, "approve", 0, reviewer="Ann")
    assert reviewed.rows("SELECT * FROM claims") == []


# ---- what a state is ------------------------------------------------------------------------


def test_the_last_vote_of_a_rater_counts(store: Store, vote: Votes) -> None:
    put(
        store,
        interaction("down"),
        vote("down", "up", rater="a", day=1),
        vote("down", "down", "Five.", rater="a", day=2),
        # Their lines come in the wrong order: the time of the vote counts, not that of the line.
        interaction("up"),
        vote("up", "up", rater="a", day=2),
        vote("up", "down", "Five.", rater="a", day=1),
        # At the same moment the later line counts.
        interaction("same"),
        vote("same", "down", "Five.", rater="a", day=1),
        vote("same", "up", rater="a", day=1),
        # Nobody knows who: then it is one and the same.
        interaction("anonymous"),
        vote("anonymous", "up", day=1),
        vote("anonymous", "down", day=2),
    )
    down = {
        "signal": "down",
        "correction": "Five.",
        "conflict": False,
        "ups": 0,
        "downs": 1,
        "edits": 0,
        "reviewable": True,
        "status": "pending",
        "revision": 0,
    }
    up = {**down, "signal": "up", "correction": None, "ups": 1, "downs": 0, "reviewable": False}
    assert state(store, "down") == down
    assert state(store, "up") == up
    assert state(store, "same") == up
    assert state(store, "anonymous") == {**down, "correction": None}


def test_a_vote_without_a_time_was_given_when_the_answer_was_logged(
    store: Store, vote: Votes
) -> None:
    put(
        store,
        interaction("q-1"),
        vote("q-1", "down", rater="a", day=-1),
        vote("q-1", "up", rater="a"),
        interaction("q-2"),
        vote("q-2", "down", rater="a", day=1),
        vote("q-2", "up", rater="a"),
    )
    assert [state(store, id_)["signal"] for id_ in ("q-1", "q-2")] == ["up", "down"]


def test_raters_who_disagree_are_a_conflict(store: Store, vote: Votes) -> None:
    put(
        store,
        interaction("q-1"),
        vote("q-1", "down", "Five.", rater="a"),
        vote("q-1", "up", rater="b"),
    )
    now = state(store, "q-1")
    assert (now["conflict"], now["ups"], now["downs"], now["signal"]) == (True, 1, 1, "down")
    assert now["correction"] == "Five."
    put(store, vote("q-1", "up", rater="a", day=3))
    now = state(store, "q-1")
    assert (now["conflict"], now["ups"], now["downs"], now["signal"]) == (False, 2, 0, "up")


def test_a_correction_counts_until_its_rater_votes_up(store: Store, vote: Votes) -> None:
    put(
        store,
        interaction("q-1"),
        vote("q-1", "down", "Five.", rater="a", day=1),
        vote("q-1", "down", rater="a", day=2),
    )
    assert state(store, "q-1")["correction"] == "Five."
    put(store, vote("q-1", "down", "Six.", rater="b", day=3))
    assert state(store, "q-1")["correction"] == "Six."
    put(store, vote("q-1", "up", rater="b", day=4))
    assert state(store, "q-1")["correction"] == "Five."
    put(store, vote("q-1", "up", rater="a", day=4))
    assert state(store, "q-1")["correction"] is None
    put(store, vote("q-1", "down", rater="a", day=5))
    now = state(store, "q-1")
    assert (now["correction"], now["downs"], now["conflict"]) == (None, 1, True)


@pytest.mark.parametrize("same", [ANSWER, f"  {ANSWER} ", f"{ANSWER}\n", f"\r\n\t{ANSWER}"])
def test_a_correction_that_repeats_the_answer_is_none(store: Store, vote: Votes, same: str) -> None:
    put(
        store,
        interaction("down"),
        vote("down", "down", same),
        interaction("edit", answer=f"{ANSWER}\n"),
        vote("edit", "edit", same),
    )
    assert state(store, "down")["correction"] is None
    assert state(store, "down")["downs"] == 1
    now = state(store, "edit")
    assert (now["edits"], now["signal"], now["reviewable"]) == (0, None, False)


def test_an_edit_is_a_correction_that_comes_second(store: Store, vote: Votes) -> None:
    put(
        store,
        interaction("edit"),
        vote("edit", "edit", "Five.", rater="a", day=1),
        vote("edit", "up", rater="a", day=2),
        interaction("both"),
        vote("both", "down", "Said.", rater="a", day=1),
        vote("both", "edit", "Edited.", rater="b", day=2),
    )
    now = state(store, "edit")
    assert (now["signal"], now["correction"], now["edits"], now["ups"]) == ("edit", "Five.", 1, 1)
    assert now["reviewable"]
    now = state(store, "both")
    assert (now["signal"], now["correction"], now["edits"]) == ("down", "Said.", 1)


def test_retry_and_resolved_only_rank(store: Store, vote: Votes) -> None:
    put(
        store,
        interaction("retry"),
        vote("retry", "retry"),
        interaction("resolved"),
        vote("resolved", "resolved"),
        interaction("none"),
        *(part for id_ in ("1-calm", "2-plain", "3-angry") for part in (interaction(id_),)),
        *(vote(id_, "down") for id_ in ("1-calm", "2-plain", "3-angry")),
        vote("1-calm", "resolved"),
        vote("3-angry", "retry"),
        vote("3-angry", "retry"),
    )
    for id_, signal_ in (("retry", "retry"), ("resolved", "resolved"), ("none", None)):
        now = state(store, id_)
        assert (now["signal"], now["reviewable"], now["correction"]) == (signal_, False, None)
    order = [row["id"] for row in decisions.queue(store, sample=False)]
    assert order == ["3-angry", "2-plain", "1-calm"]


def test_of_equal_weight_the_newest_comes_first(store: Store, vote: Votes) -> None:
    days = {"b-old": 1, "a-old": 1, "new": 2}
    put(
        store,
        interaction("never", logged_at=None),
        *(interaction(id_, logged_at=START + timedelta(days=day)) for id_, day in days.items()),
        *(vote(id_, "down", day=5) for id_ in ("never", *days)),
    )
    rows = decisions.queue(store, sample=False)
    assert [row["id"] for row in rows] == ["new", "a-old", "b-old", "never"]
    assert [row["id"] for row in decisions.queue(store, sample=False, limit=2)] == ["new", "a-old"]


def test_a_cut_off_shows_what_was_known_then(store: Store, vote: Votes) -> None:
    put(store, interaction("q-1"))
    put(store, vote("q-1", "down", "Five.", rater="a", day=2))
    # Given earlier, heard of later.
    put(store, vote("q-1", "up", rater="b", day=1))
    decide(store, "approve", 0)
    put(store, vote("q-1", "up", rater="a", day=9))
    seen = [state(store, "q-1", cut) for cut in range(1, 6)]
    assert [(now["signal"], now["conflict"], now["status"]) for now in seen] == [
        (None, False, "pending"),
        ("down", False, "pending"),
        ("down", True, "pending"),
        ("down", True, "approved"),
        ("up", False, "approved"),
    ]
    with pytest.raises(ValueError, match="not enough values"):
        state(store, "q-1", 0)


def test_as_of_is_the_last_event_stored_by_then(store: Store, vote: Votes) -> None:
    hour = timedelta(hours=1)
    assert (
        log.last_event(store, sample=False) == log.last_event(store, sample=False, as_of=NOW) == 0
    )
    put(store, interaction("q-1"), vote("q-1", "down", "Five."), now=NOW)
    put(store, interaction("q-2"), now=NOW + hour)
    decide(store, "approve", 0, now=NOW + 2 * hour)
    moments = [NOW - hour, NOW, NOW + hour / 2, NOW + hour, NOW + 2 * hour, None]
    assert [log.last_event(store, sample=False, as_of=moment) for moment in moments] == [
        0,
        2,
        2,
        3,
        4,
        4,
    ]


def test_sample_and_own_rows_never_meet(store: Store, vote: Votes) -> None:
    put(store, interaction("own"), vote("own", "down"))
    put(store, interaction("sample"), vote("sample", "up"), sample=True)
    stats = {sample: reports.stats(store, sample=sample) for sample in (False, True)}
    seen = [[stats[scope][name] for name in ("interactions", "up", "down")] for scope in stats]
    assert seen == [[1, 0, 1], [1, 1, 0]]
    assert [row["id"] for row in decisions.queue(store, sample=False)] == ["own"]
    assert decisions.queue(store, sample=True) == []


def test_clearing_the_sample_leaves_the_record_that_it_was_here(store: Store, vote: Votes) -> None:
    put(store, interaction("q-1"), vote("q-1", "down", "Five."))
    put(store, interaction("s-1"), vote("s-1", "down", "Five."), sample=True)
    decisions.append(
        store, "s-1", revision=0, action="approve", reviewer="Ann", now=NOW, redaction_version="1"
    )
    decisions.skip(store, "s-1", "Bob", NOW)
    decisions.claim(store, "s-1", "Bob", NOW, NOW)
    log.clear_sample(store, NOW)
    for table in ("interactions", "feedback", "decisions", "skips", "claims"):
        assert "s-1" not in json.dumps(store.rows(f"SELECT * FROM {table}"), default=str)
    assert reports.stats(store, sample=False)["down"] == 1
    assert [(row["is_sample"], row["cleared_at"]) for row in log.loads(store)] == [
        (True, NOW.replace(tzinfo=None)),
        (False, None),
    ]
