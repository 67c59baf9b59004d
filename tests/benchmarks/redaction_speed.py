"""How fast texts are redacted, on one core, beside plain scrubadub in the same run.

    python -m tests.benchmarks.redaction_speed

The texts: sentences of the sample log and docstrings of installed packages, shuffled, 572
characters a text; 15 % hold a sentence with personal data. All differ, so that no cache helps.
Each figure is the best of several passes, because other work on the machine only makes it worse.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import msgspec
import scrubadub

from core.redaction import Redactor
from core.settings import SAMPLE_LOG
from tests.benchmarks.technical import docstrings

LENGTH = 572
NUMBERS = re.compile(r"@|://|www\.|[0-9](?:[ ./()-]{0,3}[0-9]){6}|\bMrs?\b")
PARTS = re.compile(r"\n\s*\n|(?<=[.!?]) ")
SHARE = 0.15
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
