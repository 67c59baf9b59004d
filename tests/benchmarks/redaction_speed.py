"""How fast texts are redacted, on one core, beside plain scrubadub in the same run.

    python -m tests.benchmarks.redaction_speed [LABELLED.jsonl]

The texts: sentences of the sample log and of docstrings of installed packages, shuffled, 572
characters a text; 15 % hold a sentence with personal data. All differ, so that no cache helps.
Times are of the processor, each the best of several passes, because other work on the machine only
makes them worse. With a labelled file (as for `tests.benchmarks.redaction`) the last row says how
many of the persons and addresses that the model finds lie in sentences that it is given to read.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import scrubadub

from core.redaction import Redactor, model
from core.redaction.candidates import passages
from core.redaction.detectors.names import Names
from core.redaction.masking import view
from core.redaction.model import rampart
from core.settings import SAMPLE_LOG
from tests.benchmarks import presidio
from tests.benchmarks.technical import docstrings
from tests.fuzzing import hostile

LENGTH = 572
NUMBERS = re.compile(r"@|://|www\.|[0-9](?:[ ./()-]{0,3}[0-9]){6}|\bMrs?\b")
PARTS = re.compile(r"\n\s*\n|(?<=[.!?]) ")
SHARE = 0.15
PASSES = 7
PERSONAL = (
    "My name is {first} {last} and I wrote to you on Monday.",
    "Please send the letter to {number} {street}, Springfield, IL 62{number}.",
    "You can reach me at {first}.{last}@example.com or call 541-714-{number}.",
    "My card is 4111 1111 1111 1111, exp 12/27.",
    "The account is DE89 3704 0044 0532 0130 00, holder {first} {last}.",
    "password: t0p-{street}-{number}",
    "I was logged in from 203.0.113.{small} when it failed.",
    "Ask {first} {last} at +44 20 7946 {number} about it.",
    "the ssn of my husband {first} is 460-89-{number}",
)
FIRST = "Jane Peter Carla Ahmed Ingrid Tomasz Wei Fatima Oluwaseun María".split()
LAST = "Doe Smith Rossi Haddad Svensson Kowalski Zhang Begum Adeyemi García".split()
STREETS = ("Evergreen Terrace", "Main Street", "Baker Street", "Oak Avenue", "Mill Lane")


def texts(count: int, seed: int = 572) -> list[str]:
    """Different texts of `LENGTH` characters, `SHARE` of them with personal data."""
    draw = random.Random(seed)
    sentences = _sentences()
    return [_text(draw, sentences, personal=draw.random() < SHARE) for _ in range(count)]


def _text(draw: random.Random, sentences: Sequence[str], *, personal: bool) -> str:
    planted = ""
    if personal:
        planted = draw.choice(PERSONAL).format(
            first=draw.choice(FIRST),
            last=draw.choice(LAST),
            street=draw.choice(STREETS),
            number=draw.randrange(1000, 9999),
            small=draw.randrange(1, 250),
        )
    parts: list[str] = []
    while sum(map(len, parts)) + len(parts) + len(planted) < LENGTH:
        parts.append(draw.choice(sentences))
    text = " ".join(parts)[: LENGTH - len(planted) - 1]
    cut = text.find(" ", draw.randrange(len(text))) if planted else len(text)
    return f"{text[:cut]} {planted}{text[cut:]}"[:LENGTH]


def _sentences() -> list[str]:
    found: list[str] = []
    for line in SAMPLE_LOG.read_bytes().splitlines():
        with suppress(msgspec.DecodeError, KeyError, TypeError, AttributeError):  # bad ones too
            record = msgspec.json.decode(line)
            found += [record["question"], record["answer"]]
            found += [source["text"] for source in record["sources"]]
    parts = [
        part for text in [*filter(_is_text, found), *docstrings()] for part in PARTS.split(text)
    ]
    return sorted(filter(_is_text, set(parts)))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) > 20 and not NUMBERS.search(value)


def rows(labelled: Path | None = None) -> list[tuple[str, str]]:
    """What was measured, and the figure. Keeps this process on one core while it measures."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return list(_rows(labelled))
    finally:
        os.sched_setaffinity(0, cores)


