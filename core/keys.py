"""Keyed hashes: how the product recognises a thing again without keeping it.

HMAC-SHA256 under the deployment's key (`core.settings.secret_key`), because a plain hash of a
short value, such as an e-mail address, is guessed back in seconds.
"""

import hashlib
import hmac
from typing import Any

import msgspec

from core.settings import secret_key, settings


def keyed_hash(purpose: str, *parts: str | None, length: int = 16) -> str:
    """`length` hex digits that are the same for the same purpose, parts and key."""
    message = msgspec.json.encode([purpose, *parts])
    return hmac.new(secret_key(), message, hashlib.sha256).hexdigest()[:length]


def seal(record: dict[str, Any], version: str) -> str:
    """The proof that `core.capture` redacted this record with this redaction version.

    `record` is the JSON object of a log line; its `redaction` entry, where the seal goes, does
    not count.
    """
    rest = {key: value for key, value in record.items() if key != "redaction"}
    text = msgspec.json.encode(rest, order="deterministic").decode()
    # What was not looked for then must be looked for now: the settings are part of the proof.
    looked_for = msgspec.json.encode(settings().redaction).decode()
    return keyed_hash("seal", version, looked_for, text, length=32)


def is_sealed(record: dict[str, Any], version: str) -> bool:
    """Whether the record's `redaction` entry proves it; a log can claim anything."""
    match record.get("redaction"):
        case {"version": str(claimed), "seal": str(proof)} if claimed == version:
            return hmac.compare_digest(proof.encode(), seal(record, version).encode())
    return False
