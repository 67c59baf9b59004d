"""Readers for tools whose records need code: messages, traces, trees, votes that stand alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.load.native import read_feedback, read_interaction
from core.load.tools import READERS, recognise
from core.load.tools.branches import CIRCLE, LONGEST, NO_ANSWER, NO_QUESTION
from core.load.tools.messages import last_exchange, read_messages, text_of
from core.load.tools.thumbs import JUDGE, named_thumb, thumb
from core.load.unreadable import Unreadable
from core.records import Feedback, Interaction, Source, Turn

DATA = Path(__file__).parent / "data"
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
EXCERPT = DATA / "langfuse" / "openai-agents.trace.json"


def read(name: str, value: dict[str, Any]) -> list[Interaction | Feedback]:
    """What a reader makes of a record, as the room goes on to read it; recognised on the way."""
    assert recognise(value) == name
    lines = READERS[name](value)
    return [
        read_feedback(line, alone=True)
        if line.get("type") == "feedback"
        else read_interaction(line)
        for line in lines
    ]


def interactions(name: str, value: dict[str, Any]) -> list[Interaction]:
    found = read(name, value)
    assert all(isinstance(each, Interaction) for each in found)
    return [each for each in found if isinstance(each, Interaction)]


def one(name: str, value: dict[str, Any]) -> Interaction:
    (found,) = interactions(name, value)
    return found


def vote(name: str, value: dict[str, Any]) -> Feedback:
    (found,) = read(name, value)
    assert isinstance(found, Feedback)
    return found


def refusal(name: str, value: dict[str, Any]) -> str:
    with pytest.raises(Unreadable) as caught:
        READERS[name](value)
    return str(caught.value)


# ---- messages -------------------------------------------------------------------------------

SAID = "It is under the stairs."
PARTS = [{"type": "text", "text": SAID}]


@pytest.mark.parametrize(
    "value",
    [
        SAID,
        json.dumps(SAID),
        json.dumps(json.dumps({"role": "assistant", "content": SAID})),
        repr({"role": "assistant", "text": SAID}),
        json.dumps(repr({"role": "assistant", "text": SAID})),
        {"content": SAID},
        {"text": SAID},
        {"text": {"value": SAID, "annotations": []}},
        {"message": {"role": "assistant", "content": SAID}},
        {"role": "assistant", "text": SAID},
        {"role": "assistant", "content": PARTS},
        {"from": "gpt", "value": SAID},
        {"parts": [{"text": SAID}], "role": "model"},
        {"content": {"parts": [{"text": SAID}], "role": "model"}, "finish_reason": "STOP"},
        {"content": {"content_type": "text", "parts": [SAID]}},
        {"role": "assistant", "parts": [{"type": "text", "content": SAID}]},
        {"object": "response", "output": [{"type": "reasoning", "summary": []}, {"type": "message",
            "role": "assistant", "content": [{"type": "output_text", "text": SAID}]}]},
        {"choices": [{"message": {"role": "assistant", "content": SAID}}]},
        {"candidates": [{"content": {"parts": [{"text": SAID}], "role": "model"}}]},
        {"type": "ai", "content": SAID},
        {"type": "ai", "data": {"content": SAID}},
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"],
            "kwargs": {"content": SAID}},
        {"messages": [{"type": "human", "content": "Where?"}, {"type": "ai", "content": ""},
            {"type": "tool", "content": "found"}, {"type": "ai", "content": SAID}]},
        [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": SAID}],
        [{"type": "thinking", "thinking": "hm", "text": "hm"}, *PARTS,
            {"type": "tool_use", "name": "f", "input": {}}],
        [{"type": "image_url", "image_url": {"url": "data:"}}, *PARTS],
        {"parts": [{"text": "Let me see", "thought": True}, {"text": SAID}]},
        {"role": "assistant", "content": None, "refusal": SAID},
    ],
)  # fmt: skip
def test_a_text_is_found_in_every_dialect(value: Any) -> None:
    assert text_of(value) == SAID


@pytest.mark.parametrize(
    "text", ["[1] see the docs", "{}", "42", "[]", '["a", "b"]', '{"a": 1}', "{'a': 1}", "[[]]"]
)
def test_a_text_that_looks_like_json_by_accident_stays(text: str) -> None:
    assert text_of(text) == text


@pytest.mark.parametrize(
    "value",
    [None, "", "  ", 3, {}, [], {"role": "tool", "content": "x"}, {"type": "tool_use", "text": "x"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}],
)  # fmt: skip
def test_where_there_is_no_text_there_is_none(value: Any) -> None:
    assert text_of(value) is None


def test_what_stands_inside_a_message_is_never_unwrapped() -> None:
    pasted = '{"text": "hello"}'
    assert text_of({"role": "user", "content": pasted}) == pasted
    assert read_messages([{"role": "user", "content": pasted}]) == [Turn("user", pasted)]


def test_a_tool_call_ends_a_paragraph_and_a_citation_does_not() -> None:
    blocks = [{"type": "text", "text": "Let me"}, {"type": "text", "text": " look."}]
    blocks += [{"type": "tool_use", "text": "f"}, {"type": "text", "text": "Found it."}]
    assert text_of({"content": blocks}) == "Let me look.\n\nFound it."


@pytest.mark.parametrize(
    "attack",
    ["{'a': " + "-" * 150_000 + "1}", "{'a': " + "(" * 50_000 + "}", "{'a': b'\\xff'}",
        " " * 150_000 + "[" + " " * 150_000 + "x]", '{"a":' * 900 + "1" + "}" * 900,
        "{'a': " + "1+" * 90_000 + "1}", "{'text': 'x', 1: 2, None: 3}", "{'text': '\\ud800'}",
        "{'text': " + "9" * 9_999 + "}"],
)  # fmt: skip
def test_no_text_breaks_the_unwrapping(attack: str) -> None:
    assert text_of(attack) == attack


@pytest.mark.parametrize(
    "value",
    [
        [{"role": "human", "content": "Q"}, {"role": "bot", "content": "A"}],
        [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}],
        [{"type": "human", "content": "Q"}, {"type": "ai", "content": "A"}],
        [["user", "Q"], ["assistant", "A"]],
        [[{"type": "human", "content": "Q"}, {"type": "ai", "content": "A"}]],
        {"contents": [{"role": "user", "parts": [{"text": "Q"}]},
            {"role": "model", "parts": [{"function_call": {"name": "f"}}]},
            {"role": "user", "parts": [{"function_response": {"name": "f"}}]},
            {"role": "model", "parts": [{"text": "A"}]}]},
        json.dumps({"messages": [{"role": "user", "content": "Q"},
            {"role": "tool", "content": "x"}, {"role": "assistant", "content": "A"}]}),
        {"messages": json.dumps([{"role": "user", "content": "Q"},
            {"role": "assistant", "content": "A"}])},
        "\n\nHuman: Q\n\nAssistant: A",
    ],
)  # fmt: skip
def test_messages_are_read_in_every_dialect(value: Any) -> None:
    assert read_messages(value) == [Turn("user", "Q"), Turn("assistant", "A")]


def test_a_role_that_nobody_knows_is_neither_question_nor_answer() -> None:
    talk = [{"role": "user", "content": "Q"}, {"role": "planner", "content": "Do this"}]
    assert [turn.role for turn in read_messages(talk)] == ["user", "system"]
    assert last_exchange(talk) is None


def test_the_last_exchange_is_the_last_answer_and_its_question() -> None:
    text = "\n\nHuman: Q1\n\nAssistant: A1\n\nHuman: Q2\nmore\n\nAssistant: A2"
    found = last_exchange(text)
    assert found is not None
    assert (found.question, found.answer) == ("Q2\nmore", "A2")
    assert found.history == (Turn("user", "Q1"), Turn("assistant", "A1"))


def test_a_step_to_the_answer_is_not_part_of_the_exchange() -> None:
    talk = [
        ("system", "S"),
        ("user", "Q"),
        ("assistant", "Wait"),
        ("assistant", "A"),
        ("user", "?"),
    ]
    found = last_exchange([{"role": role, "content": text} for role, text in talk])
    assert found is not None
    assert found == ((Turn("system", "S"),), "Q", "A")


@pytest.mark.parametrize(
    "talk", [None, "just a text", [], [{"role": "assistant", "content": "Welcome!"}]]
)
def test_no_exchange_without_question_and_answer(talk: Any) -> None:
    assert last_exchange(talk) is None


# ---- thumbs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "signal"),
    [(True, "up"), (1, "up"), (1.0, "up"), ("1", "up"), ("thumbsUp", "up"), ("👍", "up"),
        (False, "down"), (-1, "down"), ("-1", "down"), ("THUMBS_DOWN", "down"), ("no", "down"),
        (0, None), (-0.0, None), (0.7, None), (4, None), (None, None), ("so so", None), ([], None)],
)  # fmt: skip
def test_a_thumb_is_a_thumb_and_nothing_else(value: Any, signal: str | None) -> None:
    assert thumb(value) == signal
    assert thumb(0, zero="down") == "down"


@pytest.mark.parametrize(
    ("name", "value", "signal"),
    [("user-feedback", 1, "up"), ("userFeedback", 0, "down"), ("thumbs", -1, "down"),
        ("user_score", 1, "up"), ("thumbs_down", 1, "down"), ("thumbs_down", 0, None),
        ("rating", 4, None), ("rating", "good", "up"), ("correctness", 1, None),
        ("quality", "thumbs_down", "down"), ("quality", "bad", None), (None, 1, None)],
)  # fmt: skip
def test_a_score_is_a_thumb_by_its_name_and_value(name: Any, value: Any, signal: Any) -> None:
    assert named_thumb(name, value) == signal


# ---- Langfuse -------------------------------------------------------------------------------

TRACES = {
    "beeai-2025-08-01": (
        "I'm planning a trip to Barcelona, Spain. Can you research key attractions and landmarks I "
        "should visit, and also tell me what the current weather conditions are like there?",
        "Barcelona is a vibrant city known for its rich cultural heritage",
    ),
    "claude-agent-2025-12-22": (
        "What's the weather like in Berlin and New York?",
        "Great! Here's the current weather for both cities:\n\n**Berlin**: Cloudy",
    ),
    "google-adk-2025-08-28": ("hi", "Hello Langfuse 👋!"),
    "langgraph-python-2025-08-22": (
        "Search the web for 'example' and summarize.",
        'The search for "example" primarily leads to the website [example.com]',
    ),
    "openai-agents-2025-09-30": (
        "What's the weather in Tokyo?",
        "The weather in Tokyo is currently sunny.",
    ),
}


EXCERPT_OF = "openai-agents-2025-09-30"
# The whole files where they lie beside the checkout, and always the excerpt that is in it.
REAL_TRACES = sorted((SAMPLES / "langfuse_traces").glob("*.trace.json"))


@pytest.mark.parametrize("path", [EXCERPT, *REAL_TRACES], ids=lambda path: path.name)
def test_a_real_trace_is_one_interaction_without_votes(path: Path) -> None:
    name = EXCERPT_OF if path == EXCERPT else path.name.removesuffix(".trace.json")
    trace = json.loads(path.read_text("utf-8"))
    found = one("langfuse", trace)
    question, answer = TRACES[name]
    assert found.question == question
    assert found.answer.startswith(answer)
    assert found.id == trace["trace"]["id"]
    assert found.logged_at is not None
    assert found.feedback == ()
    assert len(found.metadata["judge_scores"]) == len(trace["trace"]["scores"])
    assert found.model
    if trace["trace"]["input"]:
        (alone,) = interactions("langfuse", trace["trace"])
        assert (alone.question, alone.answer) == (found.question, found.answer)


def test_the_trace_that_ships_with_the_tests() -> None:
    found = one("langfuse", json.loads(EXCERPT.read_text()))
    assert found.question == "What's the weather in Tokyo?"
    assert found.answer.startswith("The weather in Tokyo is currently sunny.")
    assert found.history == ()
    assert found.feedback == ()
    assert found.model == "gpt-4.1-2025-04-14"
    judged = {score["name"]: score["value"] for score in found.metadata["judge_scores"]}
    assert judged == {"toxicity": 0.8, "hallucination": 0}


def trace(**fields: Any) -> dict[str, Any]:
    observations = fields.pop("observations", [])
    given = {"id": "t-1", "timestamp": "2026-11-23T10:00:00Z", "input": "Q", "output": "A"}
    return {"trace": given | fields, "observations": observations}


def score(name: str, value: Any, source: str = "API", **fields: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "source": source, "dataType": "NUMERIC", **fields}


def test_a_trace_with_everything() -> None:
    value = trace(
        input={"query": "Q", "chat_history": [["user", "Hi"], ["assistant", "Hello"]]},
        output={"answer": "A"},
        release="r-1",
        userId="u-1",
        sessionId="s-1",
        tags=["a"],
        metadata='{"tenant": "north", "resourceAttributes": {"sdk": 1}}',
        latency=3,
        totalCost=1,
        scores=[
            score("user-feedback", 1, comment="nice", timestamp="2026-11-23T11:00:00Z"),
            score("rating", 4),
            score("faithfulness", 1, "EVAL", comment="ok"),
            score("user-feedback", 0, "EVAL"),
        ],
        observations=[
            {"id": "o", "parentObservationId": "r", "type": "TOOL", "name": "f",
             "output": [{"url": "https://a.example", "title": "T", "body": "B"}, {"title": "T"}]},
            {"id": "p", "parentObservationId": "r", "type": "SPAN", "name": "retriever",
             "output": json.dumps({"documents": [{"page_content": "B", "metadata":
                {"source": "https://b.example"}}, {"url": "https://a.example", "title": "T"}]})},
            {"id": "g", "parentObservationId": "r", "type": "GENERATION", "model": "m"},
        ],
    )  # fmt: skip
    found = one("langfuse", value)
    assert (found.question, found.answer) == ("Q", "A")
    assert found.history == (Turn("user", "Hi"), Turn("assistant", "Hello"))
    assert (found.agent_version, found.model, found.user) == ("r-1", "m", "u-1")
    assert (found.session_id, found.tags) == ("s-1", ("a",))
    assert found.sources == (
        Source(title="T", uri="https://a.example", text="B"),
        Source(uri="https://b.example", text="B"),
    )
    (thumbs,) = found.feedback
    assert (thumbs.signal, thumbs.comment) == ("up", "nice")
    assert found.metadata == {
        "tenant": "north",
        "judge_scores": [
            {"name": "faithfulness", "value": 1, "comment": "ok"},
            {"name": "user-feedback", "value": 0},
        ],
        "scores": [{"name": "rating", "value": 4}],
    }


CORRECTION = {"name": "output", "dataType": "CORRECTION", "source": "ANNOTATION", "value": 0}


@pytest.mark.parametrize(
    ("scores", "votes"),
    [
        ([score("thumbs", 0)], [("down", None)]),
        ([score("thumbs", None, dataType="CATEGORICAL", stringValue="bad")], [("down", None)]),
        ([score("thumbs", 1, dataType="BOOLEAN", stringValue="True")], [("up", None)]),
        ([CORRECTION | {"longStringValue": "Better"}], [("edit", "Better")]),
        ([CORRECTION | {"stringValue": '{"role": "assistant", "content": "Better"}'}],
            [("edit", "Better")]),
        ([score("thumbs", 0), CORRECTION | {"longStringValue": "Better"}], [("down", "Better")]),
        ([score("thumbs", 1), CORRECTION | {"longStringValue": "Better"}],
            [("up", None), ("edit", "Better")]),
        ([score("thumbs", 0, authorUserId="a"), CORRECTION | {"longStringValue": "Better",
            "authorUserId": "b"}], [("down", None), ("edit", "Better")]),
        ([CORRECTION | {"longStringValue": "Better", "source": "EVAL"}], []),
    ],
)  # fmt: skip
def test_scores_of_people_are_votes(scores: Any, votes: Any) -> None:
    found = one("langfuse", trace(scores=scores))
    assert [(vote.signal, vote.correction) for vote in found.feedback] == votes


def test_corrections_are_read_once_and_only_of_the_answer() -> None:
    edit = CORRECTION | {"longStringValue": "Better"}
    step = {"id": "o", "parentObservationId": "r", "output": "a list of pages"}
    value = trace(
        scores=[edit, edit | {"longStringValue": "pages", "observationId": "o"}],
        corrections=[{"longStringValue": "Better"}],
        observations=[step],
    )
    found = one("langfuse", value)
    assert [(vote.signal, vote.correction) for vote in found.feedback] == [("edit", "Better")]
    assert found.metadata["scores"] == [{"name": "output", "value": "pages"}]


@pytest.mark.parametrize(
    ("given", "question"),
    [
        ({"args": ["Q", "x"], "kwargs": {}}, "Q"),
        ({"args": [], "kwargs": {"question": "Q"}}, "Q"),
        ({"input": "Q"}, "Q"),
        ('"Q"', "Q"),
        ({"prompt": [{"role": "user", "content": "Q"}]}, "Q"),
        ({"request": {"messages": [{"role": "user", "content": "Q"}]}}, "Q"),
    ],
)
def test_the_question_of_a_trace_is_dug_out(given: Any, question: str) -> None:
    assert one("langfuse", trace(input=given)).question == question


def test_a_conversation_kept_in_memory_comes_from_the_output() -> None:
    talk = [["user", "Q1"], ["assistant", "A1"], ["user", "Q2"], ["assistant", "A2"]]
    found = one("langfuse", trace(input={"messages": [["user", "Q2"]]}, output={"messages": talk}))
    assert (found.question, found.answer, len(found.history)) == ("Q2", "A2", 2)


def test_a_trace_without_question_or_answer_says_so() -> None:
    assert refusal("langfuse", trace(input=None)) == "there is no question in this trace"
    assert refusal("langfuse", trace(output={"x": 1})) == "there is no answer in this trace"


# ---- trees ----------------------------------------------------------------------------------


def node(id_: str, parent: str | None, role: str, content: Any, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "parentId": parent, "role": role, "content": content, **fields}


WEBUI = {
    each["id"]: each
    for each in (
        node("q1", None, "user", "Q1", timestamp=1748613477),
        node("a1", "q1", "assistant", "A1", model="m", annotation={"rating": 1}),
        node("q2", "a1", "user", "Q2"),
        node("a2", "q2", "assistant", "A2", timestamp=1748613500, sources=[{"source": {"name": "M"},
            "document": ["text"], "metadata": [{"source": "https://a.example"}]}]),
        node("b2", "q2", "assistant", '<details type="reasoning" done="true">\nhm\n</details>\nB2',
            annotation={"rating": "-1", "reason": "not_helpful", "comment": "no",
                "details": {"rating": 3}}),
        node("b3", "q2", "assistant", ""),
    )
}  # fmt: skip


def webui_feedback(**data: Any) -> dict[str, Any]:
    return {
        "id": "f-1",
        "user_id": "u-1",
        "type": "rating",
        "data": {"rating": -1, "model_id": "m-2", "reason": None, "comment": "", **data},
        "meta": {"message_id": "a2", "chat_id": "c-1"},
        "snapshot": {"chat": {"chat": {"history": {"messages": WEBUI}}}},
        "created_at": 1748613500,
        "updated_at": 1748613600,
    }


@pytest.mark.parametrize("rating", [-1, "-1"])
def test_openwebui_feedback(rating: Any) -> None:
    value = webui_feedback(
        rating=rating, reason="wrong", comment="too old", tags=["t"], details={"rating": 3}
    )
    found = one("openwebui_feedback", value)
    assert (found.id, found.session_id, found.model) == ("a2", "c-1", "m-2")
    assert (found.question, found.answer) == ("Q2", "A2")
    assert found.history == (Turn("user", "Q1"), Turn("assistant", "A1"))
    assert found.metadata == {"rating": 3}
    assert found.sources == (Source(title="M", uri="https://a.example", text="text"),)
    assert found.tags == ("t",)
    (thumbs,) = found.feedback
    assert (thumbs.signal, thumbs.comment, thumbs.tags) == ("down", "too old", ("wrong",))
    assert (thumbs.rater, thumbs.at and thumbs.at.minute) == ("u-1", 0)


def test_openwebui_feedback_without_a_rating_is_an_answer_without_a_vote() -> None:
    assert one("openwebui_feedback", webui_feedback(rating=None)).feedback == ()


def test_openwebui_feedback_without_its_chat_is_a_vote_alone() -> None:
    found = vote("openwebui_feedback", webui_feedback(rating="1") | {"snapshot": None})
    assert (found.signal, found.interaction_id, found.rater) == ("up", "a2", "u-1")
    empty = webui_feedback(rating=None) | {"snapshot": None}
    assert "neither" in refusal("openwebui_feedback", empty)


def test_an_openwebui_chat_is_every_answer_with_its_own_history() -> None:
    value = {"id": "c-1", "user_id": "u", "chat": {"history": {"messages": WEBUI}}}
    first, second, again = interactions("openwebui_chat", value)
    assert (first.id, first.answer, first.history) == ("a1", "A1", ())
    assert (second.question, second.answer, len(second.history)) == ("Q2", "A2", 2)
    assert (again.question, again.answer, len(again.history)) == ("Q2", "B2", 2)
    assert [vote.signal for each in (first, second, again) for vote in each.feedback] == [
        "up",
        "down",
    ]
    assert again.feedback[0].tags == ("not_helpful",)
    assert again.metadata == {"rating": 3}


def chatgpt(id_: str, parent: str | None, role: str, parts: Any, **fields: Any) -> dict[str, Any]:
    content = {"content_type": fields.pop("kind", "text"), "parts": parts}
    message = {"id": id_, "author": {"role": role}, "content": content, **fields}
    return {"id": id_, "parent": parent, "children": [], "message": message}


def test_chatgpt() -> None:
    nodes = [
        {"id": "root", "parent": None, "message": None},
        chatgpt("s", "root", "system", [""]),
        chatgpt("q", "s", "user", [{"asset_pointer": "file:"}, "Q"], kind="multimodal_text"),
        chatgpt("t", "q", "assistant", ["x"], kind="thoughts"),
        chatgpt("c", "t", "assistant", ["search()"], recipient="web"),
        chatgpt("r", "c", "tool", ["pages"]),
        chatgpt("p", "r", "assistant", ["Wait"], end_turn=False),
        chatgpt("a", "p", "assistant", ["A"], end_turn=True, recipient="all",
                create_time=1758873947.9, metadata={"model_slug": "gpt"}),
        chatgpt("q2", "a", "user", ["Q2"]),
        chatgpt("a2", "q2", "assistant", ["A2"]),
    ]  # fmt: skip
    value = {"id": "c-1", "title": "T", "mapping": {each["id"]: each for each in nodes}}
    first, second = interactions("chatgpt", value)
    assert (first.id, first.question, first.answer, first.model) == ("a", "Q", "A", "gpt")
    assert (first.history, first.session_id) == ((), "c-1")
    assert first.logged_at is not None
    assert (second.id, second.history) == ("a2", (Turn("user", "Q"), Turn("assistant", "A")))


def test_chat_ui() -> None:
    value = {
        "_id": {"$oid": "c-1"},
        "model": "m",
        "messages": [
            {"id": "s", "from": "system", "content": "S", "ancestors": []},
            {"id": "q", "from": "user", "content": "Q", "ancestors": ["s"]},
            {"id": "a", "from": "assistant", "content": "A", "ancestors": ["s", "q"], "score": 0},
            {"id": "b", "from": "assistant", "content": "B", "ancestors": ["s", "q"], "score": -1,
             "createdAt": {"$date": "2026-11-23T10:00:00Z"}},
            {"id": "c", "from": "assistant", "content": "C", "ancestors": ["s", "q"], "score": 1},
        ],
    }  # fmt: skip
    found = interactions("chat_ui", value)
    assert [(each.id, each.question, each.answer) for each in found] == [
        ("a", "Q", "A"),
        ("b", "Q", "B"),
        ("c", "Q", "C"),
    ]
    assert [[vote.signal for vote in each.feedback] for each in found] == [[], ["down"], ["up"]]
    assert found[1].history == (Turn("system", "S"),)
    assert found[1].logged_at is not None
    assert (found[0].session_id, found[0].model) == ("c-1", "m")


def test_an_old_chat_ui_conversation_has_no_branches() -> None:
    talk = [("user", "Q1"), ("assistant", "A1"), ("user", "Q2"), ("assistant", "A2")]
    messages = [{"from": role, "content": text, "score": 0} for role, text in talk]
    found = interactions("chat_ui", {"messages": messages})
    assert [(each.id, each.question, len(each.history)) for each in found] == [
        (None, "Q1", 0),
        (None, "Q2", 2),
    ]


def libre(id_: str, parent: str, text: str, **fields: Any) -> dict[str, Any]:
    user = id_.startswith("q")
    return {"messageId": id_, "parentMessageId": parent, "text": text, "isCreatedByUser": user,
            **fields}  # fmt: skip


NOBODY = "00000000-0000-0000-0000-000000000000"
DOWN = {"rating": "thumbsDown", "tag": "inaccurate", "text": "old"}


@pytest.mark.parametrize("nested", [False, True])
def test_librechat(nested: bool) -> None:
    question = libre("q1", NOBODY, "Q")
    answers = [
        libre("a1", "q1", "", content=PARTS, model="m", feedback={"rating": "thumbsUp"}),
        libre("a2", "q1", "A2", feedback=DOWN, createdAt="2026-11-23T10:00:00Z"),
    ]
    messages = [question | {"children": answers}] if nested else [question, *answers]
    value = {"conversationId": "c-1", "messages": messages}
    up, down = interactions("librechat", value)
    assert (up.id, up.question, up.answer, up.model) == ("a1", "Q", SAID, "m")
    assert (down.id, down.answer, down.session_id) == ("a2", "A2", "c-1")
    assert up.feedback[0].signal == "up"
    (thumbs,) = down.feedback
    assert (thumbs.signal, thumbs.tags, thumbs.comment) == ("down", ("inaccurate",), "old")


def broken(messages: dict[str, Any]) -> dict[str, Any]:
    return {"chat": {"history": {"messages": messages}}}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ({"a": node("a", "a", "assistant", "secret")}, CIRCLE),
        ({"a": node("a", "b", "assistant", "secret"), "b": node("b", "a", "user", "Q")}, CIRCLE),
        ({"a": node("a", "gone", "assistant", "secret")}, NO_QUESTION),
        ({"a": node("a", None, "assistant", "secret")}, NO_QUESTION),
        ({"q": node("q", None, "user", "secret")}, NO_ANSWER),
        ({"q": None, "a": [], "b": "x"}, NO_ANSWER),
        ({}, NO_ANSWER),
    ],
)
def test_a_broken_tree_is_refused_without_a_word_of_it(messages: Any, reason: str) -> None:
    assert refusal("openwebui_chat", broken(messages)) == reason


def test_what_is_whole_in_a_broken_tree_is_read() -> None:
    messages = {"w": node("w", None, "assistant", "Welcome"), "x": node("x", "x", "assistant", "X")}
    (found,) = interactions("openwebui_chat", broken(WEBUI | messages))[:1]
    assert found.answer == "A1"
    assert len(interactions("openwebui_chat", broken(WEBUI | messages))) == 3


def test_a_chat_without_end_keeps_its_latest_history() -> None:
    nodes = [
        node(str(n), str(n - 1), "assistant" if n % 2 else "user", f"said {n}")
        for n in range(4_000)
    ]
    found = READERS["openwebui_chat"](broken({each["id"]: each for each in nodes}))
    assert len(found) == 2_000
    assert found[-1]["history"][-1]["content"] == "said 3997"
    assert len(found[-1]["history"]) == LONGEST - 2


# ---- whole conversations --------------------------------------------------------------------

TALK = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]


def test_wildchat() -> None:
    value = {"conversation_hash": "h", "model": "m", "timestamp": "2026-11-23T10:00:00Z",
             "conversation": TALK, "turn": 1, "language": "English"}  # fmt: skip
    found = one("conversation", value)
    assert (found.id, found.model, found.question, found.answer) == ("h", "m", "Q", "A")
    assert found.metadata == {"turn": 1, "language": "English"}
    assert found.feedback == ()


def test_sharelm() -> None:
    value = {"conversation_id": "c", "conversation": TALK, "model_name": "m", "user_id": "u",
             "conversation_metadata": {"rate": "-1"}}  # fmt: skip
    found = one("conversation", value)
    assert (found.id, found.model, found.user) == ("c", "m", "u")
    assert [vote.signal for vote in found.feedback] == ["down"]


@pytest.mark.parametrize(
    ("fields", "signals"),
    [
        ({}, []),
        ({"thumbs": 1}, ["up"]),
        ({"feedback": "down", "comment": "old"}, ["down"]),
        ({"feedback": {"rating": "thumbs_down", "text": "old"}}, ["down"]),
        ({"feedback": [{"signal": "up"}, {"signal": "down"}]}, ["up", "down"]),
        ({"rating": "good"}, ["up"]),
        ({"rating": True}, ["up"]),
        # One of five stars? A thumb? Only a mapping can say.
        ({"rating": 1}, []),
        ({"rating": "1"}, []),
        ({"feedback": {"rating": 1}}, []),
        ({"feedback": "It was too long."}, []),
    ],
)
def test_the_thumb_of_a_conversation(fields: dict[str, Any], signals: list[str]) -> None:
    found = one("conversation", {"messages": TALK, **fields})
    assert [vote.signal for vote in found.feedback] == signals
    if not signals:
        assert found.metadata == fields
    if "old" in str(fields):
        assert found.feedback[0].comment == "old"


def test_the_thumb_of_a_message_is_that_of_its_answer_only() -> None:
    talk = [TALK[0], TALK[1] | {"feedback": "down"}, {"role": "user", "content": "Q2"}]
    answer = {"role": "assistant", "content": "A2"}
    assert one("conversation", {"messages": [*talk, answer]}).feedback == ()
    rated = answer | {"feedback": {"rating": "up"}}
    (thumbs,) = one("conversation", {"messages": [*talk, rated]}).feedback
    assert thumbs.signal == "up"


def test_sharegpt_and_messages_in_a_text() -> None:
    value = {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}
    assert one("conversation", value).answer == "A"
    assert one("conversation", {"messages": json.dumps(TALK)}).answer == "A"


def fastchat(kind: str, time: float, **state: Any) -> dict[str, Any]:
    given = {"roles": ["USER", "ASSISTANT"], "offset": 1, "conv_id": "c-1", "system_message": "S",
             "messages": [["USER", "example"], ["USER", "Q"], ["ASSISTANT", "A"]]}  # fmt: skip
    return {"tstamp": time, "type": kind, "model": "m", "ip": "192.0.2.7", "state": given | state}


def test_fastchat_votes_meet_their_answer() -> None:
    chat = one("fastchat", fastchat("chat", 1_700_000_000.5))
    voted = one("fastchat", fastchat("downvote", 1_700_000_009.5))
    assert (chat.question, chat.answer, chat.model) == ("Q", "A", "m")
    assert chat.history == (Turn("system", "S"),)
    assert chat.id == voted.id is not None
    assert chat.feedback == ()
    assert [vote.signal for vote in voted.feedback] == ["down"]
    assert voted.feedback[0].at == voted.logged_at
    again = one("fastchat", fastchat("chat", 1.7e9, messages=[["USER", "Q"], ["ASSISTANT", "B"]],
                                     offset=0))  # fmt: skip
    assert again.id != chat.id
    assert one("fastchat", fastchat("flag", 1.7e9)).metadata == {"flagged": True}
    assert one("fastchat", fastchat("upvote", 1.7e9, conv_id=None)).logged_at is None
    assert "192.0.2.7" not in str(READERS["fastchat"](fastchat("chat", 1.7e9)))


# ---- votes that stand alone -----------------------------------------------------------------


def langsmith(**fields: Any) -> dict[str, Any]:
    return {"id": "f", "run_id": "r-1", "key": "user_score", "score": 0, "value": None,
            "comment": "wrong", "created_at": "2024-05-05T23:23:11.077838",
            "feedback_source": {"type": "app", "user_id": "u"}, **fields}  # fmt: skip


def test_langsmith_feedback() -> None:
    found = vote("langsmith_feedback", langsmith(correction={"answer": "Better"}))
    assert (found.interaction_id, found.signal, found.rater) == ("r-1", "down", "u")
    assert (found.correction, found.comment) == ("Better", "wrong")
    assert found.at is not None


@pytest.mark.parametrize(
    ("fields", "signal", "correction"),
    [
        ({"score": 1}, "up", None),
        ({"score": True}, "up", None),
        ({"score": None, "value": "bad"}, "down", None),
        ({"score": None, "correction": "Better"}, "edit", "Better"),
        ({"score": 1, "correction": {"anything": "Better"}}, "edit", "Better"),
        ({"score": 0, "correction": {"score": 1}}, "down", None),
        ({"score": 1, "key": "correctness"}, "up", None),
    ],
)
def test_langsmith_scores(fields: Any, signal: str, correction: str | None) -> None:
    found = vote("langsmith_feedback", langsmith(**fields))
    assert (found.signal, found.correction) == (signal, correction)


def test_what_langsmith_refuses() -> None:
    judge = langsmith(feedback_source={"type": "model"})
    assert refusal("langsmith_feedback", judge) == JUDGE
    program = langsmith(key="faithfulness", score=1, feedback_source={"type": "api"})
    assert "neither thumbs up nor" in refusal("langsmith_feedback", program)
    assert "neither thumbs up nor" in refusal("langsmith_feedback", langsmith(score=0.5))
    assert "which answer" in refusal("langsmith_feedback", langsmith(run_id=None))


def phoenix(result: Any, kind: str = "HUMAN") -> dict[str, Any]:
    return {"id": "1", "span_id": "s-1", "annotator_kind": kind, "name": "thumbs", "user_id": "u",
            "updated_at": "2026-11-23T10:00:00+00:00", "result": result}  # fmt: skip


def test_phoenix_annotations() -> None:
    found = vote("phoenix_annotation", phoenix({"label": "thumbs_down", "explanation": "old"}))
    assert (found.interaction_id, found.signal, found.comment) == ("s-1", "down", "old")
    assert vote("phoenix_annotation", phoenix({"score": 1.0})).signal == "up"
    for kind in ("LLM", "CODE"):
        assert refusal("phoenix_annotation", phoenix({"score": 1}, kind)) == JUDGE
    assert "neither thumbs up nor" in refusal("phoenix_annotation", phoenix({"score": 0.4}))


def test_langfuse_scores() -> None:
    row = {"id": "1", "traceId": "t-1", "authorUserName": "", "comment": "", "stringValue": ""}
    rows = row | {"source": "API", "name": "user-feedback", "dataType": "NUMERIC", "value": "0"}
    found = vote("langfuse_score", rows)
    assert (found.interaction_id, found.signal) == ("t-1", "down")
    edit = row | CORRECTION | {"stringValue": "Better", "value": "0"}
    assert vote("langfuse_score", edit).correction == "Better"
    assert refusal("langfuse_score", rows | {"source": "EVAL"}) == JUDGE
    assert "neither thumbs up nor" in refusal("langfuse_score", rows | {"name": "helpfulness"})


@pytest.mark.parametrize(("value", "signal"), [(0, "down"), (1, "up"), ("0", "down")])
def test_chainlit_feedback(value: Any, signal: str) -> None:
    row = {"id": "f", "forId": "step-1", "threadId": "t", "value": value, "comment": None}
    found = vote("chainlit_feedback", row)
    assert (found.interaction_id, found.signal) == ("step-1", signal)


# ---- which reader ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"question": "Q", "answer": "A"},
        {"question": "Q", "answer": "A", "feedback": "up", "messages": TALK},
        {"type": "feedback", "interaction_id": "i", "signal": "up", "forId": "x", "value": 1},
        {"prompt": "Q", "response": "A", "rating": 1},
        {"messages": ["Q", "A"]},
        {"messages": [{"role": "user", "content": "Q"}]},
        {"id": "1", "value": 3, "name": "x"},
        {"conversation_id": "c", "rating": "thumbs_up", "content": "{}"},
    ],
)
def test_no_reader_takes_what_is_not_its_own(value: dict[str, Any]) -> None:
    assert recognise(value) is None


# ---- junk -----------------------------------------------------------------------------------

KEYS = """
    trace observations input output scores corrections source dataType name value stringValue
    longStringValue observationId parentObservationId id startTime type metadata tags messages
    conversation conversations role from content text parts kwargs lc data meta message_id rating
    snapshot chat history parentId annotation details mapping message parent author recipient
    ancestors score messageId parentMessageId isCreatedByUser children feedback tag tstamp state
    roles offset conv_id system_message run_id key feedback_source correction annotator_kind result
    label span_id traceId forId sources document model
