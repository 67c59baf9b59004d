"""Logs that nobody on this project wrote: excerpts beside the tests, and the whole files if there.

The whole files lie beside the checkout (`shared/samples`, see its README.md). Each test runs on the
excerpt always; where the whole file is there, on that too, with the numbers of its README.
"""

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.commands import main
from core.load import read_log
from core.records import Interaction, Record
from core.settings import ROOT

DATA = Path(__file__).parent / "data"
WHOLE = Path(__file__).resolve().parents[2] / "shared" / "samples"


def both(excerpt: str, whole: str = "") -> list[Any]:
    """The excerpt, and the whole file if it is there."""
    paths = [DATA / excerpt, WHOLE / (whole or excerpt)]
    return [
        pytest.param(path, id=name)
        for path, name in zip(paths, ("excerpt", "whole"), strict=True)
        if path == paths[0] or path.is_file()
    ]


def whole(path: Path) -> bool:
    return path.parent != DATA


def read(path: Path) -> list[Interaction]:
    """Every interaction of a file, none of whose records may be refused."""
    reading = read_log(io.BytesIO(path.read_bytes()), path.name, 16_000_000)
    assert reading.how == "preset"
    found = list(reading.records)
    interactions = [
        record.content
        for record in found
        if isinstance(record, Record) and isinstance(record.content, Interaction)
    ]
    assert len(interactions) == len(found)
    return interactions


def ask(*arguments: object) -> Any:
    """What a command prints with --json."""
    result = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return json.loads(result.stdout)


def loaded(path: Path) -> dict[str, int]:
    """What `stats` says after `load`; every record is loaded, the second time none."""
    counts = ask("load", path)
    assert counts["lines"] == counts["loaded"] + counts["duplicate"]
    assert (counts["rejected"], counts["feedback"]) == (0, 0)
    again = ask("load", path)
    assert (again["lines"], again["duplicate"]) == (counts["lines"], counts["lines"])
    stats: dict[str, int] = ask("stats")
    assert stats["interactions"] == counts["loaded"]
    return stats


def test_the_whole_files_are_looked_for_beside_the_checkout() -> None:
    assert ROOT.parent / "shared" / "samples" == WHOLE
    assert all((DATA / name).stat().st_size < 60_000 for name in FILES.values())


FILES = {
    "ilf": "ilf_surge_annotations.jsonl",
    "qa_feedback": "qa_feedback_dev_feedback.json",
    "feedbackqa": "feedbackqa_cdc_feedback_valid.json",
    "bristol": "unibristol_feedback_log.csv",
}


# ---- ILF ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", both(FILES["ilf"]))
def test_ilf(path: Path) -> None:
    raw = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    records = read(path)
    assert len(records) == len(raw) == (195 if whole(path) else 13)
    for record, each in zip(records, raw, strict=True):
        assert record.question == each["prompt"]
        # It begins with the prompt once more: that is what the model wrote.
        assert record.answer == each["original_model_completion"]
        assert record.logged_at is None
        (vote,) = record.feedback
        assert (vote.signal, vote.correction) == ("down", each["completion"])
        assert vote.comment == each["Feedback"]
        assert vote.rater == each["worker_id"]
        # Of the fix, not of the answer.
        assert record.metadata["passed"] is True
        assert set(record.metadata) == {
            "task_id",
            "passed",
            "result",
            "refinement_edit_distance",
        } & set(each)
    assert any("\r\n" in (record.feedback[0].correction or "") for record in records)
    assert {record.feedback[0].rater is None for record in records} == {True, False}


@pytest.mark.parametrize("path", both(FILES["ilf"]))
def test_ilf_in_the_store(path: Path) -> None:
    stats = loaded(path)
    count = 195 if whole(path) else 13
    assert stats["interactions"] == stats["down"] == stats["down_with_correction"] == count
    assert stats["up"] == stats["down_without_fix"] == stats["edit"] == 0


# ---- UniBristol -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", both(FILES["bristol"]))
def test_bristol(path: Path) -> None:
    raw = list(csv.DictReader(io.StringIO(path.read_text("utf-8"), newline="")))
    records = read(path)
    assert len(records) == len(raw) == 5
    for record, each in zip(records, raw, strict=True):
        assert (record.question, record.answer) == (each["Query"], each["Response"])
        signals = [vote.signal for vote in record.feedback]
        assert signals == [{"Yes": "up", "No": "down"}[each["Helpful"]]]
        assert record.metadata == {}
    # Winter time in Bristol is UTC.
    assert records[0].logged_at == datetime(2026, 1, 10, 1, 11, 39, 39055, tzinfo=UTC)
    assert "£9,535\n- Overseas" in records[0].answer
    assert records[0].question == records[1].question, "asked again seconds later"


@pytest.mark.parametrize("path", both(FILES["bristol"]))
def test_bristol_in_the_store(path: Path) -> None:
    stats = loaded(path)
    assert (stats["interactions"], stats["up"], stats["down"]) == (5, 2, 3)
    assert (stats["down_with_correction"], stats["down_without_fix"]) == (0, 3)


