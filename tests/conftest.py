"""Every test has a house of its own: database, key, settings and redactor are never shared."""

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.pipeline import record_redactor
from core.settings import secret_key, settings
from core.store import Store

KEY = "a key for tests only, 32 bytes or more"
CACHES = (settings, secret_key, record_redactor)


def pytest_unconfigure() -> None:
    """Keep pytest's closing line the last one.

    Hypothesis times the garbage collector by a callback that outlives the modules it refers to, and
    DuckDB then complains of leaks.
    """
    gc.callbacks.clear()


@pytest.fixture(autouse=True)
def _house_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FLYWHEEL_DB", str(tmp_path / "flywheel.duckdb"))
    monkeypatch.setenv("FLYWHEEL_KEY", KEY)
    for cached in CACHES:
        cached.cache_clear()
    yield
    for cached in CACHES:
        cached.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store; not the one of FLYWHEEL_DB, so that a command may run beside it."""
    with Store(tmp_path / "store.duckdb") as opened:
        yield opened


@pytest.fixture
def write_log(tmp_path: Path) -> Callable[..., Path]:
    """`write_log({...}, "{broken", name="log.jsonl")`: a log file of these lines."""

    def write(*lines: dict[str, Any] | str, name: str = "log.jsonl") -> Path:
        path = tmp_path / name
        texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        path.write_bytes("".join(f"{text}\n" for text in texts).encode())
        return path

    return write