""".split()
WORDS = ["user", "assistant", "API", "EVAL", "CORRECTION", "HUMAN", "a", "b", "q", "upvote", "1",
         "GENERATION", "TOOL", "thumbs", "[]", '{"role": "user", "content": "x"}', "{'a': 'b'}",
         '"x"', "https://a.example", "\n\nHuman: a\n\nAssistant: b"]  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(WORDS)
)
NAMES = st.sampled_from(KEYS) | st.sampled_from(["a", "b", "q"]) | st.text(max_size=3)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=40,
)


@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=150, deadline=2_000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_junk_is_read_or_refused(name: str, data: st.DataObject) -> None:
    value = data.draw(st.dictionaries(NAMES, JUNK, max_size=8))
    assert recognise(value) in {None, *READERS}
    try:
        lines = READERS[name](value)
    except Unreadable as reason:
        assert str(reason)
    else:
        assert lines
        for line in lines:
            json.dumps(line)


def _paths(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a record that can be put something else: its holder and key."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _paths(value[key])


WHOLE = {
    "langfuse": trace(
        scores=[score("thumbs", 0), CORRECTION | {"longStringValue": "Better"}],
        observations=[{"id": "o", "type": "TOOL", "output": [{"url": "https://a", "title": "T"}]}],
    ),
    "langfuse_score": score("thumbs", 0, traceId="t"),
    "openwebui_feedback": webui_feedback(details={"rating": 3}, tags=["t"]),
    "openwebui_chat": broken(WEBUI),
    "chatgpt": {"mapping": {"q": chatgpt("q", None, "user", ["Q"]),
        "a": chatgpt("a", "q", "assistant", ["A"])}},
    "chat_ui": {"messages": [{"id": "q", "from": "user", "content": "Q", "ancestors": []},
        {"id": "a", "from": "assistant", "content": "A", "ancestors": ["q"], "score": 1}]},
    "librechat": {"messages": [libre("q", NOBODY, "Q", children=[libre("a", "q", "A",
        feedback=DOWN)])]},
    "fastchat": fastchat("upvote", 1.7e9),
    "langsmith_feedback": langsmith(correction={"answer": "Better"}),
    "phoenix_annotation": phoenix({"label": "up", "score": 1}),
    "chainlit_feedback": {"forId": "s", "value": 1, "comment": "c"},
    "conversation": {"id": "c", "messages": [TALK[0], TALK[1] | {"feedback": {"rating": "up",
        "text": "t"}}], "conversation_metadata": {"rate": 1}, "metadata": {}, "tags": ["t"]},
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("junk", [None, 0, 10**400, -1.5, "x", "", [], {}, [[]], [None], {"a": {}}])
def test_a_whole_record_with_one_value_wrong_is_read_or_refused(name: str, junk: Any) -> None:
    count = sum(1 for _ in _paths(WHOLE[name]))
    for place in range(count):
        value = json.loads(json.dumps(WHOLE[name]))
        holder, key = list(_paths(value))[place]
        holder[key] = junk
        recognise(value)
        try:
            READERS[name](value)
        except Unreadable as reason:
            assert str(reason)