def _rows(labelled: Path | None) -> Iterator[tuple[str, str]]:
    ours = Redactor()
    ours.find("Warm up, Jane.")
    many, few = texts(3_000), texts(300, seed=1)

    def one_by_one() -> None:
        for text in many:
            ours.redact(text, models=False)

    def each_alone() -> list[float]:
        _forget(ours)
        return [_seconds(partial(ours.redact, text)) for text in few]

    def at_once(given: Sequence[str], *, models: bool) -> float:
        _forget(ours)
        return _seconds(lambda: ours.find_many(given, models=models))

    def forgetting(work: Callable[[], object]) -> float:
        _forget(ours)
        return _seconds(work)

    naive = min(_seconds(lambda: [scrubadub.clean(t) for t in many[:300]]) / 300 for _ in range(5))
    patterns = min(forgetting(one_by_one) for _ in range(PASSES)) / len(many)
    bulk = min(at_once(many, models=False) for _ in range(PASSES)) / len(many)
    yield "scrubadub.clean, texts/s", f"{1 / naive:,.0f}"
    yield "patterns, texts/s", f"{1 / patterns:,.0f} ({naive / patterns:.1f} times scrubadub.clean)"
    yield "patterns in bulk, texts/s", f"{1 / bulk:,.0f} ({naive / bulk:.1f} times)"
    passes = [each_alone() for _ in range(3)]
    each = sorted(min(times) * 1000 for times in zip(*passes, strict=True))
    yield "with the model, ms a text", f"p50 {each[150]:.1f}, p95 {each[285]:.1f}"
    full = min(at_once(few, models=True) for _ in range(3)) / len(few)
    yield "with the model in bulk, texts/s", f"{1 / full:,.0f}"
    if engine := presidio.engine():
        engine.analyze("Warm up, Jane.", "en")
        theirs = min(_seconds(lambda: [engine.analyze(t, "en") for t in few]) for _ in range(3))
        ratio = theirs / len(few) / full
        yield "Presidio, texts/s", f"{len(few) / theirs:,.0f} ({ratio:.1f} times as long as ours)"
    seen = [view(text).text for text in few]
    read = sum(end - start for text in seen for start, end in passages(text))
    yield "share of the text that is read", f"{read / sum(map(len, seen)):.2f}"
    worst = {
        name: _seconds(partial(ours.redact, text)) for name, text in hostile(1_000_000).items()
    }
    slowest = max(worst, key=lambda name: worst[name])
    yield "1,000,000 hostile characters, s", f"{worst[slowest]:.1f} at most ({slowest})"
    if labelled:
        yield "persons, addresses in what is read", _recall(labelled)


def _recall(labelled: Path) -> str:
    """Of the labelled persons and addresses that the model finds in whole texts."""
    lines = [json.loads(line) for line in labelled.read_text("utf-8").splitlines()]
    names = Names()
    kept = total = 0
    for line in lines:
        text = line["text"]
        with mock.patch.object(model, "passages", lambda whole: [(0, len(whole))] if whole else []):
            found = [
                (filth.beg, filth.end)
                for filth in names.iter_filth_documents([text], [None])
                if filth.type in ("person", "address")
            ]
        # What is masked keeps its length: there are no holes in a text that nothing was taken from.
        read = list(passages(view(text).text))
        for span in line["spans"]:
            if span["type"] in ("PERSON", "STREET_ADDRESS", "ZIP_CODE") and _meets(span, found):
                total += 1
                kept += _meets(span, read)
    return f"{kept / total:.4f} ({kept}/{total})"


def _meets(span: dict[str, Any], others: Sequence[tuple[int, int]]) -> bool:
    return any(start < span["end"] and span["start"] < end for start, end in others)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _forget(redactor: Redactor) -> None:
    """Empty the caches of texts and of what the model has read."""
    redactor._cache.clear()
    redactor._cached_chars = 0
    rampart()._cache.clear()
    rampart()._cached = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelled", type=Path, nargs="?")
    for name, figure in rows(parser.parse_args().labelled):
        print(f"{name:36}{figure}")


if __name__ == "__main__":
    main()
