"""A pytest module over the eval cases, and the cases beside it.

`cases.jsonl` has the lines of `eval.jsonl`. The module is the same for every export: no text of a
log ever stands in Python source. It calls a fixture `answer` of the team's own conftest.py.
Source: parametrize and getfixturevalue (https://docs.pytest.org/en/stable/reference/reference.html).
"""

from core.export.formats import eval_jsonl
from core.export.formats.base import Format

MODULE = b'''"""Asks the agent every question in cases.jsonl and compares what it says.

Your conftest.py says how your agent is asked, by a fixture that gives a function:

    @pytest.fixture
    def answer():
        return lambda question, history: my_agent.ask(question, history)

Two answers agree when their words are the same. For anything cleverer give a second fixture:

    @pytest.fixture
    def agrees():
        return lambda said, expected: my_judge(said, expected)
"""

import json
from pathlib import Path

import pytest

# Only \\n ends a line: other line ends occur within texts.
LINES = Path(__file__).with_name("cases.jsonl").read_bytes().decode("utf-8").split("\\n")
CASES = [json.loads(line) for line in LINES if line]


def words(text):
    return text.casefold().split()


@pytest.fixture
def judge(request):
    try:
        return request.getfixturevalue("agrees")
    except pytest.FixtureLookupError:
        return lambda said, expected: words(said) == words(expected)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_agent_answers_well(case, answer, judge):
    said = answer(case["question"], case["metadata"]["history"])
    if case["rejected_answer"] is not None:
        assert words(said) != words(case["rejected_answer"]), "this answer was wrong before"
    assert judge(said, case["expected"])
'''


FORMAT = Format(
    name="pytest",
    title="Tests for pytest",
    purpose="eval",
    about="A test module and its cases, one a line: your agent must give the liked or the approved "
    "answer, and not the one that was wrong. A fixture in your conftest.py says how the agent is "
    "asked; the head of the module shows it.",
    use="python -m pytest test_cases.py  # with cases.jsonl beside it",
    file="cases.jsonl",
    rows=eval_jsonl.rows,
    beside={"test_cases.py": MODULE},
    exempt=eval_jsonl.FORMAT.exempt,
)
