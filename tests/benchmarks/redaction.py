"""What redaction misses, on labelled texts, and what it damages: the table of the README.

    python -m tests.benchmarks.redaction LABELLED.jsonl [--rates]

With --rates the numbers are written to data/redaction_rates.toml, from which Logs shows them; the
README's table is to be brought in line then, which a test asks for.

Each line of the file is {"text", "spans": [{"start", "end", "type"}], "source"}. Texts are split by
sentence frame (the text with its labelled values blanked): detectors may be tuned on one half only,
the figures that count are those of the other, "held out". A leak: three or more consecutive letters
or digits of a labelled value survive. Damage: a docstring of the installed packages is changed at
all; those with web or e-mail addresses in them are left out. Plain scrubadub stands beside ours.
"""

import argparse
import ast
import hashlib
import json
import random
import re
import sysconfig
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import scrubadub

from core.rates import Rate, share, with_rates
from core.redaction import Redactor
from core.settings import RATES_FILE

TYPES = {
    "EMAIL_ADDRESS": "e-mail",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP address",
    "CREDIT_CARD": "card",
    "US_SSN": "SSN",
    "PHONE_NUMBER": "phone",
    "STREET_ADDRESS": "address",
    "ZIP_CODE": "address",
    "PERSON": "person",
}
PACKAGES = ("pandas", "numpy", "sklearn", "scipy", "altair", "starlette", "requests", "jinja2")
DOCSTRINGS = 400
ROWS = {
    "e-mail": "e-mail address",
    "IBAN": "IBAN",
    "IP address": "IP address",
    "card": "payment card",
    "phone": "phone number",
    "address": "street address and postcode",
    "person, sentences": "person, in sentences like those of a support chat",
    "person, noisy": "person, in noisy social-media text",
    "clean docstrings changed": (
        f"technical texts changed without need ({DOCSTRINGS} docstrings of scientific packages)"
    ),
}
"""What is measured -> its line in the README's table, in that order."""

Spans = Callable[[str], list[tuple[int, int]]]


def held_out(row: dict[str, Any]) -> bool:
    """Whether this row's frame is in the half that nobody tunes on."""
    text, frame, end = row["text"], "", 0
    for span in sorted(row["spans"], key=lambda span: span["start"]):
        if span["start"] >= end:
            frame += f"{text[end : span['start']]}<x>"
            end = span["end"]
    frame += text[end:]
    if "synth" in row["source"]:
        frame = re.sub(r"[^a-z<>_ ]", "", frame.lower())[:60]
    return int(hashlib.sha256(frame.encode()).hexdigest(), 16) % 2 == 1


def leaks(text: str, span: dict[str, Any], found: list[tuple[int, int]]) -> bool:
    """Whether three letters or digits in a row of the labelled value survive."""
    kept = [text[i] for i in range(span["start"], span["end"])]
    for start, end in found:
        for i in range(max(start, span["start"]), min(end, span["end"])):
            kept[i - span["start"]] = " "
    return bool(re.search(r"[^\W_]{3}", "".join(kept)))


def docstrings() -> list[str]:
    """Docstrings of 80 to 3,000 characters without addresses, at most two of a file."""
    site = Path(sysconfig.get_paths()["purelib"])
    files = [file for name in PACKAGES for file in sorted((site / name).rglob("*.py"))]
    random.Random(1).shuffle(files)
    texts: list[str] = []
    for file in files:
        if len(texts) < DOCSTRINGS and "test" not in file.name:
            texts += list(_docstrings_of(file))[:2]
    return texts[:DOCSTRINGS]


def _docstrings_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node)
            if text and 80 < len(text) < 3000 and not re.search(r"(?i)://|www\.|\S@\S", text):
                yield text


def measure(rows: list[dict[str, Any]], clean: list[str], spans: Spans) -> dict[str, str]:
    """The share leaked per type, the share of clean texts changed, and texts a second."""
    total: Counter[str] = Counter()
    leaked: Counter[str] = Counter()
    began = time.perf_counter()
    found = [spans(row["text"]) for row in rows]
    rate = len(rows) / (time.perf_counter() - began)
    for row, here in zip(rows, found, strict=True):
        for span in row["spans"]:
            if name := TYPES.get(span["type"]):
                names = [name]
                if name == "person":
                    names = ["person, sentences" if "synth" in row["source"] else "person, noisy"]
                for each in names:
                    total[each] += 1
                    leaked[each] += leaks(row["text"], span, here)
    table = {
        name: f"{leaked[name] / total[name]:.3f} ({leaked[name]}/{total[name]})" for name in total
    }
    damaged = sum(bool(spans(text)) for text in clean)
    table["clean docstrings changed"] = f"{damaged / len(clean):.3f} ({damaged}/{len(clean)})"
    table["texts a second"] = f"{rate:,.0f}"
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--rates", action="store_true")
    given = parser.parse_args()
    path = given.labelled
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = [row for row in rows if held_out(row)]
    clean = docstrings()
    ours, plain = Redactor(), scrubadub.Scrubber()
    ours.find("Warm up, Jane.")
    columns = {
        "Flywheel": measure(
            rows, clean, lambda text: [(found.start, found.end) for found in ours.find(text)]
        ),
        "scrubadub": measure(
            rows, clean, lambda text: [(filth.beg, filth.end) for filth in plain.iter_filth(text)]
        ),
    }
    print(f"{len(rows)} texts held out\n{'':28}" + "".join(f"{name:>20}" for name in columns))
    for name in sorted(columns["Flywheel"]):
        print(f"{name:28}" + "".join(f"{table[name]:>20}" for table in columns.values()))
    if given.rates:
        RATES_FILE.write_text(with_rates(RATES_FILE.read_text("utf-8"), lines(columns)), "utf-8")


def lines(columns: dict[str, dict[str, str]]) -> Iterator[Rate]:
    """The lines of the README's table from what `measure` gives per column."""
    for name, what in ROWS.items():
        if name in columns["Flywheel"]:
            cells = (re.search(r"\((\d+)/(\d+)\)", table[name]) for table in columns.values())
            ours, plain = (share(int(cell[1]), int(cell[2])) for cell in cells if cell)
            yield Rate(what, ours, plain, damage="changed" in what)


if __name__ == "__main__":
    main()
