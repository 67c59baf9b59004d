"""What redaction misses, on labelled texts, and what it damages: the table of the README.

    python -m tests.benchmarks.redaction LABELLED.jsonl [--rates] [--no-speed]

With --rates the numbers are written to data/redaction_rates.toml, from which Logs shows them; the
README's table is to be brought in line then, which a test asks for.

Each line of the file is {"text", "spans": [{"start", "end", "type"}], "source"}. Texts are split by
sentence frame (the text with its labelled values blanked): detectors may be tuned on one half only,
the figures that count are those of the other, "held out". A leak: three or more consecutive letters
or digits of a labelled value survive. Persons in noisy text: which labelled ones a finding overlaps
(recall), which findings overlap a labelled one (precision). Damage: a clean technical text (see
`technical`) is changed at all. Secrets and social security numbers are made here. Plain scrubadub
stands beside ours, and Presidio where it is installed. How fast they are stands
below (`redaction_speed`).
"""

import argparse
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import scrubadub

from core.rates import Rate, share, with_rates
from core.redaction import Redactor
from core.settings import RATES_FILE
from tests.benchmarks import presidio, redaction_speed, technical
from tests.secrets_made import CONTEXTS, ISSUED

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
    "SECRET": "secret",
}
SSN_CONTEXTS = (
    "my ssn is {}",
    "Social Security Number: {}",
    "{} is what the form asks for",
    "({})",
)
SSNS = [f"{area}-{10 + area % 80}-{1000 + area * 7}" for area in range(100, 600, 20)]
Spans = Callable[[str], list[tuple[int, int, str]]]
"""Start, end and type; PERSON is the only type that is looked at."""
ROWS = {
    "leak: e-mail": "e-mail address",
    "leak: IBAN": "IBAN",
    "leak: IP address": "IP address",
    "leak: card": "payment card",
    "leak: SSN": "social security number",
    "leak: phone": "phone number",
    "leak: address": "street address and postcode",
    "leak: secret": f"key, token or password of {len(ISSUED)} issuers",
    "leak: person, sentences": "person, in sentences like those of a support chat",
    "leak: person, noisy": "person, in noisy social-media text",
    "changed: docstrings": f"{technical.DOCSTRINGS} docstrings of installed packages, changed",
    "changed: source code": "code, changed",
    "changed: diffs": "diffs, changed",
    "changed: tracebacks": "tracebacks, changed",
    "changed: SQL": "SQL, changed",
}
"""What is measured -> its line in the README's table, in that order."""


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


def leaks(text: str, span: dict[str, Any], found: list[tuple[int, int, str]]) -> bool:
    """Whether three letters or digits in a row of the labelled value survive."""
    kept = [text[i] for i in range(span["start"], span["end"])]
    for start, end, _ in found:
        for i in range(max(start, span["start"]), min(end, span["end"])):
            kept[i - span["start"]] = " "
    return bool(re.search(r"[^\W_]{3}", "".join(kept)))


def measure(
    rows: list[dict[str, Any]], clean: dict[str, list[str]], spans: Spans
) -> dict[str, str]:
    """The share leaked per type, persons in noisy text, the share of clean texts changed."""
    total: Counter[str] = Counter()
    leaked: Counter[str] = Counter()
    noisy: Counter[str] = Counter()
    for row in rows:
        found = spans(row["text"])
        persons = [span for span in row["spans"] if span["type"] == "PERSON"]
        sentence = "synth" in row["source"]
        for span in row["spans"]:
            if name := TYPES.get(span["type"]):
                if name == "person":
                    name = "person, sentences" if sentence else "person, noisy"
                total[name] += 1
                leaked[name] += leaks(row["text"], span, found)
        if not sentence:
            named = [(start, end) for start, end, kind in found if kind == "PERSON"]
            noisy["labelled"] += len(persons)
            noisy["met"] += sum(any(_meet(span, each) for each in named) for span in persons)
            noisy["found"] += len(named)
            noisy["right"] += sum(any(_meet(span, each) for span in persons) for each in named)
    table = {f"leak: {name}": _share(leaked[name], total[name]) for name in sorted(total)}
    table["noisy persons: recall"] = _share(noisy["met"], noisy["labelled"])
    table["noisy persons: precision"] = _share(noisy["right"], noisy["found"])
    for name, texts in clean.items():
        table[f"changed: {name}"] = _share(sum(bool(spans(text)) for text in texts), len(texts))
    return table


def _meet(span: dict[str, Any], found: tuple[int, int]) -> bool:
    return bool(found[0] < span["end"] and span["start"] < found[1])


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


def scanners() -> dict[str, Spans]:
    """Ours, scrubadub as it comes, and Presidio as it comes if it and its model are here."""
    ours, plain = Redactor(), scrubadub.Scrubber()
    found: dict[str, Spans] = {
        "Flywheel": lambda text: [(f.start, f.end, f.type) for f in ours.find(text)],
        "scrubadub": lambda text: [(f.beg, f.end, f.type) for f in plain.iter_filth(text)],
    }
    if engine := presidio.engine():
        found["Presidio"] = lambda text: [
            (each.start, each.end, each.entity_type) for each in engine.analyze(text, "en")
        ]
    return found


def made() -> Iterator[dict[str, Any]]:
    """Rows for what is labelled nowhere, or too seldom: secrets and social security numbers."""
    values = (("SECRET", ISSUED.values(), CONTEXTS), ("US_SSN", SSNS, SSN_CONTEXTS))
    for type_, listed, contexts in values:
        for value, context in itertools.product(listed, contexts):
            text = context.format(value)
            start = text.index(value)
            span = {"start": start, "end": start + len(value), "type": type_}
            yield {"text": text, "spans": [span], "source": "synth, made here"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--rates", action="store_true", help="write data/redaction_rates.toml")
    parser.add_argument("--no-speed", dest="speed", action="store_false")
    given = parser.parse_args()
    path = given.labelled
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = [*(row for row in rows if held_out(row)), *made()]
    clean = {name: texts() for name, texts in technical.KINDS.items()}
    clean["docstrings, no credits"] = [
        text for text in clean["docstrings"] if not technical.credits(text)
    ]
    columns = {name: measure(rows, clean, spans) for name, spans in scanners().items()}
    print(
        f"{len(rows)} texts held out or made here\n{'':34}"
        + "".join(f"{name:>20}" for name in columns)
    )
    for name in columns["Flywheel"]:
        print(f"{name:34}" + "".join(f"{table[name]:>20}" for table in columns.values()))
    if given.rates:
        RATES_FILE.write_text(with_rates(RATES_FILE.read_text("utf-8"), lines(columns)), "utf-8")
    if given.speed:
        print("\nSpeed on one core")
        for name, figure in redaction_speed.rows(path):
            print(f"{name:36}{figure}")


def lines(columns: dict[str, dict[str, str]]) -> Iterator[Rate]:
    """The lines of the README's table from what `measure` gives per column."""
    for name, what in ROWS.items():
        if name in columns["Flywheel"]:
            cells = (re.search(r"\((\d+)/(\d+)\)", table[name]) for table in columns.values())
            found = [share(int(cell[1]), int(cell[2])) if cell else "-" for cell in cells]
            yield Rate(
                what, found[0], found[1], found[2] if len(found) > 2 else "", "changed" in what
            )


if __name__ == "__main__":
    main()
