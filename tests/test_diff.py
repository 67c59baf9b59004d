"""The word diff: it spells both texts whatever they are, and marks what a reader sees."""

import random
from itertools import pairwise
from multiprocessing import get_context

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.review import Piece, word_diff

Pieces = list[tuple[str, str]]


def pieces(before: str, after: str) -> Pieces:
    return [(piece.change, piece.text) for piece in word_diff(before, after)]


def spelled(found: list[Piece], without: str) -> str:
    return "".join(piece.text for piece in found if piece.change != without)


def in_time(before: str, after: str, seconds: int = 3) -> list[Piece]:
    """`word_diff` in a child process that is ended when it hangs; not a measurement."""
    with get_context("fork").Pool(1) as pool:
        return pool.apply_async(word_diff, (before, after)).get(seconds)


# Texts that share words, so that there is something to match, and any text at all.
FEW_WORDS = st.lists(st.sampled_from(["a", "b", "B", " ", "  ", "\n", ".", "é", "e\u0301", "👍"]))
TEXTS = st.one_of(st.text(), FEW_WORDS.map("".join))


@given(TEXTS, TEXTS)
@example("", "")
@example("line\u2028line", "line\u2029line")
@example("\ud800 alone", "alone")
def test_it_spells_both_texts(before: str, after: str) -> None:
    found = word_diff(before, after)
    assert spelled(found, "added") == before
    assert spelled(found, "removed") == after


@given(TEXTS, TEXTS)
def test_no_piece_is_empty_and_a_removal_comes_before_its_replacement(
    before: str, after: str
) -> None:
    changes = [piece.change for piece in word_diff(before, after)]
    assert all(piece.text for piece in word_diff(before, after))
    assert ("added", "removed") not in list(pairwise(changes))


@given(TEXTS)
def test_a_text_and_itself_differ_in_nothing(text: str) -> None:
    assert pieces(text, text) == ([("same", text)] if text else [])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "New.", [("added", "New.")]),
        ("Old.", "", [("removed", "Old.")]),
        (
            "Hold the left button.",
            "Hold the right button for ten seconds.",
            [
                ("same", "Hold the "),
                ("removed", "left"),
                ("added", "right"),
                ("same", " button"),
                ("added", " for ten seconds"),
                ("same", "."),
            ],
        ),
        (
            "Refunds take 3 to 5 working days.",
            "Refunds take 10 working days.",
            [
                ("same", "Refunds take "),
                ("removed", "3 to 5"),
                ("added", "10"),
                ("same", " working days."),
            ],
        ),
        (
            "Use `pip install x`.\nThen restart.",
            "Use `pip install --upgrade x`.\nThen restart it.",
            [
                ("same", "Use `pip install"),
                ("added", " --upgrade"),
                ("same", " x`.\nThen restart"),
                ("added", " it"),
                ("same", "."),
            ],
        ),
        (
            "Open **Billing > Credit > Ask for refund**.",
            "Open **Account > Refunds**.",
            [
                ("same", "Open **"),
                ("removed", "Billing"),
                ("added", "Account"),
                ("same", " > "),
                ("removed", "Credit > Ask for refund"),
                ("added", "Refunds"),
                ("same", "**."),
            ],
        ),
        (
            "Zurück in 3–5 Tagen 👍",
            "Zurück in 14 Tagen 👍",
            [
                ("same", "Zurück in "),
                ("removed", "3–5"),
                ("added", "14"),
                ("same", " Tagen 👍"),
            ],
        ),
        (
            "You cannot reset it.",
            "You can reset it.",
            [("same", "You "), ("removed", "cannot"), ("added", "can"), ("same", " reset it.")],
        ),
        (
            "line one\nline two",
            "row one\nrow two",
            [
                ("removed", "line"),
                ("added", "row"),
                ("same", " one\n"),
                ("removed", "line"),
                ("added", "row"),
                ("same", " two"),
            ],
        ),
        # Changes that only a space keeps apart are one; a line's end keeps them apart.
        (
            "Press the red button.",
            "Hold a blue button.",
            [("removed", "Press the red"), ("added", "Hold a blue"), ("same", " button.")],
        ),
        (
            "alpha\nbeta",
            "gamma\ndelta",
            [
                ("removed", "alpha"),
                ("added", "gamma"),
                ("same", "\n"),
                ("removed", "beta"),
                ("added", "delta"),
            ],
        ),
        ("a b", "a  b", [("same", "a"), ("removed", " "), ("added", "  "), ("same", "b")]),
        (
            "First line.\nSecond line.\n",
            "Second line.\n",
            [("removed", "First line.\n"), ("same", "Second line.\n")],
        ),
    ],
)
def test_what_is_marked_can_be_read(before: str, after: str, expected: Pieces) -> None:
    assert pieces(before, after) == expected


# ---- long texts -----------------------------------------------------------------------------

LONG = 100_000


def prose(words: int, seed: int) -> str:
    """100 KB drawn from so many different words."""
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(words)}" for _ in range(LONG // 5))[:LONG]


def symbols(alphabet: str, seed: int) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=LONG))


@pytest.mark.parametrize("words", [300, 3_000])
def test_one_changed_word_in_a_long_text_is_one_change(words: int) -> None:
    before = prose(words, 1).split(" ")
    after = before.copy()
    after[7_000] = "other"
    found = in_time(" ".join(before), " ".join(after))
    assert found == [
        Piece("same", " ".join(before[:7_000]) + " "),
        Piece("removed", before[7_000]),
        Piece("added", "other"),
        Piece("same", " " + " ".join(before[7_001:])),
    ]


def test_many_small_changes_in_a_long_text_stay_small() -> None:
    before = prose(3_000, 1).split(" ")
    after = ["other" if place % 50 == 49 else word for place, word in enumerate(before)]
    found = in_time(" ".join(before), " ".join(after))
    replaced = sum(len(piece.text) for piece in found if piece.change == "removed")
    assert replaced < 2 * sum(map(len, before[49::50]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a" * LONG, "b" * LONG, id="one word each"),
        pytest.param("a " * (LONG // 2), "b " * (LONG // 2), id="one word over and over"),
        pytest.param(symbols("+-", 1), symbols("+-", 2), id="two signs"),
        pytest.param("-" * LONG, "-" * LONG + "+", id="one sign more"),
        pytest.param(prose(3_000, 1), prose(3_000, 2), id="unlike texts"),
        pytest.param(prose(50, 1), prose(50, 2), id="unlike texts of few words"),
        pytest.param("\u4e00\u3002" * (LONG // 6), "\u4e8c\u3002" * (LONG // 6), id="Chinese"),
        pytest.param("", prose(3_000, 1), id="nothing and a text"),
    ],
)
def test_long_texts_come_to_an_end(before: str, after: str) -> None:
    found = in_time(before, after)
    assert spelled(found, "added") == before
    assert spelled(found, "removed") == after
