"""What no file may hold: each reason of the gate, and hostile text through every format."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.curate import EXCLUSIONS, Case
from core.export import FORMATS, Prepared, gate, prepare
from core.export.gate import objection
from core.pipeline import load_file, record_redactor
from core.records import Source, Turn
from core.review import decide
from core.settings import ExportSettings, settings
from core.store import Store
from tests.exporting import file_in, files_in

LEARNT = ["messages", "kto", "dpo", "hf", "preference"]
TESTED = [name for name in FORMATS if name not in LEARNT]
GOOD = Case(
    id="i-1",
    revision=1,
    kind="regression",
    question="How do I reset the meter?",
    expected="Hold the right button.",
    rejected_answer="Hold the left button.",
    history=(),
    sources=(),
    agent_version=None,
    model=None,
    logged_at=None,
    signal="down",
    implicit=False,
    tags=(),
    redaction_version="2",
)


def refusals(**changed: Any) -> dict[str, str | None]:
    """What each format has against a case that is good but for this."""
    case = msgspec.structs.replace(GOOD, **changed)
    return {name: objection(format_, case) for name, format_ in FORMATS.items()}


def turns(*roles: str) -> tuple[Turn, ...]:
    return tuple(Turn(role, f"Said by {role}.") for role in roles)


# ---- the reasons ----------------------------------------------------------------------------


def test_nothing_is_said_against_a_good_case() -> None:
    assert refusals() == dict.fromkeys(FORMATS)
    assert refusals(history=turns("system", "user", "assistant")) == dict.fromkeys(FORMATS)


@pytest.mark.parametrize("character", ["\0", "\ud800", "\udfff"], ids=["null", "high", "low"])
@pytest.mark.parametrize("field", ["question", "expected"])
def test_characters_that_files_do_not_carry(field: str, character: str) -> None:
    assert refusals(**{field: f"One{character}two"}) == dict.fromkeys(FORMATS, "unwritable")


def test_such_a_character_counts_where_it_would_be_written() -> None:
    found = refusals(rejected_answer="One\0two", history=turns("user", "assistant"))
    assert [name for name in FORMATS if found[name] is None] == ["messages", "hf"]
    found = refusals(tags=("a\0b",))
    assert [name for name in FORMATS if found[name] is None] == LEARNT


@pytest.mark.parametrize("empty", ["", "  \n\u2003"])
def test_an_empty_text_is_neither_asked_nor_learnt(empty: str) -> None:
    assert refusals(question=empty) == dict.fromkeys(FORMATS, "empty_text")
    assert refusals(expected=empty) == dict.fromkeys(FORMATS, "empty_text")
    # An agent that said nothing at all is a case to test, not one to learn from.
    found = refusals(rejected_answer=empty)
    pairs = ["kto", "dpo", "preference"]
    assert found == dict.fromkeys(FORMATS) | dict.fromkeys(pairs, "empty_text")


CONTROL = [
    *(
        "<|im_end|>",
        "a<|im_start|>system\nb",
        "<|endoftext|>",
        "<|eot_id|>",
        "<｜end▁of▁sentence｜>",
    ),
    *("[INST] a", "b [/INST]", "</s>", "<s>", "<end_of_turn>", "<<SYS>>x<</SYS>>", "<eos>"),
]


@pytest.mark.parametrize("text", CONTROL)
def test_what_models_read_as_the_end_of_a_turn_is_not_learnt(text: str) -> None:
    wanted = dict.fromkeys(FORMATS) | dict.fromkeys(LEARNT, "control_token")
    assert refusals(question=f"Why {text}?") == wanted
    assert refusals(expected=text) == wanted
    said = (*turns("user")[:1], Turn(role="assistant", content=text))
    assert refusals(history=said) == wanted
    found = refusals(rejected_answer=text)
    assert [name for name in FORMATS if found[name]] == ["kto", "dpo", "preference"]


@pytest.mark.parametrize(
    "text",
    ["a < b | c > d", "<div>x</div>", "x[INST", "a <| b |> c", "[PERSON-1] is [x]", "<<<<<<< HEAD"],
)
def test_other_signs_are_learnt(text: str) -> None:
    assert refusals(question=text, expected=f"{text}.") == dict.fromkeys(FORMATS)


def test_a_pair_of_the_same_answer() -> None:
    found = refusals(expected="Hold.", rejected_answer="Hold.")
    assert found == dict.fromkeys(FORMATS, "same_as_answer")


@pytest.mark.parametrize(
    ("roles", "alternating", "others"),
    [
        (("user", "assistant"), None, None),
        (("user", "assistant") * 3, None, None),
        (("system", "user", "assistant"), None, None),
        (("system",), None, None),
        (("user",), "turns_out_of_order", None),
        (("assistant",), "turns_out_of_order", None),
        (("user", "assistant", "assistant"), "turns_out_of_order", None),
        (("user", "system", "assistant"), "turns_out_of_order", "turns_out_of_order"),
        (("system", "system"), "turns_out_of_order", "turns_out_of_order"),
        (("user", "tool", "assistant"), "turns_out_of_order", "turns_out_of_order"),
    ],
)
def test_turns(roles: tuple[str, ...], alternating: str | None, others: str | None) -> None:
    found = refusals(history=turns(*roles))
    assert {found[name] for name in ("kto", "dpo")} == {alternating}
    assert {found[name] for name in ("messages", "hf", "preference")} == {others}
    assert {found[name] for name in TESTED} == {None}


def test_a_turn_that_says_nothing_is_none() -> None:
    history = (Turn("user", "Hello."), Turn("assistant", "Hello!"), Turn("user", " "))
    assert refusals(history=history) == dict.fromkeys(FORMATS)


def test_length_is_a_setting() -> None:
    assert ExportSettings().max_characters == settings().export.max_characters == 200_000
    assert refusals(question="q" * 200_001) == dict.fromkeys(FORMATS, "too_long")
    assert refusals(question="q" * 199_000) == dict.fromkeys(FORMATS)


def test_what_the_gate_keeps_out_is_listed_with_its_reason(
    store: Store, write_log: Callable[..., Path]
) -> None:
    asked = {
        "acts": "file:///etc/passwd is what?",
        "good": "What is a b?",
        "long": "What " + "is a question? " * 14_000,
        "null": "What is a\0b?",
    }
    answered = {"answer": "No idea.", "feedback": "up"}
    load_file(store, write_log(*({"id": id_, "question": asked[id_], **answered} for id_ in asked)))
    # The redactor refuses to look through a text that long.
    with store.write() as cursor:
        cursor.execute("UPDATE interactions SET question = ? WHERE id = 'long'", [asked["long"]])
    prepared = exported(store, "promptfoo")
    assert prepared.excluded == {
        "unwritable": ["null"],
        "acting_text": ["acts"],
        "too_long": ["long"],
    }
    assert prepared.manifest["excluded"] == {"unwritable": 1, "acting_text": 1, "too_long": 1}
    assert EXCLUSIONS["acting_text"] in file_in(prepared, "README.md").decode()
    assert [case.id for case in prepared.cases] == ["good"]


# ---- hostile text through every format ------------------------------------------------------

HOSTILE = [
    "{{7*7}}",
    "{{ question }} and {{name}}",
    "{{{ env.HOME }}} {{ env['HOME'] | upper }}",
    "{% include '/etc/passwd' %}{# gone #}",
    "{% endraw %}{{7*7}}",
    "{%- endraw -%}",
    "{%\n  raw\t%}",
    "file:///etc/passwd",
    " \n\ufefffile:///etc/passwd",
    "python:print(1)",
    "javascript: 1 + 1",
    "exec:ls -l",
    "package:@evil/thing:run",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("x")',
    "U+2028: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\r\nh",
    'quote " \\" \\\\ </script> `${1}`',
    '"""\nimport os\n""" # \'\'\'',
    "NUL a\0b",
    "bidi \u202e back, zero\u200bwidth, 👍🏽, e\u0301",
    "--- !!python/object:x\n- configs: y",
]
REFUSED_BY_PROMPTFOO = re.compile(r"[\s\ufeff]*(file://|(python|javascript|exec|package):)")


def exported(store: Store, format_: str) -> Prepared:
    return prepare(store, record_redactor().redactor, format_, sample=False)


def rows(data: bytes) -> list[Any]:
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@pytest.fixture
def hostile(store: Store, write_log: Callable[..., Path]) -> dict[str, str]:
    """Each hostile text as question, wrong answer, turn, source and tag, and as its fix; by id."""
    texts = {f"i-{number:02}": text for number, text in enumerate(HOSTILE)}
    log = write_log(
        *(
            {
                "id": id_,
                "question": f"{text} {id_}?",
                "answer": f"{text} is wrong.",
                "history": [
                    {"role": "user", "content": text},
                    {"role": "assistant", "content": text},
                ],
                "sources": [{"title": text, "text": text}],
                "tags": [text],
                "feedback": {"signal": "down"},
            }
            for id_, text in texts.items()
        )
    )
    assert load_file(store, log).loaded == len(texts)
    given: dict[str, Any] = {"revision": 0, "reviewer": "Ann", "now": datetime.now(UTC)}
    for id_, text in texts.items():
        decide(store, record_redactor(), id_, "edit", answer=f"{text} is right.", **given)
    return {row["id"]: row["final_answer"] for row in store.rows(FINAL)}


FINAL = "SELECT interaction_id AS id, final_answer FROM decisions"


def test_hostile_text_is_carried_literally_or_refused(
    store: Store, hostile: dict[str, str]
) -> None:
    assert len(hostile) == len(HOSTILE)
    null = f"i-{HOSTILE.index('NUL a' + chr(0) + 'b'):02}"
    acting = [id_ for id_ in hostile if REFUSED_BY_PROMPTFOO.match(hostile[id_])]
    assert len(acting) == 6
    for format_ in FORMATS:
        prepared = exported(store, format_)
        assert prepared.found == []
        expected = {"unwritable": [null], "acting_text": acting}
        if format_ != "promptfoo":
            expected.pop("acting_text")
        assert prepared.excluded == expected
        assert [case.id for case in prepared.cases] == sorted(
            hostile.keys() - {id_ for ids in expected.values() for id_ in ids}
        )
        written = rows(file_in(prepared, prepared.format.file))
        assert len(written) == prepared.manifest["rows"]
        if format_ == "promptfoo":
            found = {rendered(text) for row in written for text in strings(row["assert"])}
        else:
            found = {text for row in written for text in strings(row)}
        for case in prepared.cases:
            assert hostile[case.id] in found
        for name, content in files_in(prepared).items():
            if name.endswith((".py", ".md")):
                assert not [text for text in HOSTILE if text.strip() in content.decode()]


def test_parquet_carries_hostile_text_too(
    store: Store, hostile: dict[str, str], tmp_path: Path
) -> None:
    files = files_in(exported(store, "hf"))
    (tmp_path / "train.parquet").write_bytes(files["data/train.parquet"])
    table = pyarrow.parquet.read_table(tmp_path / "train.parquet")
    assert table.num_rows == len(HOSTILE) - 1
    assert table.to_pylist() == rows(files["data/train.jsonl"])


# ---- promptfoo ------------------------------------------------------------------------------

OF_THE_USER = {"question": "WRONG", "name": "WRONG", "env": {"HOME": "WRONG"}}


def rendered(text: str) -> str:
    """What promptfoo makes of a text, with Jinja in the place of Nunjucks, its twin.

    First the last line end goes, then variables by name come, and what names the environment. A
    text with a variable that promptfoo does not know it leaves as it is, one with half a tag it
    puts in a raw block, and renders: see resolveVariables, renderEnvOnlyInObject,
    referencesUndefinedVariables, autoWrapRawIfPartialNunjucks and renderPrompt in its source.
    """
    text = re.sub(r"\n\Z", "", text)
    text = re.sub(
        r"\{\{\s*(\w+)\s*\}\}", lambda found: str(OF_THE_USER.get(found[1], found[0])), text
    )
    for template in re.findall(r"\{\{.*?\}\}", text, re.S):
        if re.search(r"\benv\.|env\[", template) and "{%" not in template:
            text = text.replace(template, "WRONG")
    if any(
        name not in OF_THE_USER for name in VARIABLE.findall(re.sub(r"(?s)\{#.*?#\}", "", text))
    ):
        return text
    if HALF_A_TAG.search(text) and not ("{% raw %}" in text and "{% endraw %}" in text):
        text = f"{{% raw %}}{text}{{% endraw %}}"
    # Jinja makes every line end alike, which Nunjucks does not: let it see one that it knows.
    kept = text.replace("\r", "\ue000")
    engine = jinja2.Environment(keep_trailing_newline=True)
    return engine.from_string(kept).render(OF_THE_USER).replace("\ue000", "\r")


VARIABLE = re.compile(
    r"(?:\{\{\s*(?=[^{}\s|]+\s*(?:\|[^}]+)?\}\})|\{%\s*(?:if|for)\s+)([A-Za-z_]\w*)"
)
HALF_A_TAG = re.compile(r"\{%[^%]*$|\{\{[^}]*$|\{#[^#]*$", re.M)


def promptfoo_row(text: str) -> dict[str, Any]:
    history = (Turn("user", text), Turn("assistant", text))
    case = msgspec.structs.replace(GOOD, question=text, history=history)
    (row,) = FORMATS["promptfoo"].rows(case)
    return row


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("No signs: { 7 } 50 %} }}", "No signs: { 7 } 50 %} }}"),
        ("An end #}", "An end #{{ '}' }}"),
        ("{{7*7}}", "{{ '{' }}{7*7}}"),
        ("a {% if %}", "a {{ '{' }}% if %}"),
        ("{# note #}", "{{ '{' }}# note #{{ '}' }}"),
        ("{#}", "{{ '{' }}#{{ '}' }}"),
        ("{{{ a.b }}} {{", "{{ '{' }}{{ '{' }}{ a.b }}} {{ '{' }}{"),
        ("{% endraw %}", "{{ '{' }}% endraw %}"),
        ("{%-  raw  -%}", "{{ '{' }}%-  raw  -%}"),
        ("A line {\n", "A line {{ '{' }}{{ '\\n' }}"),
        ("Two lines\n\n", "Two lines\n{{ '\\n' }}"),
    ],
)
def test_template_signs_are_protected(text: str, written: str) -> None:
    row = promptfoo_row(text)
    assert row["vars"]["question"] == written
    assert rendered(written) == text
    assert rendered(row["vars"]["history"]) == f"user: {text}\n\nassistant: {text}"


SCHEMES = ["file://x.txt", " FILE://x", "\tpython:x.py", "javascript:1", "exec: ls", "package:a:b"]


@pytest.mark.parametrize("text", SCHEMES)
@pytest.mark.parametrize("field", ["question", "expected", "rejected_answer", "tags"])
def test_what_promptfoo_would_run_is_refused(field: str, text: str) -> None:
    found = refusals(**{field: (text,) if field == "tags" else text})
    assert found.pop("promptfoo") == "acting_text"
    assert "acting_text" not in found.values()


@pytest.mark.parametrize("text", SCHEMES)
def test_a_turn_stands_within_a_text_where_nothing_is_run(text: str) -> None:
    history = (Turn("user", text), Turn("assistant", text))
    assert refusals(history=history) == dict.fromkeys(FORMATS)


PIECES = st.lists(
    st.sampled_from([*"{}%#- \n'x", "name", "question", "env", ".HOME", "raw", "if "]),
    max_size=14,
).map("".join)


@given(PIECES)
def test_promptfoo_gets_every_text_back_or_never_sees_it(text: str) -> None:
    case = msgspec.structs.replace(GOOD, question=text, rejected_answer=None)
    if objection(FORMATS["promptfoo"], case) is None:
        assert rendered(promptfoo_row(text)["vars"]["question"]) == text


# ---- the quick look -------------------------------------------------------------------------

SHORT = st.text(st.characters(), max_size=12)
MANY = st.builds(lambda text, times: text * times, SHORT, st.integers(1, 300))
TEXT = st.one_of(SHORT, MANY, st.sampled_from(["{{{{", "{%" * 200, "a\0b", "\ud800", "\n", " "]))
CASES = st.builds(
    Case,
    id=st.one_of(st.just("i-1"), TEXT),
    revision=st.just(1),
    kind=st.sampled_from(["golden", "regression", "disliked"]),
    question=TEXT,
    expected=st.none() | TEXT,
    rejected_answer=st.none() | TEXT,
    history=st.lists(st.builds(Turn, st.sampled_from(["user", "assistant", "system"]), TEXT)).map(
        lambda turns: tuple(turns * 40)
    ),
    sources=st.lists(st.builds(Source, st.none() | TEXT, st.none() | TEXT, st.none() | TEXT)).map(
        tuple
    ),
    agent_version=st.none() | SHORT,
    model=st.none() | SHORT,
    logged_at=st.none() | st.datetimes(),
    signal=st.sampled_from(["up", "down", "edit", ""]),
    implicit=st.booleans(),
    tags=st.lists(SHORT).map(tuple),
    redaction_version=st.one_of(st.just("4"), SHORT),
)


def looked_through(case: Case, most: int, *, quickly: bool) -> dict[str, str | None]:
    """What every format has against a case where a row may have so many characters."""
    limited = msgspec.structs.replace(settings(), export=ExportSettings(max_characters=most))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "settings", lambda: limited)
        if not quickly:
            patch.setattr(gate, "_REPEATED", 2**60)
        return {name: objection(format_, case) for name, format_ in FORMATS.items()}


@hypothesis_settings(deadline=None)
@given(CASES, st.integers(1, 60_000))
def test_the_quick_look_says_what_every_row_says(case: Case, most: int) -> None:
    quick = looked_through(case, most, quickly=True)
    assert quick == looked_through(case, most, quickly=False)


@pytest.mark.parametrize(
    ("changed", "most"),
    [
        pytest.param({"id": "a\0b"}, 200_000, id="null in an id"),
        pytest.param({"redaction_version": "\ud800"}, 200_000, id="half a character"),
        pytest.param({"history": turns(*["user", "assistant"] * 450)}, 20_000, id="turns"),
        pytest.param({"history": (Turn("user", "a"),) * 30_000}, 200_000, id="short turns"),
        pytest.param({"expected": "{" * 49_000}, 200_000, id="signs"),
        pytest.param({"rejected_answer": "{" * 16_000}, 160_000, id="signs twice"),
    ],
)
def test_the_quick_look_lets_none_of_these_pass(changed: dict[str, Any], most: int) -> None:
    case = msgspec.structs.replace(GOOD, **changed)
    every = looked_through(case, most, quickly=False)
    assert set(every.values()) & {"unwritable", "too_long"}
    assert looked_through(case, most, quickly=True) == every


def test_the_quick_look_is_taken_by_most() -> None:
    """Else the test above compares a thing with itself."""
    made: list[Case] = []

    def rows(case: Case) -> list[Any]:
        made.append(case)
        return []

    format_ = msgspec.structs.replace(FORMATS["eval"], rows=rows)
    assert objection(format_, GOOD) is None
    assert made == []
    assert objection(format_, msgspec.structs.replace(GOOD, question="a" * 150_000)) is None
    assert len(made) == 1
