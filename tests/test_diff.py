"""The word diff: it spells both texts whatever they are, and marks what a reader sees."""

import random
import time
from itertools import pairwise
from multiprocessing import get_context

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.review import (
    Comparison,
    Fold,
    Piece,
    Row,
    compare,
    is_code,
    keeps_columns,
    tidy,
    word_diff,
)

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


# ---- texts compared as a reader looks at them -----------------------------------------------

SIGNS = {"same": " ", "removed": "-", "added": "+", "changed": "~"}


def drawn(before: str, after: str) -> list[str]:
    """A comparison in signs: | is a line that keeps its columns, [ ] and { } are removed, added."""
    marks = {"same": "{}", "removed": "[{}]", "added": "{{{}}}"}
    lines = []
    for part in compare(before, after).parts:
        if isinstance(part, Fold):
            lines.append(f"…{part.lines} {part.change}")
            continue
        words = "".join(marks[piece.change].format(piece.text) for piece in part.pieces)
        lines.append(f"{SIGNS[part.change]}{'|' if part.fixed else ''}{words}")
    return lines


CODE = """\
def total(rows):
    result = 0
    for row in rows:
        result += row["kwh"]
    return result
"""


def test_code_stays_lines_with_the_changed_words_marked_in_both() -> None:
    after = CODE.replace("0", "0.0").replace('row["kwh"]', 'row["kwh"] or 0')
    assert drawn(CODE, after) == [
        " |def total(rows):",
        "-|    result = [0]",
        "+|    result = {0.0}",
        " |    for row in rows:",
        '-|        result += row["kwh"]',
        '+|        result += row["kwh"]{ or 0}',
        " |    return result",
    ]


def test_the_indentation_of_code_is_a_change_and_kept() -> None:
    body = "    if m == 0:\n        return 0\n    return m * 2"
    assert drawn(body, body.replace("        return 0", "    return 0")) == [
        " |    if m == 0:",
        "-|[        ]return 0",
        "+|{    }return 0",
        " |    return m * 2",
    ]


def test_whole_lines_that_came_or_went_are_shown_as_lines() -> None:
    after = CODE.replace("    result = 0\n", "").replace(
        "    return result", "    rows.close()\n    return result"
    )
    assert drawn(CODE, after) == [
        " |def total(rows):",
        "-|    result = 0",
        " |    for row in rows:",
        ' |        result += row["kwh"]',
        "+|    rows.close()",
        " |    return result",
    ]


def test_long_unchanged_stretches_of_code_are_folded() -> None:
    before = "\n".join(f"x{number} = ({number})" for number in range(40))
    assert drawn(before, before.replace("x20 = (20)", "x20 = (21)")) == [
        "…17 same",
        *(f" |x{number} = ({number})" for number in (17, 18, 19)),
        "-|x20 = ([20])",
        "+|x20 = ({21})",
        *(f" |x{number} = ({number})" for number in (21, 22, 23)),
        "…16 same",
    ]
    folds = [part for part in compare(before, before + "\ny = (1)").parts if isinstance(part, Fold)]
    assert [fold.text for fold in folds] == ["\n".join(before.split("\n")[:37])]


def test_a_stretch_that_is_hardly_longer_than_its_fold_is_shown() -> None:
    before = "\n".join(f"x{number} = ({number})" for number in range(6))
    assert not [line for line in drawn(before, f"y = (1)\n{before}") if line.startswith("…")]


TABLE = """\
What it costs:

| Tariff | Day |
|---|---|
| Fixed | 26p |
| Night | 33p |

Choose the one that fits you best."""


def test_the_lines_of_a_table_stay_lines_and_prose_around_it_is_prose() -> None:
    after = TABLE.replace("33p |", "31p |\n| Agile | 20p |").replace("best.", "most.")
    assert drawn(TABLE, after) == [
        " What it costs:",
        " ",
        " || Tariff | Day |",
        " ||---|---|",
        " || Fixed | 26p |",
        "-|| Night | [33p] |",
        "+|| Night | {31p} |",
        "+|| Agile | 20p |",
        " ",
        "~Choose the one that fits you [best]{most}.",
    ]


def test_fenced_code_keeps_its_lines_within_prose() -> None:
    before = "Run this:\n\n```\npip install x\n```\n\nThen restart."
    assert drawn(before, before.replace("install x", "install -U x")) == [
        " Run this:",
        " ",
        " |```",
        "-|pip install x",
        "+|pip install {-U }x",
        " |```",
        " ",
        " Then restart.",
    ]


def test_prose_is_one_text_with_the_changes_inside() -> None:
    assert drawn("Hold the left button.\nThen wait.", "Hold the right button.\nThen wait.") == [
        "~Hold the [left]{right} button.\nThen wait."
    ]


def test_long_unchanged_prose_is_folded_around_a_change() -> None:
    head, tail = "One two three. " * 60, " Four five six." * 60
    parts = compare(f"{head}left{tail}", f"{head}right{tail}").parts
    assert [type(part) for part in parts] == [Fold, Row, Fold]
    assert (
        "".join(
            part.text
            if isinstance(part, Fold)
            else "".join(piece.text for piece in part.pieces if piece.change != "added")
            for part in parts
        )
        == f"{head}left{tail}".strip()
    )
    assert len("".join(piece.text for piece in parts[1].pieces)) < 600  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["One line.\nAnother.", CODE, TABLE])
