"""Exports made before: the same bytes by id or a loud no, and what two of them differ in."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from core import curate
from core import settings as config
from core.commands import main
from core.export import (
    FORMATS,
    Difference,
    ExportRefused,
    Prepared,
    difference,
    history,
    named,
    prepare,
    record,
    repeat,
)
from core.pipeline import load_file, record_redactor, redactor_of
from core.records import Action
from core.redaction import FAILED, VERSION
from core.reredaction import reredact
from core.review import decide, report, undo
from core.store import Store, exports, log, reported
from tests.exporting import archive_of, file_in, files_in

ANSWER, FIX = "Hold the left button.", "Hold the right button."
DOWN = {"signal": "down", "correction": FIX}
Load = Callable[..., None]


def answered(id_: str, *votes: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    line = {"id": id_, "question": f"Question {id_}?", "answer": ANSWER, "feedback": list(votes)}
    return {**line, **more}


LOG = (
    answered("liked", "up"),
    answered("fixed", DOWN),
    answered("waiting", DOWN),
    answered("silent"),
)


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any] | str) -> None:
        load_file(store, write_log(*lines))

    return into_store


@pytest.fixture
def filled(store: Store, load: Load) -> Store:
    """Two cases, one that waits, one without feedback."""
    load(*LOG)
    decided(store, "fixed", "approve")
    return store


def decided(store: Store, id_: str, action: Action, revision: int = 0, **more: Any) -> None:
    who: dict[str, Any] = {"reviewer": more.pop("reviewer", "Ann"), "now": datetime.now(UTC)}
    decide(store, record_redactor(), id_, action, revision=revision, **who, **more)


def made(store: Store, format_: str = "eval", **given: Any) -> Prepared:
    """An export that has left the house."""
    scan = redactor_of(store).redactor
    prepared = prepare(store, scan, format_, sample=given.pop("sample", False), **given)
    record(store, prepared, datetime.now(UTC))
    return prepared


def again(store: Store, prepared: Prepared) -> Prepared:
    return repeat(store, redactor_of(store).redactor, named(store, prepared.export_id))


def refusal(store: Store, prepared: Prepared) -> str:
    with pytest.raises(ExportRefused) as refused:
        again(store, prepared)
    start = (
        f"Export {prepared.format.name} {prepared.export_id[:8]} cannot be made again, and other "
        "bytes are not given under its id. "
    )
    end = " Make a new export, and delete the files of this one."
    words = str(refused.value)
    assert words.startswith(start) and words.endswith(end), words
    return words[len(start) : -len(end)]


def change(store: Store, sql: str, *given: object) -> None:
    with store.write() as cursor:
        cursor.execute(sql, list(given))


# ---- the same bytes by id -------------------------------------------------------------------


def test_whatever_comes_later_an_id_gives_its_bytes(filled: Store, load: Load) -> None:
    old = [
        made(filled),
        made(filled, "messages"),
        made(filled, without=["liked"]),
        made(filled, as_of=datetime(2020, 1, 1, tzinfo=UTC)),
    ]
    packed = [archive_of(each) for each in old]
    load(answered("new", "up"), answered("same", "up", question="Question liked?"))
    load({"type": "feedback", "interaction_id": "liked", "signal": "down", "rater": "another"})
    decided(filled, "waiting", "approve")
    decided(filled, "fixed", "edit", 1, answer="Hold both.")
    decided(filled, "fixed", "reject", 2)
    made(filled)
    for before, content in zip(old, packed, strict=True):
        repeated = again(filled, before)
        assert repeated.export_id == before.export_id
        assert files_in(repeated) == files_in(before)
        assert archive_of(repeated) == content
        assert repeated.manifest == msgspec.to_builtins(before.manifest)
    assert len(exports.made(filled, sample=False)) == 5


def test_a_cut_off_of_an_earlier_export_gives_the_same_id(filled: Store, load: Load) -> None:
    old = made(filled)
    load(answered("new", "up"))
    assert made(filled, cut=old.manifest["cut_off"]).export_id == old.export_id


def test_a_version_of_redaction_that_changes_no_text_changes_no_byte(filled: Store) -> None:
    for table in ("interactions", "feedback", "decisions"):
        change(filled, f"UPDATE {table} SET redaction_version = '0'")
    old = [made(filled), made(filled, "messages")]
    assert b'"redaction_version":"0"' in file_in(old[0], "eval.jsonl")
    assert reredact(filled).changed == 0
    for each in old:
        assert files_in(again(filled, each)) == files_in(each)


def test_what_could_not_be_checked_then_stays_out(filled: Store) -> None:
    text = filled.rows("SELECT question FROM interactions WHERE id = 'liked'")[0]["question"]
    change(filled, "UPDATE interactions SET question = ? WHERE id = 'liked'", FAILED)
    old = made(filled)
    change(filled, "UPDATE interactions SET question = ? WHERE id = 'liked'", text)
    assert len(made(filled).cases) == 2
    assert files_in(again(filled, old)) == files_in(old)


def test_manifests_that_name_no_settings_are_read_too(filled: Store) -> None:
    """As the first ones did not."""
    new = made(filled)
    manifest = json.loads(file_in(new, "manifest.json"))
    body = {k: v for k, v in manifest.items() if k not in ("export_id", "settings")}
    packed = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    id_ = hashlib.sha256(packed).hexdigest()
    text = json.dumps({"export_id": id_, **body}, indent=2) + "\n"
    change(filled, "UPDATE exports SET export_id = ?, manifest = ?", id_, text)
    change(filled, "UPDATE export_items SET export_id = ?", id_)
    repeated = repeat(filled, redactor_of(filled).redactor, named(filled, id_))
    assert file_in(repeated, "manifest.json").decode() == text
    assert id_ in file_in(repeated, "README.md").decode()


# ---- a loud no ------------------------------------------------------------------------------


def report_of(store: Store, value: str) -> None:
    now = datetime.now(UTC)
    report.take_out(store, redactor_of(store), value, kind="PERSON", reporter="Ann", now=now)


def test_not_after_a_report_of_personal_data(filled: Store, load: Load) -> None:
    load(answered("other", "up", answer="Turn it off."))
    old, other = made(filled), made(filled, without=["liked", "fixed"])
    before = files_in(other)  # its files go with what was reported
    report_of(filled, "left")
    today = datetime.now(UTC)
    assert refusal(filled, old) == (
        f"It held personal data that a reviewer reported (superseded on {today:%Y-%m-%d}). 2 of "
        "its 3 rows differ from what is stored now: changed by a report of personal data: fixed, "
        "liked."
    )
    assert files_in(again(filled, other)) == before


def test_not_where_the_ledger_itself_named_personal_data(filled: Store, load: Load) -> None:
    load(answered("Quuxley-1", "up"))
    old = made(filled)
    report_of(filled, "Quuxley")
    words = refusal(filled, old)
    assert "Its manifest named an id that was replaced since." in words
    assert "Quuxley" not in words


def test_not_after_a_redaction_that_found_something(filled: Store) -> None:
    old, without = made(filled), made(filled, without=["liked"])
    before = files_in(without)
    change(
        filled,
        "UPDATE interactions SET answer = 'Ask bob@example.com', redaction_version = '0' "
        "WHERE id = 'liked'",
    )
    assert reredact(filled).changed == 1
    words = refusal(filled, old)
    assert words.startswith("It held what was found when stored text was redacted again (superse")
    assert "1 of its 2 rows differs from what is stored now: another row today: liked." in words
    assert files_in(again(filled, without)) == before


def test_rows_of_another_version_are_told_apart(filled: Store) -> None:
    old = made(filled)
    change(
        filled,
        "UPDATE interactions SET answer = 'Hold none.', redaction_version = '99' "
        "WHERE id = 'liked'",
    )
    assert refusal(filled, old) == (
        "1 of its 2 rows differs from what is stored now: redacted again since: liked."
    )


def test_not_what_is_stored_no_more(filled: Store) -> None:
    old = made(filled)
    change(filled, "DELETE FROM interactions WHERE id IN ('liked', 'fixed')")
    assert refusal(filled, old) == (
        "2 of its 2 rows differ from what is stored now: not stored any more: fixed, liked."
    )


def test_a_long_list_of_items_is_cut(store: Store, load: Load) -> None:
    load(*(answered(f"q-{number:02}", "up") for number in range(12)))
    old = made(store)
    change(store, "UPDATE interactions SET answer = answer || '!'")
    assert refusal(store, old).endswith("q-08, q-09 and 2 more.")


def test_not_with_other_settings(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = made(filled)
    (file := tmp_path / "settings.toml").write_text(
        config.SETTINGS_FILE.read_text("utf-8").replace("min_question = 3", "min_question = 16")
    )
    monkeypatch.setattr(config, "SETTINGS_FILE", file)
    config.settings.cache_clear()
    assert refusal(filled, old) == (
        "The settings for exports have changed: min_question was 3 and is 16. 2 of its 2 rows "
        "differ from what is stored now: left out today (the question or the answer is too short): "
        "fixed, liked."
    )


def test_not_by_another_exporter(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made(filled)
    monkeypatch.setattr(history, "EXPORTER", "next")
    assert files_in(again(filled, old)) == files_in(old)  # the rows are the same all the same

    rows = FORMATS["eval"].rows
    other = msgspec.structs.replace(
        FORMATS["eval"], rows=lambda case: [{**row, "new": 1} for row in rows(case)]
    )
    monkeypatch.setitem(FORMATS, "eval", other)
    version = old.manifest["exporter"]
    assert f"Version {version} of the exporter made it, this is next." in refusal(filled, old)


def test_not_when_the_scan_finds_something_today(filled: Store) -> None:
    old = made(filled)
    change(
        filled,
        "INSERT INTO reported VALUES (1, ?, 1, 'PERSON', 'Ann', now(), 0, 0, 0, now())",
        mark_of("button"),
    )
    report.recognise(filled, redactor_of(filled))
    assert reported.marks(filled)
    with pytest.raises(ExportRefused, match=r"The last scan found .* fixed \(PERSON in expected\)"):
        again(filled, old)


def mark_of(value: str) -> str:
    from core.redaction.reported import keyed_mark, words_of

    return keyed_mark(words_of(value))


def test_not_after_the_sample_was_cleared(filled: Store, load: Load) -> None:
    load(answered("shipped", "up"))
    for table, column in (("interactions", "id"), ("feedback", "interaction_id")):
        change(filled, f"UPDATE {table} SET is_sample = true WHERE {column} = 'shipped'")
    change(filled, "UPDATE loads SET is_sample = true WHERE id = 2")
    shipped, own = made(filled, sample=True), made(filled)
    assert files_in(again(filled, shipped)) == files_in(shipped)
    log.clear_sample(filled, datetime.now(UTC))
    assert files_in(again(filled, own)) == files_in(own)
    with pytest.raises(ExportRefused) as refused:
        again(filled, shipped)
    assert str(refused.value) == (
        f"There is no export {shipped.export_id} in the ledger. The sample was cleared on "
        f"{datetime.now(UTC):%Y-%m-%d}, and the exports made from it with it."
    )


# ---- ids and their beginnings ---------------------------------------------------------------


def test_an_id_is_known_by_its_beginning(filled: Store) -> None:
    one, other = made(filled), made(filled, "messages")
    for text in (one.export_id, one.export_id[:6], f" {one.export_id[:9].upper()} "):
        assert named(filled, text).export_id == one.export_id
    assert named(filled, other.export_id[:7]).name == f"messages {other.export_id[:8]}"
    for id_, text in ((one.export_id, "ab"), (other.export_id, "cd")):
        change(filled, "UPDATE exports SET export_id = ? WHERE export_id = ?", "0" * 62 + text, id_)
    for text, words in (
        ("000000", f"000000 begins the ids of 2 exports, say more of it: {'0' * 62}ab, "),
        ("123abc", "There is no export 123abc in the ledger."),
        ("00000", "00000 is no export id: give at least its first 6 digits (0-9, a-f)."),
        ("eval-1", "eval-1 is no export id"),
        ("0" * 65, "0"),
        ("", " is no export id"),
    ):
        with pytest.raises(ExportRefused, match=re.escape(words)):
            named(filled, text)


def test_the_exports_of_an_item(filled: Store) -> None:
    assert exports.of_item(filled, "liked") == []
    one, other = made(filled), made(filled, "messages")
    change(filled, "UPDATE exports SET superseded_at = now() WHERE format = 'eval'")
    rows = exports.of_item(filled, "fixed")
    assert [(row["export_id"], row["revision"]) for row in rows] == [
        (other.export_id, 1),
        (one.export_id, 1),
    ]
    assert [bool(row["superseded_at"]) for row in rows] == [False, True]
    assert exports.of_item(filled, "silent") == []


# ---- what two of them differ in -------------------------------------------------------------


def between(store: Store, one: Prepared, other: Prepared) -> Difference:
    return difference(store, named(store, one.export_id), named(store, other.export_id))


def told(found: Difference) -> dict[str, dict[str, str]]:
    """Kind -> item -> why."""
    return {
        kind: {each.id: f"{each.revisions}: {each.why(lambda _: 'today')}" for each in changes}
        for kind in ("added", "removed", "changed")
        if (changes := getattr(found, kind))
    }


def test_what_was_added_removed_and_changed_and_why(filled: Store, load: Load) -> None:
    load(
        answered("doubted", "up"),
        answered("kept", "up"),
        answered("reworded", DOWN),
        answered("reopened", DOWN),
        answered("undone", DOWN),
    )
    for id_ in ("reworded", "reopened", "undone"):
        decided(filled, id_, "approve")
    old = made(filled)
    load(answered("new", "up"), answered("new-fixed", DOWN))
    load({"type": "feedback", "interaction_id": "doubted", "signal": "down", "rater": "another"})
    decided(filled, "waiting", "approve", reviewer="Bob")
    decided(filled, "new-fixed", "edit", answer="Hold none.")
    decided(filled, "fixed", "reject", 1, reason="unclear")
    decided(filled, "reworded", "edit", 1, answer="Hold both.")
    decided(filled, "reopened", "reopen", 1)
    decided(filled, "undone", "reject", 1)
    undo(filled, reviewer="Ann", now=datetime.now(UTC), sample=False)
    new = made(filled)
    found = between(filled, old, new)
    assert (found.before.export_id, found.after.export_id) == (old.export_id, new.export_id)
    before, after = f"not in eval {old.export_id[:8]}", f"not in eval {new.export_id[:8]}"
    assert told(found) == {
        "added": {
            "new": f"revision 0: {before}: not loaded yet",
            "new-fixed": f"revision 1: {before}: not loaded yet; edited by Ann, today",
            "waiting": f"revision 1: {before}: waits for a reviewer; approved by Bob, today",
        },
        "removed": {
            "doubted": f"revision 0: {after}: raters disagree and no reviewer has decided; "
            "a vote came (down), today",
            "fixed": f"revision 1: {after}: a reviewer rejected it; rejected by Ann (unclear), "
            "today",
            "reopened": f"revision 1: {after}: waits for a reviewer; reopened by Ann, today",
        },
        "changed": {
            "reworded": "revision 1, then 2: edited by Ann, today",
            "undone": "revision 1, then 3: rejected by Ann, today; approved by Ann (undoing "
            "revision 2), today",
        },
    }
    assert told(between(filled, new, old)) == told(found)  # the older one comes first
    assert [(each.before, each.after) for each in found.changed] == [(1, 2), (1, 3)]


def test_what_was_taken_out_by_hand(filled: Store) -> None:
    old, new = made(filled), made(filled, without=["liked"])
    assert told(between(filled, old, new)) == {
        "removed": {
            "liked": f"revision 0: not in eval {new.export_id[:8]}: taken out by hand after the "
            "scan"
        }
    }


def test_what_became_a_duplicate_is_said_of_which(filled: Store, load: Load) -> None:
    old = made(filled)
    load(answered("better", DOWN, question=" question LIKED? ", answer="Turn it."))
    decided(filled, "better", "approve")
    new = made(filled)
    assert told(between(filled, old, new))["removed"] == {
        "liked": f"revision 0: not in eval {new.export_id[:8]}: duplicate of better"
    }


def test_exports_of_two_formats_are_compared_by_their_items(filled: Store, load: Load) -> None:
    load(answered("again", "up", question="Question liked?", answer="Push it."))
    assert told(between(filled, made(filled), made(filled, "messages"))) == {
        "added": {
            "liked": f"revision 0: not in eval {made(filled).export_id[:8]}: duplicate of again"
        }
    }


def test_nothing_differs(filled: Store, load: Load) -> None:
    old = made(filled)
    load(answered("later"))
    assert told(between(filled, old, made(filled))) == {}
    assert told(between(filled, old, made(filled, "messages"))) == {}


def test_a_question_that_turns_out_to_be_learnt_from(filled: Store, load: Load) -> None:
    made(filled, "messages")
    curate.choose(filled, 90, by="Ann", now=datetime.now(UTC), sample=False)
    load(*(answered(f"fresh-{n}", "up", question=f"{'abcdefgh'[n] * 30}?") for n in range(8)))
    old = made(filled)
    fresh = next(case.id for case in old.cases if not case.seen_in_training)
    curate.same_question(filled, fresh, "liked", by="Ann", now=datetime.now(UTC))
    assert told(between(filled, old, made(filled))) == {
        "changed": {fresh: "revision 0: what it asks is now learnt from"}
    }


def test_a_row_that_changed_for_no_known_reason(filled: Store, load: Load) -> None:
    old = made(filled)
    change(
        filled,
        "UPDATE export_items SET row_hash = 'x' WHERE interaction_id = 'liked'",
    )
    load(answered("later"))
    assert told(between(filled, old, made(filled))) == {
        "changed": {"liked": "revision 0: its row is another one"}
    }


def test_a_row_that_another_exporter_wrote(filled: Store, load: Load) -> None:
    old = made(filled)
    change(
        filled,
        'UPDATE exports SET manifest = replace(manifest, \'"exporter": "\', \'"exporter": "x\')',
    )
    change(filled, "UPDATE export_items SET row_hash = 'x' WHERE interaction_id = 'liked'")
    load(answered("later"))
    version = old.manifest["exporter"]
    assert told(between(filled, old, made(filled))) == {
        "changed": {
            "liked": f"revision 0: version {version} of the exporter wrote it, x{version} before"
        }
    }


def test_rows_that_a_report_changed(filled: Store, load: Load) -> None:
    old = made(filled)
    report_of(filled, "left")
    load(answered("later"))
    why = "personal data was reported between them"
    assert told(between(filled, old, made(filled))) == {
        "changed": {"fixed": f"revision 1: {why}", "liked": f"revision 0: {why}"}
    }


def test_rows_that_were_redacted_again(filled: Store, load: Load) -> None:
    old = made(filled)
    change(
        filled,
        "UPDATE interactions SET answer = 'Ask bob@example.com', redaction_version = '0' "
        "WHERE id = 'liked'",
    )
    reredact(filled)
    load(answered("later"))
    assert told(between(filled, old, made(filled))) == {
        "changed": {"liked": "revision 0: stored text was redacted again between them"}
    }


def test_rows_that_name_another_version_of_redaction(filled: Store, load: Load) -> None:
    for table in ("interactions", "feedback", "decisions"):
        change(filled, f"UPDATE {table} SET redaction_version = '0'")
    old = made(filled)
    reredact(filled)
    load(answered("later"))
    why = f"redaction version {VERSION}, 0 before"
    assert told(between(filled, old, made(filled))) == {
        "changed": {"fixed": f"revision 1: {why}", "liked": f"revision 0: {why}"}
    }


def test_items_that_are_stored_no_more(filled: Store, load: Load) -> None:
    old = made(filled)
    change(filled, "DELETE FROM interactions WHERE id = 'liked'")
    load(answered("later"))
    new = made(filled)
    assert told(between(filled, old, new)) == {
        "removed": {
            "liked": f"revision 0: not in eval {new.export_id[:8]}: it is not stored any more"
        }
    }


def test_what_can_be_checked_now(filled: Store, load: Load) -> None:
    text = filled.rows("SELECT question FROM interactions WHERE id = 'liked'")[0]["question"]
    change(filled, "UPDATE interactions SET question = ? WHERE id = 'liked'", FAILED)
    old = made(filled)
    change(filled, "UPDATE interactions SET question = ? WHERE id = 'liked'", text)
    load(answered("later"))
    assert told(between(filled, old, made(filled))) == {
        "added": {
            "liked": f"revision 0: not in eval {old.export_id[:8]}: what is stored of it has "
            "changed since"
        }
    }


def test_what_cannot_be_compared(filled: Store, load: Load) -> None:
    load(answered("shipped", "up"))
    for table, column in (("interactions", "id"), ("feedback", "interaction_id")):
        change(filled, f"UPDATE {table} SET is_sample = true WHERE {column} = 'shipped'")
    own, shipped = made(filled), made(filled, sample=True)
    with pytest.raises(ExportRefused, match="One of them was made from the sample"):
        between(filled, own, shipped)
    with pytest.raises(ExportRefused, match="Both ids name the export eval"):
        between(filled, own, own)
    change(filled, "UPDATE exports SET format = 'gone' WHERE is_sample = false")
    old = made(filled)
    change(filled, "UPDATE exports SET format = 'gone'")
    assert old.export_id == own.export_id
    made(filled, "messages")
    with pytest.raises(ExportRefused, match="of a format that there is no more"):
        between(filled, own, made(filled, "messages"))


# ---- the commands ---------------------------------------------------------------------------


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def ask(*arguments: object) -> Any:
    result = run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return json.loads(result.stdout)


def refused(*arguments: object, code: int = 1) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (code, "")
    return result.stderr.removeprefix("Error: ").removesuffix("\n")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def loaded(tmp_path: Path, write_log: Callable[..., Path]) -> Path:
    """The database of the commands, with the log above in it."""
    database = tmp_path / "flywheel.duckdb"
    with Store(database) as store:
        load_file(store, write_log(*LOG))
        decided(store, "fixed", "approve")
    return database


def test_history_repetition_and_difference(loaded: Path, tmp_path: Path) -> None:
    assert ask("exports") == {"exports": []}
    assert run("exports").stdout == "No export was made yet.\n"
    first = ask("export", "eval", "--out", tmp_path / "first")
    run("decide", "waiting", "approve", "--reviewer", "Bob", "--revision", 0)
    second = ask("export", "eval", "--out", tmp_path / "second")

    newer, older = ask("exports")["exports"]
    assert older == {
        "export_id": first["export_id"],
        "format": "eval",
        "exported_at": older["exported_at"],
        "rows": 2,
        "cut_off": 8,
        "state": "in use",
        "because": None,
    }
    assert datetime.fromisoformat(older["exported_at"]) < datetime.now(UTC)
    assert newer["export_id"] == second["export_id"]
    line = run("exports").stdout.splitlines()[1]
    assert line.startswith(f"{first['export_id'][:8]}  eval        20")
    assert line.endswith(" UTC       2 rows  in use")

    repeated = ask("export", "--id", first["export_id"][:6], "--out", tmp_path / "again")
    assert files(tmp_path / "again") == files(tmp_path / "first")
    assert {**repeated, "files": None} == {**first, "files": None}
    assert repeated["files"][0]["sha256"] == first["files"][0]["sha256"]
    assert len(ask("exports")["exports"]) == 2

    found = ask("export-diff", second["export_id"], first["export_id"][:6])
    (added,) = found.pop("added")
    assert found == {
        "before": first["export_id"],
        "after": second["export_id"],
        "removed": [],
        "changed": [],
    }
    assert {key: added[key] for key in ("id", "before", "after")} == {
        "id": "waiting",
        "before": None,
        "after": 1,
    }
    assert re.fullmatch(
        rf"not in eval {first['export_id'][:8]}: waits for a reviewer; "
        r"approved by Bob, 20\d\d-\d\d-\d\d \d\d:\d\d UTC",
        added["why"],
    )
    text = run("export-diff", first["export_id"], second["export_id"]).stdout
    assert text == (
        f"From eval {first['export_id'][:8]} to eval {second['export_id'][:8]}:\n"
        f"1 added\n  waiting (revision 1): {added['why']}\n0 removed\n0 changed\n"
    )


def test_as_of_a_day_a_time_or_an_export(loaded: Path, tmp_path: Path) -> None:
    first = ask("export", "eval", "--out", tmp_path / "first")
    run("decide", "waiting", "approve", "--reviewer", "Bob", "--revision", 0)
    latest = ask("export", "eval", "--out", tmp_path / "latest")
    now = datetime.now(UTC)

    def as_of(text: object, format_: str = "eval") -> Any:
        return ask("export", format_, "--out", tmp_path / "out", "--as-of", text)

    assert as_of(first["export_id"][:8]) == {**first, "files": as_of(first["export_id"])["files"]}
    assert files(tmp_path / "out") == files(tmp_path / "first")
    assert as_of(first["export_id"], "messages")["files"][0]["rows"] == 2
    # The day that is not over yet: up to now.
    assert as_of(f"{now:%Y-%m-%d}")["export_id"] == latest["export_id"]
    assert as_of(f"{now - timedelta(days=1):%Y-%m-%d}")["files"][0]["rows"] == 0
    assert as_of("1700000000")["files"][0]["rows"] == 0  # a time, as no export is called so
    with Store(loaded) as store:
        change(store, "UPDATE interactions SET stored_at = TIMESTAMP '2026-03-01 23:59:59.5'")
        change(store, "UPDATE feedback SET stored_at = TIMESTAMP '2026-03-01 23:59:59.5'")
        change(store, "UPDATE decisions SET decided_at = TIMESTAMP '2026-03-02 00:00:00'")
    assert as_of("2026-03-01")["excluded"] == {"no_feedback": 1, "pending": 2}
    assert as_of("2026-03-02")["excluded"] == {"no_feedback": 1}
    assert as_of("2026-02-28")["excluded"] == {}


def test_what_the_commands_refuse(loaded: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    to = ("--out", out)
    assert refused("export", "eval", *to, "--as-of", "2999-01-01") == (
        "--as-of 2999-01-01 is in the future: what will be stored is not known yet."
    )
    assert refused("export", "eval", *to, "--as-of", "abcdef12") == (
        "There is no export abcdef12 in the ledger."
    )
    assert (
        refused("export", "--id", "abcdef12", *to) == "There is no export abcdef12 in the ledger."
    )
    assert refused("export", "--id", "first", *to).startswith("first is no export id: ")
    assert refused("export-diff", "abcdef", "abcdee").startswith("There is no export abcdef in")
    for wrong in (
        ("export", *to),
        ("export", "eval", "--id", "abcdef12", *to),
        ("export", "--id", "abcdef12", "--without", "liked", *to),
        ("export", "--id", "abcdef12", "--as-of", "2026-01-01", *to),
        ("export", "--id", "abcdef12"),
        ("export-diff", "abcdef12"),
    ):
        assert "Usage: " in refused(*wrong, code=2)
    id_ = ask("export", "eval", "--out", tmp_path / "first")["export_id"]
    assert refused("export-diff", id_, id_[:8]).startswith("Both ids name the export eval")
    with Store(loaded) as store:
        report_of(store, "left")
    assert refused("export", "--id", id_, *to).startswith(
        f"Export eval {id_[:8]} cannot be made again, and other bytes are not given under its id. "
        "It held personal data that a reviewer reported (superseded on 20"
    )
    assert not out.exists()
    (row,) = ask("exports")["exports"]
    assert (row["state"], row["because"]) == (
        "superseded",
        "held personal data that a reviewer reported",
    )
    assert run("exports").stdout.endswith(
        "superseded: held personal data that a reviewer reported\n"
    )


def test_an_export_of_the_sample_is_no_moment_of_the_own_log(
    loaded: Path, tmp_path: Path, write_log: Callable[..., Path]
) -> None:
    id_ = ask("export", "eval", "--out", tmp_path / "first")["export_id"]
    with Store(loaded) as store:
        change(store, "UPDATE exports SET is_sample = true")
    assert refused("export", "eval", "--out", tmp_path / "out", "--as-of", id_[:8]) == (
        f"Export eval {id_[:8]} was made from the sample, this one would not be."
    )
