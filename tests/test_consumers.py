"""The real tools take what is exported, each in a process of its own and without a network.

`make test` makes their environments (`tests/consumers/*.txt`). Without them these tests fail: what
was not tried must not look as if it had been.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core import export, review
from core.pipeline import load_file, redactor_of
from core.settings import ROOT, SAMPLE_LOG
from core.store import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENVIRONMENTS = ROOT / ".venv" / "consumers"
SECONDS = 300
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "NO_COLOR": "1",
    # Whatever asks for the network all the same gets no answer.
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9"),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an export of each format: the sample, its corrections approved."""
    folder = tmp_path_factory.mktemp("exported")
    store = Store(folder / "store.duckdb")
    try:
        load_file(store, SAMPLE_LOG)
        redactor = redactor_of(store)
        for row in store.rows("SELECT id FROM interactions ORDER BY id"):
            item = review.item(store, row["id"])
            if item and item.reviewable and item.correction and item.status == "pending":
                who: Any = {"reviewer": "Ann", "now": NOW, "revision": item.revision}
                review.decide(store, redactor, item.id, "approve", **who)
        for name in export.FORMATS:
            prepared = export.prepare(store, redactor.redactor, name, sample=True)
            assert prepared.manifest["rows"] > 20, name
            export.write(prepared, folder / name)
    finally:
        store.close()
    yield folder


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **QUIET},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3_000:]
    return done.stdout


@pytest.mark.parametrize(
    ("tool", "environment"),
    [
        ("datasets", "tools"),
        ("deepeval", "deepeval"),
        ("inspect", "tools"),
        ("mistral", "tools"),
        ("openai", "tools"),
        ("trl", "trl"),
    ],
)
def test_a_tool_takes_its_files(tool: str, environment: str, exported: Path) -> None:
    python = ENVIRONMENTS / environment / "bin" / "python"
    assert python.exists(), "`make consumers` makes the environments of these tests"
    script = ROOT / "tests" / "consumers" / f"check_{tool}.py"
    assert run(python, script, exported, folder=exported).strip()


ANSWERS = """
import json
from pathlib import Path
import pytest

LINES = Path(__file__).with_name("cases.jsonl").read_bytes().decode().split("\\n")
KNOWN = {row["question"]: row["expected"] for row in map(json.loads, filter(None, LINES))}

@pytest.fixture
def answer():
    return lambda question, history: ANSWER
"""


@pytest.mark.parametrize(("said", "passed"), [("KNOWN[question]", True), ("'No.'", False)])
def test_pytest_runs_its_cases(said: str, passed: bool, exported: Path, tmp_path: Path) -> None:
    for path in (exported / "pytest").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "conftest.py").write_text(ANSWERS.replace("ANSWER", said), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    count = len((tmp_path / "cases.jsonl").read_bytes().split(b"\n")) - 1
    assert done.returncode == (0 if passed else 1), done.stdout[-2_000:]
    assert f"{count} {'passed' if passed else 'failed'}" in done.stdout
