"""Where the product keeps its things, and the settings a team may change.

Settings are one documented file, `data/settings.toml`; the key for keyed hashes is made on first
use beside it. Nothing else in the product reads the environment or knows a folder.
"""

import os
import secrets
import tomllib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from core.patterns import compiled

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
DEFAULT_DATABASE = DATA / "flywheel.duckdb"
SAMPLE_LOG = DATA / "sample_log.jsonl"
SETTINGS_FILE = DATA / "settings.toml"
SHAPES_FOLDER = DATA / "shapes"
RATES_FILE = DATA / "redaction_rates.toml"
KEY_FILE = DATA / "secret.key"
SHORTEST_KEY = 32


Probability = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class RedactionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which types of personal data are looked for, how surely, and what only this team knows."""

    off: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    person: Probability = 0.35
    address: Probability = 0.4
    seconds_per_text: Annotated[float, msgspec.Meta(gt=0)] = 20
    patterns: dict[str, str] = {}

    def __post_init__(self) -> None:
        for name, pattern in self.patterns.items():
            compiled(name, pattern)


class ReviewSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reason codes of a rejection (code -> what the reviewer reads) and minutes a claim lasts."""

    reasons: dict[str, str]
    claim_minutes: int = 10


class ExportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Characters a question and an answer must at least have, and a row may have in all."""

    min_question: int = 3
    min_answer: int = 2
    max_characters: Annotated[int, msgspec.Meta(gt=0)] = 200_000


class LoadSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records redacted and stored in one transaction, and bytes one line may have."""

    slice_records: int = 1000
    max_line_bytes: int = 16_000_000


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `data/settings.toml`."""

    redaction: RedactionSettings
    review: ReviewSettings
    export: ExportSettings
    load: LoadSettings


class SettingsError(Exception):
    """The settings file or the key cannot be used; the message is for the person who wrote it."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings in force, read once per process.

    Raises `SettingsError` naming the file and the entry at fault.
    """
    try:
        return msgspec.convert(tomllib.loads(SETTINGS_FILE.read_text("utf-8")), Settings)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{SETTINGS_FILE}: {error}") from error


def database_path(given: str | os.PathLike[str] | None = None) -> Path:
    """The database to use: the path given, else FLYWHEEL_DB, else the default under `data/`."""
    return Path(given or os.environ.get("FLYWHEEL_DB") or DEFAULT_DATABASE)


def sample_is_wanted() -> bool:
    """Whether a first start loads the sample: only where nobody has chosen a database."""
    return not os.environ.get("FLYWHEEL_DB") and not DEFAULT_DATABASE.exists()


@lru_cache(maxsize=1)
def secret_key() -> bytes:
    """The key of all keyed hashes: FLYWHEEL_KEY, else `data/secret.key`, made when missing.

    Lose it and users and repeated lines are no longer recognised; leak it and short ids can be
    guessed back. Raises `SettingsError` when it can be neither read nor made.
    """
    if given := os.environ.get("FLYWHEEL_KEY"):
        return given.encode()
    try:
        if not KEY_FILE.exists():
            _make_key()
        key = KEY_FILE.read_text("ascii").strip().encode()
    except OSError as error:
        raise SettingsError(
            f"The key file {KEY_FILE} can be neither read nor made ({error.strerror}). "
            "Make its folder writable, or set FLYWHEEL_KEY to a long random text."
        ) from error
    if len(key) < SHORTEST_KEY:
        raise SettingsError(
            f"The key file {KEY_FILE} is damaged. Put back a copy of it, or delete it: a new key "
            "is made, and users and repeated lines are no longer recognised."
        )
    return key


def _make_key() -> None:
    # Written whole under another name, then linked: a second process must never read half a key,
    # and whoever comes second keeps the first one's.
    draft = KEY_FILE.with_name(f"{KEY_FILE.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(draft, KEY_FILE)
    finally:
        draft.unlink()