# ---- QA-Feedback ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", both(FILES["qa_feedback"], "qa_feedback_dev_feedback_first300.json")
)
def test_qa_feedback(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    records = read(path)
    assert len(records) == len(raw) == (300 if whole(path) else 9)
    kinds: Counter[str] = Counter()
    for record, each in zip(records, raw, strict=True):
        said = each["feedback"]
        assert (record.question, record.answer) == (each["question"], each["prediction 1"])
        (vote,) = record.feedback
        faults = said["errors"] or said["missing-info"]
        assert vote.signal == ("down" if faults else "up")
        assert (vote.correction or "").strip() == said["corrected-prediction"].strip()
        assert set(vote.tags) == {error["error type"] for error in said["errors"]}
        for error in said["errors"]:
            assert (error.get("explanation") or "").strip() in (vote.comment or "")
        assert [source.title for source in record.sources] == [p[0] for p in each["passages"]]
        for source, passage in zip(record.sources, each["passages"], strict=True):
            assert (source.text or "") == "\n".join(passage[1:])
        # What is no feedback on this answer: `gold` is kept beside it, the rest is not.
        assert record.metadata["gold"] == each["gold"]
        assert not {"prediction 2", "preference"} & set(record.metadata)
        kinds["up" if not faults else "fixed" if vote.correction else "not fixed"] += 1
    assert kinds == (
        {"up": 3, "fixed": 287, "not fixed": 10}
        if whole(path)
        else {"up": 3, "fixed": 3, "not fixed": 3}
    )


def test_qa_feedback_in_the_store() -> None:
    stats = loaded(DATA / FILES["qa_feedback"])
    assert (stats["interactions"], stats["up"], stats["down"]) == (9, 3, 6)
    assert (stats["down_with_correction"], stats["down_without_fix"]) == (3, 3)


# ---- FeedbackQA -----------------------------------------------------------------------------

WORDS = {"Excellent": "up", "Acceptable": "up", "Could be Improved": "down", "Bad": "down"}


@pytest.mark.parametrize("path", both(FILES["feedbackqa"]))
def test_feedbackqa(path: Path) -> None:
    raw = json.loads(path.read_bytes())
    records = read(path)
    assert len(records) == len(raw) == (405 if whole(path) else 14)
    conflicts = 0
    votes: Counter[str] = Counter()
    for record, each in zip(records, raw, strict=True):
        reference = each["passage"]["reference"]
        assert record.question == each["question"]
        assert record.answer == reference["section_content"]
        assert [vote.rater for vote in record.feedback] == ["1", "2"]
        assert [vote.signal for vote in record.feedback] == [WORDS[r] for r in each["rating"]]
        assert [vote.comment for vote in record.feedback] == each["feedback"]
        assert all(vote.correction is None for vote in record.feedback)
        (source,) = record.sources
        assert (source.title, source.uri) == (reference["page_title"], each["passage"]["uri"])
        kept = record.metadata["passage"]
        assert kept["passage_id"] == each["passage"]["passage_id"]
        assert "section_content" not in kept["reference"]
        assert "section_content_html" not in kept["reference"]
        conflicts += len({vote.signal for vote in record.feedback}) == 2
        votes.update(each["rating"])
    assert conflicts == (97 if whole(path) else 5)
    if whole(path):
        assert votes == {"Excellent": 270, "Acceptable": 165, "Could be Improved": 142, "Bad": 233}


@pytest.mark.parametrize("path", both(FILES["feedbackqa"]))
def test_feedbackqa_in_the_store(path: Path) -> None:
    if whole(path):
        # Its texts take the models too long for a test: what is stored is told by the excerpt.
        counts = Counter(
            frozenset(vote.signal for vote in record.feedback) for record in read(path)
        )
        assert counts == {
            frozenset({"up"}): 169,
            frozenset({"down"}): 139,
            frozenset({"up", "down"}): 97,
        }
        return
    stats = loaded(path)
    assert stats["interactions"] == 14
    assert stats["down_with_correction"] == 0
    raw = json.loads(path.read_bytes())
    agreed = Counter(
        {WORDS[word] for word in each["rating"]}.pop()
        for each in raw
        if len({WORDS[word] for word in each["rating"]}) == 1
    )
    assert (stats["up"], stats["down"]) == (agreed["up"] + 5, agreed["down"] + 5)


# ---- Langfuse -------------------------------------------------------------------------------


TRACES = [
    DATA / "langfuse" / "openai-agents.trace.json",
    *sorted((WHOLE / "langfuse_traces").glob("*.json")),
]


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name)
def test_a_langfuse_trace_is_one_interaction_without_votes(path: Path) -> None:
    (record,) = read(path)
    trace = json.loads(path.read_bytes())["trace"]
    assert record.id == trace["id"]
    assert record.logged_at and record.logged_at.isoformat()[:19] == trace["timestamp"][:19]
    # Its scores are a judge's.
    assert record.feedback == ()
    for text in (record.question, record.answer):
        assert len(text) > 1
        assert not text.startswith(("{", "[{", '"'))


def test_langfuse_traces_in_the_store() -> None:
    folder = WHOLE / "langfuse_traces"
    stats = loaded(folder if folder.is_dir() else DATA / "langfuse")
    assert stats["interactions"] == (5 if folder.is_dir() else 1)
    assert (stats["up"], stats["down"], stats["edit"]) == (0, 0, 0)
