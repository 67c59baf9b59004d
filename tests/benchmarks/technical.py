"""Clean technical texts from the installed packages: what redaction should leave as it is.

Deterministic: files sorted, then shuffled by a fixed seed. Texts with web or e-mail addresses are
left out, since these are findings by design. Docstrings that say who wrote something are marked:
names in them are no mistake, so the benchmark reports figures with and without these.
"""

import ast
import difflib
import random
import re
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

PACKAGES = ("pandas", "numpy", "sklearn", "scipy", "altair", "starlette", "requests", "jinja2")
DOCSTRINGS = 400
OTHERS = 100  # of each other kind

_ADDRESS = re.compile(r"(?i)://|www\.|\S@\S")
# A line that gives credit, a reference with its year, or a person of letters: names are in place.
_CREDIT = re.compile(
    r"(?im)^\W*(?:authors?|credits?|copyright|contribut\w+|maintain\w+|references?|bibliography)\b"
    r"|\b(?:written|implemented|developed|contributed|translat\w+|proposed|invented) by\b"
    r"|\bthanks to\b|\bdedicated to\b|\bet al\b|^\s*\.\. \[|\((?:1[89]|20)\d\d[a-z]?\)"
)
_SQL = re.compile(
    r"(?s)\b(?:SELECT\b.+\bFROM|INSERT INTO|CREATE TABLE|UPDATE\b.+\bSET|DELETE FROM)\b"
)


def _files(seed: int) -> list[Path]:
    site = Path(sysconfig.get_paths()["purelib"])
    found = [file for name in PACKAGES for file in sorted((site / name).rglob("*.py"))]
    random.Random(seed).shuffle(found)
    return found


def _take(texts: Iterator[str], count: int) -> list[str]:
    taken: list[str] = []
    for text in texts:
        if not _ADDRESS.search(text):
            taken.append(text)
        if len(taken) == count:
            break
    return taken


def credits(text: str) -> bool:
    """Whether a docstring says who wrote or found something."""
    return bool(_CREDIT.search(text))


def docstrings(count: int = DOCSTRINGS) -> list[str]:
    """Docstrings of 80 to 3,000 characters, at most two of a file."""
    texts: list[str] = []
    for file in _files(1):
        if len(texts) < count and "test" not in file.name:
            texts += list(_docstrings_of(file))[:2]
    return texts[:count]


def _docstrings_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node)
            if text and 80 < len(text) < 3000 and not _ADDRESS.search(text):
                yield text


def _windows(seed: int, size: int) -> Iterator[tuple[Path, int, list[str]]]:
    """Lines of source in the middle of files, each with its file and first line number."""
    pick = random.Random(seed)
    for file in _files(seed):
        lines = file.read_text("utf-8").split("\n")
        if len(lines) > 3 * size:
            first = pick.randrange(size, len(lines) - size)
            yield file, first + 1, lines[first : first + size]


def code(count: int = OTHERS) -> list[str]:
    return _take(("\n".join(lines) for _, _, lines in _windows(2, 25)), count)


def diffs(count: int = OTHERS) -> list[str]:
    def made() -> Iterator[str]:
        for file, _, lines in _windows(3, 20):
            changed = [*lines[:8], "    pass", *lines[10:]]
            name = file.as_posix().partition("site-packages/")[2]
            yield "\n".join(difflib.unified_diff(lines, changed, f"a/{name}", f"b/{name}", "", ""))

    return _take(made(), count)


def tracebacks(count: int = OTHERS) -> list[str]:
    def made() -> Iterator[str]:
        frames = _windows(4, 6)
        errors = (KeyError("column_7"), ValueError("shapes (3,4) and (5,) not aligned"))
        for (file, number, lines), error in zip(frames, errors * count, strict=False):
            stack = [
                traceback.FrameSummary(str(file), number + i, f"step_{i}", line=line.strip())
                for i, line in enumerate(lines)
                if line.strip()
            ]
            told = traceback.format_exception_only(error)
            head = "Traceback (most recent call last):\n"
            yield head + "".join([*traceback.format_list(stack), *told])

    return _take(made(), count)


def statements(count: int = OTHERS) -> list[str]:
    """SQL in string literals of packages that speak it."""
    site = Path(sysconfig.get_paths()["purelib"])

    def made() -> Iterator[str]:
        for name in ("duckdb", "pandas", "streamlit", "huggingface_hub", "narwhals", "fsspec"):
            for file in sorted((site / name).rglob("*.py")):
                for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        text = node.value
                        if 30 < len(text) < 1500 and _SQL.search(text):
                            yield text

    return _take(made(), count)


KINDS: dict[str, Callable[[], list[str]]] = {
    "docstrings": docstrings,
    "source code": code,
    "diffs": diffs,
    "tracebacks": tracebacks,
    "SQL": statements,
}