def test_line_ends_alone_are_no_change_but_said(text: str) -> None:
    windows = text.replace("\n", "\r\n")
    assert compare(windows, text) == Comparison(line_ends=True)
    assert compare(text, windows) == Comparison(line_ends=True)
    assert compare(text, f"\n{text}  \n") == Comparison()
    changed = compare(windows, text.replace("One", "Two").replace("0", "1").replace("26", "27"))
    assert (
        sum(isinstance(p, Row) and p.change not in ("same", "changed") for p in changed.parts) < 3
    )


@given(TEXTS, TEXTS)
@example(CODE, TABLE)
@example(f"{CODE}\n{CODE}", CODE)
@example(TABLE, f"{TABLE}\n\n```\n{CODE}")
@example("", "x = (1)\ny = (2)")
def test_a_comparison_loses_nothing(before: str, after: str) -> None:
    found = compare(before, after)
    if not found.parts:
        assert tidy(before) == tidy(after)
        return
    whole: dict[str, list[str]] = {"removed": [], "added": []}
    lines = any(part.fixed for part in found.parts)
    for side, other in (("removed", "added"), ("added", "removed")):
        for part in found.parts:
            if part.change == other:
                continue
            if isinstance(part, Fold):
                whole[side].append(part.text)
            else:
                pieces = (piece.text for piece in part.pieces if piece.change != other)
                whole[side].append("".join(pieces))
    joint = "\n" if lines else ""
    assert joint.join(whole["removed"]) == tidy(before) or not tidy(before)
    assert joint.join(whole["added"]) == tidy(after) or not tidy(after)


# ---- what is code ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        '"""Says hello.\n\nIn a friendly way, to whoever comes.\n"""\ndef hello():\n    pass',
        "    if m == 0:\n        return 0\n    return m * 2",
        "const a = 1;\nfunction b() {\n  return a;\n}",
        "SELECT id, name\nFROM meters\nWHERE id = 7;",
        '{\n  "a": 1,\n  "b": [2, 3]\n}',
        "# a comment\nimport os\nprint(os.getcwd())",
    ],
)
def test_bare_code_is_known(text: str) -> None:
    assert is_code(text)
    assert is_code(text.replace("\n", "\r\n"))
    assert all(keeps_columns(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hold the left button.",
        "return to the menu",
        "for example:\n- one\n- two",
        "Dear [PERSON-1], [EMAIL-1], [PHONE-1],\n\nplease call (any day) us; we help.\n\nBye",
        "Settings > Meters > Reset\nif you can: do it\nwhile you wait: sit",
        TABLE,
        f"Use this:\n```\n{CODE}```",
        "1. Open the app.\n2. Choose “Meters”.\n3. Press Reset (twice).",
        "**Bold:** one\n**Bolder:** two\n\n> quoted (text)",
    ],
)
def test_prose_is_not_taken_for_code(text: str) -> None:
    assert not is_code(text)


def test_an_edit_of_code_keeps_its_indentation() -> None:
    body = "\n    \n    if m == 0:\r\n        return 0\r\n    return m * 2  \n"
    assert tidy(body) == "    if m == 0:\n        return 0\n    return m * 2"
    assert tidy("  Hold both.\n  Then wait.\n") == "Hold both.\n  Then wait."


# ---- long and hostile ones ------------------------------------------------------------------


def compared_in_time(before: str, after: str, seconds: int = 5) -> Comparison:
    with get_context("fork").Pool(1) as pool:
        return pool.apply_async(compare, (before, after)).get(seconds)


def lines_of(count: int, seed: int, names: int = 90) -> str:
    draw = random.Random(seed)
    return "\n".join(f"    x{draw.randrange(names)} = call(a, {n});" for n in range(count))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(symbols("+-\n;=()", 1), symbols("+-\n;=()", 2), id="signs"),
        pytest.param("\n" * LONG + "a", "x = 1;\n" * (LONG // 7), id="empty lines"),
        pytest.param("x = 1;\n" * (LONG // 7), "x = 2;\n" * (LONG // 7), id="one line repeated"),
        pytest.param(lines_of(4_000, 1), lines_of(4_000, 2), id="unlike code"),
        pytest.param("x = (" + "a," * 50_000 + ");\ny = 1;", "y = (2);\nz = 3;", id="a long line"),
        pytest.param(("|-" * 30 + "|\n") * 1_600, ("|-" * 30 + "|x\n") * 1_600, id="rules only"),
        pytest.param("```\n" * 25_000, "```\n" * 24_999 + "x", id="fences only"),
        pytest.param("a=(" * (LONG // 3) + "\nb=(1)", "a=[" * (LONG // 3) + "\nb=(1)", id="open"),
        pytest.param(
            "\n".join("= " + symbols("+-;", seed)[:3_000] for seed in range(30)),
            "\n".join("= " + symbols("+-;", seed)[:3_000] for seed in range(40, 70)),
            id="thirty long lines",
        ),
    ],
)
def test_hostile_texts_come_to_an_end(before: str, after: str) -> None:
    assert len(compared_in_time(before, after).parts) < 2_500


@pytest.mark.parametrize("kind", ["prose", "code"])
def test_ten_thousand_characters_are_compared_at_once(kind: str) -> None:
    before = prose(800, 1)[:10_000] if kind == "prose" else lines_of(450, 1)[:10_000]
    joint = " " if kind == "prose" else "\n"
    parts = before.split(joint)
    after = joint.join(part + "s" if place % 20 == 7 else part for place, part in enumerate(parts))
    compare(before, after)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        compare(before, after)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05
