"""What a file is, and where each record stands in it: JSON lines, documents, CSV, their dirt."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from core.load import log_files, read_log
from core.load.containers import LARGEST_DOCUMENT
from core.records import Feedback, Interaction, Record, Rejected

LIMIT = 1_000_000
CUT_OFF = "the file ends in the middle of this record: was it cut off?"
NEVER_CLOSED = "a bracket or a quote in this record is never closed"


def qa(number: int) -> dict[str, Any]:
    return {"id": str(number), "question": f"Who is {number}?", "answer": "Ann.", "feedback": "up"}


FOUR = [qa(number) for number in range(4)]
LINES = [json.dumps(each) for each in FOUR]
ONE_A_LINE = "[\n" + ",\n".join(LINES) + "\n]\n"
PRETTY = json.dumps(FOUR, indent=2)
WRAPPED = json.dumps({"export_info": {"n": 4}, "feedback_data": FOUR, "more": []}, indent=1)


def read(
    content: bytes | str, name: str = "log.json", limit: int = LIMIT
) -> list[Record | Rejected]:
    given = content.encode() if isinstance(content, str) else content
    return list(read_log(io.BytesIO(given), name, limit).records)


def said(record: Record | Rejected) -> str:
    """What became of a record: its id, the id that a vote is for, or the reason of a reject."""
    if isinstance(record, Rejected):
        return record.reason
    content = record.content
    return (content.id if isinstance(content, Interaction) else content.interaction_id) or ""


def all_said(content: bytes | str, name: str = "log.json", limit: int = LIMIT) -> list[str]:
    return [said(record) for record in read(content, name, limit)]


def places(content: bytes | str, name: str = "log.json") -> list[tuple[str, int, int]]:
    """Each record with its line and offset; and at the offset stands what was read there."""
    given = content.encode() if isinstance(content, str) else content
    records = read(given, name)
    for record in records:
        assert given[: record.offset].count(b"\n") + 1 == record.line
        if isinstance(record, Rejected):
            assert given[record.offset :].decode("utf-8", "replace").startswith(record.raw)
    return [(said(record), record.line, record.offset) for record in records]


# ---- JSON documents -------------------------------------------------------------------------


@pytest.mark.parametrize("lead", ["", "\n\n  ", "\r\n", "\ufeff"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize(
    "document",
    [
        ONE_A_LINE.strip(),
        PRETTY,
        PRETTY.replace("\n", "\r\n"),
        json.dumps(FOUR),
        json.dumps(FOUR, indent=0),
        WRAPPED,
        json.dumps({"data": FOUR}),
        json.dumps({"status": "ok", "result": {"items": FOUR, "page": 1}}, indent=2),
        json.dumps({"_default": {each["id"]: each for each in FOUR}}),
        json.dumps({each["id"]: each for each in FOUR}, indent=1),
        "\n".join(json.dumps(each, indent=2) for each in FOUR),
        ",\n".join(json.dumps(each, indent=2) for each in FOUR),
        "[" + ",\n".join(LINES) + "]",
        "[\n" + "\n,".join(LINES) + "\n,]",
    ],
)
def test_records_of_a_document_are_found_wherever_they_stand(
    document: str, lead: str, end: str
) -> None:
    content = (lead + document + end).encode()
    records = read(content)
    assert [said(record) for record in records] == ["0", "1", "2", "3"]
    for record, each in zip(records, FOUR, strict=True):
        assert content[: record.offset].count(b"\n") + 1 == record.line
        value, _ = json.JSONDecoder().raw_decode(content[record.offset :].decode())
        assert value == each


def test_lines_and_offsets_to_the_letter() -> None:
    assert places(ONE_A_LINE)[:2] == [("0", 2, 2), ("1", 3, 2 + len(LINES[0]) + 2)]
    assert places(json.dumps(FOUR))[1] == ("1", 1, 1 + len(LINES[0]) + 2)
    assert [line for _, line, _ in places(PRETTY)] == [2, 8, 14, 20]
    assert [line for _, line, _ in places("\n\n" + WRAPPED)] == [8, 14, 20, 26]
    # Bytes, not characters.
    umlauts = json.dumps([{**qa(0), "answer": "Grüße 👍"}, qa(1)], ensure_ascii=False).encode()
    assert places(umlauts)[1][2] == umlauts.index(b'{"id": "1"')


def test_one_record_may_be_a_whole_document() -> None:
    assert places("\n " + json.dumps(qa(0), indent=2) + "\n") == [("0", 2, 2)]
    # A list of objects in a record does not make it a wrapper of them.
    for record in (
        {**qa(0), "sources": [{"title": "a"}, {"title": "b"}, {"title": "c"}]},
        {**qa(0), "history": [{"role": "user", "content": "Hi"}] * 3},
        {"request": {**qa(0)}, "response": {"text": "Ann.", "chunks": [{"text": "a"}] * 5}},
        {
            "id": "0",
            "messages": [{"role": "user", "content": "Q"}, {"role": "bot", "content": "A"}],
        },
    ):
        (read_,) = read(json.dumps(record, indent=1))
        assert isinstance(read_, Record), read_


def test_a_document_may_hold_several_lists_of_records() -> None:
    votes = [{"interaction_id": "1", "signal": "down"}, {"interaction_id": "9", "signal": "up"}]
    document = {"users": [{"name": "x"}] * 30, "chats": FOUR, "message": "ok", "votes": votes}
    assert all_said(json.dumps(document)) == ["0", "1", "2", "3", "1", "9"]
    records = read(json.dumps(document))
    assert [isinstance(record.content, Feedback) for record in records] == [False] * 4 + [True] * 2  # type: ignore[union-attr]


def test_a_list_whose_names_nobody_knows_is_still_a_list() -> None:
    document = {"version": 1, "rows": [{"Frage": "Wer?", "Antwort": "Ann."}] * 3}
    assert all_said(json.dumps(document)) == ["question is missing"] * 3
    record = {"Frage": "Wer ist das?", "Antwort": "Das ist Ann.", "Quellen": [{"t": 1}]}
    assert all_said(json.dumps(record)) == ["question is missing"]


@pytest.mark.parametrize("empty", ["[]", "[\n]\n", " [ ] ", "[,]"])
def test_an_empty_list_holds_no_record(empty: str) -> None:
    assert read(empty) == []


def test_what_is_in_a_list_but_no_object_is_refused() -> None:
    assert all_said('[1, "a", null, true, [{}]]') == [
        f"the record is {kind}, not an object in braces"
        for kind in ("a number", "a text", "null", "true or false", "a list")
    ]


def test_lists_on_lines_of_their_own_are_lines() -> None:
    content = "\n".join(f"[{line}]" for line in LINES)
    assert [(line, reason) for reason, line, _ in places(content)] == [
        (number, "the record is a list, not an object in braces") for number in range(1, 5)
    ]


# ---- damaged documents ----------------------------------------------------------------------


@pytest.mark.parametrize("document", [ONE_A_LINE, PRETTY, json.dumps(FOUR), WRAPPED])
def test_a_document_that_was_cut_off_loses_its_last_record_only(document: str) -> None:
    begin = document.rindex('{"id"') if '{"id"' in document else document.rindex('"id"')
    for length in range(begin + 5, document.rindex("}", 0, document.rindex("]")), 7):
        found = all_said(document[:length])
        assert found == ["0", "1", "2", CUT_OFF], length


def test_a_record_that_was_cut_off() -> None:
    pretty = json.dumps(qa(0), indent=2)
    for content in (pretty[:-9], LINES[0][:-9]):
        assert all_said(content) == ["not valid JSON: Input data was truncated"]


@pytest.mark.parametrize("join", [",\n", ",", "\n"])
@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ('{"id": 1, "question": NaN}', "not valid JSON: JSON is malformed: invalid character"),
        ('{"id": 1, "question": "\\ud800", "answer": ""}', "not valid JSON: JSON is malformed: un"),
        ('{"id": 1 "question": "a"}', "not valid JSON: JSON is malformed: expected ',' or '}'"),
        ("{'id': 1}", "not valid JSON: JSON is malformed: object keys must be strings (byte 1)"),
        ('{"id": 1, "question": [}', "not valid JSON: JSON is malformed: invalid character"),
    ],
)
def test_a_bad_element_costs_no_other(damaged: str, reason: str, join: str) -> None:
    if join == ",":
        document = f"[{LINES[0]},{damaged},{LINES[2]}]"
        if damaged.count("[") != damaged.count("]"):
            return  # in one line nothing tells where the next record begins
    else:
        document = "[\n" + join.join((LINES[0], damaged, LINES[2])) + "\n]"
    first, second, third = read(document)
    assert (said(first), said(third)) == ("0", "2")
    assert isinstance(second, Rejected)
    assert second.reason.startswith(reason) or second.reason == NEVER_CLOSED
    assert second.raw.startswith(damaged)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("before", "after"),
    [('"Ann."', '"Ann.'), ('"id": "1"', '"id": ["1"'), ('"id": "1"', '"id": {"1"')],
)
def test_a_bracket_or_quote_left_open_costs_its_own_record_only(
    before: str, after: str, indent: int | None
) -> None:
    texts = [json.dumps(each, indent=indent) for each in FOUR]
    texts[1] = texts[1].replace(before, after)
    assert texts[1] != json.dumps(FOUR[1], indent=indent)
    for document in ("[\n" + ",\n".join(texts) + "\n]", "[" + ",\n".join(texts) + "]"):
        assert all_said(document) == ["0", NEVER_CLOSED, "2", "3"]
    texts[1], texts[3] = json.dumps(FOUR[1], indent=indent), texts[1].replace("1", "3")
    document = "[\n" + ",\n".join(texts) + "\n]"
    *found, last = all_said(document)
    assert found == ["0", "1", "2"]
    assert last == CUT_OFF or last.startswith("not valid JSON: ")


def test_brackets_too_many_and_commas_too_few_cost_nothing() -> None:
    for document in (
        "[" + ",".join(LINES) + "]]]",
        "[" + " ".join(LINES) + "]",
        "[\n" + "\n".join(LINES) + "\n]",
        "[" + ",, ,".join(LINES) + "]",
        "[" + LINES[0] + "}," + ",".join(LINES[1:]) + "]",
        "[" + LINES[0] + "]," + ",".join(LINES[1:]) + "]",
    ):
        assert all_said(document) == ["0", "1", "2", "3"]


def test_what_follows_a_list_is_no_part_of_it() -> None:
    assert places(json.dumps(FOUR) + "\nTraceback") == [
        *places(json.dumps(FOUR)),
        (
            "not valid JSON: JSON is malformed: invalid character (byte 0)",
            2,
            len(json.dumps(FOUR)) + 1,
        ),
    ]


def test_bytes_that_are_no_utf_8_cost_their_own_record_only() -> None:
    content = ONE_A_LINE.encode().replace(b"Who is 1", b"W\xffo \xc3\xa9s 1")
    assert all_said(content) == ["0", "not valid UTF-8 at byte 27 of the record", "2", "3"]


def test_numbers_python_alone_writes_do_not_hide_the_wrapper() -> None:
    wrapped = WRAPPED.replace('"id": "2"', '"id": NaN')
    for content in (wrapped, " ".join(wrapped.split())):
        first, second, third, fourth = all_said(content)
        assert (first, second, fourth) == ("0", "1", "3")
        assert third.startswith("not valid JSON: JSON is malformed: invalid character")


def test_a_record_in_a_document_has_the_limit_of_a_line() -> None:
    big = {**qa(9), "more": "x" * 2_000}
    assert all_said(json.dumps([qa(0), big, qa(1)]), limit=1_000) == [
        "0",
        "the record is longer than 1,000 bytes",
        "1",
    ]
    assert all_said(json.dumps(big, indent=1), limit=1_000) == [
        "the record is longer than 1,000 bytes"
    ]


def test_a_document_too_large_to_be_read_whole_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert LARGEST_DOCUMENT == 256 * 2**20
    monkeypatch.setattr("core.load.containers.LARGEST_DOCUMENT", 2**20)
    many = [{**qa(number), "more": "x" * 500} for number in range(2_200)]
    assert all_said(json.dumps(many, indent=1)) == [
        "one JSON array of more than 1 MB: write one record a line"
    ]
    # Lines are never read whole, also when the first is damaged.
    lines = "{\n" + "\n".join(json.dumps(each) for each in many)
    assert len(read(lines)) == 2_201


# ---- lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "banner",
    ["INFO starting", "# a comment", "[INFO] starting", "[[x]] starting", "{starting}", "[1, 2]",
     "[2026-11-23 10:00] up", '"text"', "null", '{"question": "cut', '{"question": [', "{", "["],
)  # fmt: skip
def test_a_first_line_that_is_no_record_costs_no_other(banner: str) -> None:
    found = all_said("\n".join([banner, *LINES]), "log.jsonl")
    assert found[-4:] == ["0", "1", "2", "3"]
    assert len(found) == (4 if banner == "[" else 5)


def test_damaged_lines_are_one_reject_each() -> None:
    content = "\n".join([LINES[0][:-4], LINES[1][:30], LINES[2], "Traceback", LINES[3] + LINES[0]])
    assert [(line, reason[:14]) for reason, line, _ in places(content, "log.jsonl")] == [
        (1, "not valid JSON"),
        (2, "not valid JSON"),
        (3, "2"),
        (4, "not valid JSON"),
        (5, "not valid JSON"),
    ]


def test_two_objects_on_a_line_are_refused_also_alone() -> None:
    reason = "not valid JSON: JSON is malformed: trailing characters"
    (only,) = all_said(LINES[0] + LINES[1])
    assert only.startswith(reason)
    first, second = all_said(LINES[2] + "\n" + LINES[0] + " " + LINES[1])
    assert (first, second[: len(reason)]) == ("2", reason)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("final", [True, False])
def test_lines_end_as_they_like(end: str, final: bool) -> None:
    content = end.join(LINES) + (end if final else "")
    found = read(content, "log.jsonl")
    assert [(said(record), record.line) for record in found] == [(str(n), n + 1) for n in range(4)]
    assert found[1].offset == len(LINES[0]) + len(end)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read(encoding: str) -> None:
    for text in ("\n".join(LINES), PRETTY, "question,answer,id\nWer?,Grüße,0\n"):
        records = read(("\ufeff" + text).encode(encoding))
        assert said(records[0]) == "0"
        assert all(isinstance(record, Record) for record in records)
    # Cut in the middle of a character.
    damaged = ("\ufeff" + "\n".join(LINES)).encode(encoding)[:-1]
    assert [isinstance(record, Record) for record in read(damaged)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04more", "a zip archive or a spreadsheet"),
        (b"\x1f\x8bmore", "a compressed file"),
        (b"SQLite format 3\x00more", "an SQLite database"),
        (b"PAR1more", "a Parquet file"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\x7fELF\x00\x01\x02", "a binary file"),
        (("\ufeff" + LINES[0]).encode("utf-32-le"), "a binary file"),
    ],
)
def test_a_binary_file_is_one_reject_that_names_it(content: bytes, kind: str) -> None:
    for name in ("log.jsonl", "log.csv", "log"):
        (rejected,) = read(content, name)
        assert said(rejected) == f"this is {kind}, not a log in JSON lines, JSON or CSV"


# ---- CSV ------------------------------------------------------------------------------------

HEADER = "id,question,answer,feedback\n"


def rows(*texts: str, header: str = HEADER) -> str:
    return header + "".join(f"{text}\n" for text in texts)


PLAIN = rows("0,Who?,Ann.,up", "1,Why?,So.,down")


def contents(content: bytes | str, name: str = "log.csv") -> list[Any]:
    return [
        record.reason if isinstance(record, Rejected) else record.content
        for record in read(content, name)
    ]


@pytest.mark.parametrize("name", ["log.csv", "log.txt", "log"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("lead", ["", "\ufeff", "\n"])
def test_a_csv_is_known_by_its_first_row(name: str, delimiter: str, end: str, lead: str) -> None:
    content = lead + PLAIN.replace(",", delimiter).replace("\n", end)
    expected = [
        Interaction(id="0", question="Who?", answer="Ann.", feedback=(Feedback(signal="up"),)),
        Interaction(id="1", question="Why?", answer="So.", feedback=(Feedback(signal="down"),)),
    ]
    assert contents(content, name) == expected
    assert contents(content.removesuffix(end), name) == expected
    first, second = read(content, name)
    assert (first.line, second.line) == ((3, 4) if lead == "\n" else (2, 3))
    if end != "\r":
        raw = content.encode()
        assert raw[first.offset :].startswith(f"0{delimiter}Who".encode())
        assert raw[second.offset :].startswith(f"1{delimiter}Why".encode())


def test_cells_hold_whatever_they_like() -> None:
    content = rows(
        '0,"Who, ""really""?\r\nTell\n\nme","a;b|c\td\u2028e",up',
        "",
        " , ,,",
        '1,Who "Ann" is?,\u0645\u0631\u062d\u0628\u0627 👍,',
        "2,NUL \x00 here,x,",
        "3,=1+1,@x,",
        "4,a,b,,,",
    )
    assert [(c.question, c.answer, len(c.feedback)) for c in contents(content)] == [
        ('Who, "really"?\r\nTell\n\nme', "a;b|c\td\u2028e", 1),
        ('Who "Ann" is?', "\u0645\u0631\u062d\u0628\u0627 👍", 0),
        ("NUL \x00 here", "x", 0),
        ("=1+1", "@x", 0),
        ("a", "b", 0),
    ]
    assert [line for _, line, _ in places(content, "log.csv")] == [2, 8, 9, 10, 11]


def test_cells_of_our_own_fields_are_read_as_what_they_are() -> None:
    header = "question,answer,history,tags,consent,sources,user,metadata,score\n"
    turns = '"[{""role"":""user"",""content"":""Hi""}]"'
    full, empty = contents(
        rows(f'Q,A,{turns},"a, b",TRUE,a.pdf|b.pdf,u,,5', "Q,A,,,,,,,", header=header)
    )
    assert (full.history[0].content, full.tags, full.consent) == ("Hi", ("a", "b"), True)
    assert [source.title for source in full.sources] == ["a.pdf", "b.pdf"]
    assert full.metadata == {"metadata": "", "score": "5"}
    assert (empty.history, empty.tags, empty.consent, empty.sources) == ((), (), None, ())


def test_blanks_after_the_delimiters_of_the_header_are_no_part_of_the_cells() -> None:
    (record,) = contents('id, question, answer\n0, "Ann, Bob?", Yes.\n')
    assert (record.question, record.answer) == ("Ann, Bob?", "Yes.")
    (record,) = contents("id,question,answer\n0,Who?, Ann.\n")
    assert record.answer == " Ann."


def test_columns_without_a_name_or_with_one_twice_are_kept_apart() -> None:
    (record,) = contents(",question,answer,answer,answer (2),\n1,Q,A,B,C,D\n")
    assert (record.question, record.answer) == ("Q", "A")
    assert record.metadata == {
        "column 1": "1",
        "answer (4)": "B",
        "answer (2)": "C",
        "column 6": "D",
    }
    (record,) = contents(b"question,r\xe9ponse,answer\nQ,x,A\n")
    assert record.metadata == {"r?ponse": "x"}


def test_a_header_alone_is_no_record() -> None:
    assert read(HEADER, "log.csv") == read(HEADER.strip(), "log.csv") == []


def test_a_header_that_cannot_be_read_makes_no_row_the_header() -> None:
    content = '"id,question,answer\n0,Who?,Ann.\n1,"Why?",So.\n'
    assert contents(content) == [
        "not valid CSV: ',' expected after '\"'",
        "the columns have no names: the first row cannot be read",
        "the columns have no names: the first row cannot be read",
    ]


def test_rows_with_another_number_of_cells_are_refused() -> None:
    content = rows("0,Who?,Ann.", "1,Who?,Ann.,up,x", "2,Who?,Ann.,up")
    first, *_ = read(content, "log.csv")
    assert isinstance(first, Rejected)
    assert first.raw == "0,Who?,Ann."
    assert places(content, "log.csv") == [
        ("the row has 3 cells, the header has 4", 2, 28),
        ("the row has 5 cells, the header has 4", 3, 40),
        ("2", 4, 57),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    good = [f"{number},Who?,Ann.,up" for number in range(3)]
    assert places(rows('9,"Who?,Ann.,up', *good), "log.csv")[1:] == [
        ("0", 3, 44),
        ("1", 4, 59),
        ("2", 5, 74),
    ]
    for broken in ('9,"Who?,Ann.,up', '9,"a"b,c,up', '"9,Who?,Ann.,up'):
        for place in range(4):
            lines = [*good[:place], broken, *good[place:]]
            found = all_said(rows(*lines), "log.csv")
            assert found.pop(place).startswith("not valid CSV: ") or place == 3
            assert found == ["0", "1", "2"]


def test_a_csv_that_was_cut_off_in_a_cell_loses_its_last_row_only() -> None:
    content = rows("0,Who?,Ann.,up", '1,Why?,"So.\nAnd so, on.\nAnd on.",up')
    assert places(content[: content.index(" on.")], "log.csv") == [("0", 2, 28), (CUT_OFF, 3, 43)]
    assert all_said(content[: content.rindex("on.")], "log.csv") == ["0", CUT_OFF]
    assert all_said(content[: content.index("Why") + 1], "log.csv") == [
        "0",
        "the row has 2 cells, the header has 4",
    ]


def test_a_row_over_the_limit_costs_no_other() -> None:
    long = "x" * 500
    for row in (f'9,"{long}",Ann.,up', f"9,{long * 3},Ann.,up", f'9,"{long}\n{long}",A,up'):
        content = rows("0,Who?,Ann.,up", row, "1,Who?,Ann.,up")
        found = read(content, "log.csv", 400)
        assert (said(found[0]), said(found[-1])) == ("0", "1")
        assert said(found[1]) == "the row is longer than 400 bytes: a quote never closed?"
        assert (found[1].line, found[1].offset) == (3, 43)
        assert found[-1].offset == content.rindex("1,Who?")
        assert found[-1].line == content[: found[-1].offset].count("\n") + 1


def test_bytes_that_are_no_utf_8_cost_their_own_row_only() -> None:
    content = rows("0,Who?,Ann.,up", "1,W?,Ann.,up", "2,Who?,Ann.,up").encode()
    assert all_said(content.replace(b"W?", b"W\xe9?"), "log.csv") == [
        "0",
        "not valid UTF-8 at byte 4 of the row: save the file as UTF-8",
        "2",
    ]


def test_a_carriage_return_in_a_bare_cell_costs_its_own_row_only() -> None:
    assert all_said(rows("0,Who?,Ann.,up", "1,W\rho?,A,up", "2,Who?,Ann.,up"), "log.csv") == [
        "0",
        "not valid CSV: new-line character seen in unquoted field",
        "2",
    ]


def test_a_text_is_no_csv() -> None:
    text = "To whom it may concern,\r hello\nthis is, well, a text\n"
    assert [reason[:14] for reason in all_said(text, "log.txt")] == ["not valid JSON"] * 2
    # Under a name that says so it is read as one, and nothing is found in it.
    assert all_said("a,b\n1,2\n", "log.csv") == ["question is missing"]


# ---- folders --------------------------------------------------------------------------------


def test_the_log_files_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.JSONL", "a.json", "sub/c.csv", "sub/deep/d.tsv", "e.ndjson"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    for name in (".hidden.json", ".git/x.json", "readme.md", "x.json.bak"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "folder.json").mkdir()
    assert [str(path.relative_to(tmp_path)) for path in log_files(tmp_path)] == [
        "a.json",
        "b.JSONL",
        "e.ndjson",
        "sub/c.csv",
        "sub/deep/d.tsv",
    ]


# ---- time -----------------------------------------------------------------------------------

N = 4_000
BIG = [{**qa(number), "sources": [{"title": "t"}]} for number in range(N)]


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("an array", json.dumps(BIG), N),
        ("an array in which every bracket is left open",
         json.dumps(BIG, indent=1).replace('"sources": [', '"sources": [['), N),
        ("an array in which every quote is left open",
         json.dumps(BIG, indent=1).replace('"Ann."', '"Ann.'), N),
        ("objects one after another", "\n".join(json.dumps(x, indent=1) for x in BIG), N),
        ("an open string of escapes", '[{"question": "' + '\\"' * 1_000_000, 1),
        ("open brackets", "[" * 1_000_000, 1),
        ("open objects", '{"a":' * 500_000, 1),
        ("closing brackets", "[{}" + "]" * 300_000, 1),
        ("open strings", "[" + '{"a": "b' * 300_000, 1),
        ("rows", rows(*(f'{n},"Who,\nis?",Ann.,up' for n in range(N))), N),
        ("a quote left open at the start", rows('9,"Who?,Ann.,up', *(["0,Q,A,up"] * N)), N + 1),
        ("a quote left open on every other row",
         rows(*(f'{n},{chr(34) * (n % 2)}Who?,Ann.,up' for n in range(60_000))), 60_000),
        ("columns of one name",
         rows(",".join("x" * 50_000), header=",".join("a" * 50_000) + "\n"), 1),
        ("columns", "\n".join(json.dumps({"Frage": "x", **{f"c{n}": 1 for n in range(5_000)}})
                              for _ in range(50)), 50),
    ],
)  # fmt: skip
def test_the_time_it_takes_grows_with_the_size_only(name: str, content: str, count: int) -> None:
    file = "log.csv" if content.startswith(("id,", "a,")) else "log.json"
    start = time.process_time()
    assert len(read(content, file, 16_000_000)) == count
    # A second or so; what grows with the square takes minutes or hours.
    assert time.process_time() - start < 10
