"""How fast a log gets in, beside DuckDB's own reader of the same file in the same run.

    .venv/bin/python -m tests.benchmarks.load

Two logs, made in a temporary folder. "sealed": lines of about 1 KB as `core.capture` writes them,
redacted and sealed already, so the models stay out of it. "raw": the sample log's interactions
under new ids, every text made different, so that the models must read each one and no cache helps.
The comparison is `CREATE TABLE AS` from `read_json` with explicit columns: DuckDB alone, which
parses and stores but neither checks, redacts, deduplicates nor says why a line is bad. Each
measurement starts from a new database file and a cold cache; the models are loaded beforehand.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# A key of its own: the deployment's must neither be needed nor made by a benchmark.
os.environ["FLYWHEEL_KEY"] = "benchmark"

import duckdb
import msgspec

from core.keys import seal
from core.pipeline import load_file, record_redactor
from core.redaction import VERSION
from core.settings import SAMPLE_LOG
from core.store import Store

COLUMNS = {
    "id": "VARCHAR",
    "logged_at": "TIMESTAMP",
    "question": "VARCHAR",
    "answer": "VARCHAR",
    "sources": "STRUCT(title VARCHAR, uri VARCHAR, text VARCHAR)[]",
    "agent_version": "VARCHAR",
    "model": "VARCHAR",
    "session_id": "VARCHAR",
    "user": "VARCHAR",
    "tags": "VARCHAR[]",
    "consent": "BOOLEAN",
    "metadata": "JSON",
    "redaction": "JSON",
}
WORDS = (
    "the a your our meter reading bill tariff account page button setting menu photo refund credit "
    "payment export import rate window device network restart update open choose press save send "
    "then when after before with without for from under again once each every new old first last "
    "working days morning evening minutes pounds number code letter email form file folder report"
).split()


def sealed_lines(count: int) -> Iterator[bytes]:
    """Interactions as `core.capture.FeedbackLog` appends them; 300 documents are their sources."""
    draw = random.Random(20261123)

    def prose(characters: int) -> str:
        text = ""
        while len(text) < characters:
            sentence = " ".join(draw.choices(WORDS, k=draw.randint(7, 15)))
            text += f"{sentence.capitalize()}. "
        return text.strip()

    pages = [
        {
            "title": prose(25),
            "uri": f"https://help.example.com/{draw.choice(WORDS)}/how-to-{draw.choice(WORDS)}-{number}",
            "text": prose(110),
        }
        for number in range(300)
    ]
    for number in range(count):
        found = {"EMAIL": 1} if number % 10 == 0 else {}
        record = {
            "id": f"{draw.getrandbits(128):032x}",
            "logged_at": f"2026-10-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:00Z",
            "question": prose(80) + (" My address is [EMAIL-1]." if found else ""),
            "answer": prose(250),
            "sources": [draw.choice(pages)],
            "agent_version": f"2026-11-{number % 3:02}",
            "model": "help-s1",
            "session_id": f"s-{draw.getrandbits(32):08x}",
            "user": f"u-{draw.getrandbits(64):016x}",
            "tags": ["billing", "refund"],
            "consent": True,
            "metadata": {
                "channel": "web",
                "locale": "en-GB",
                "latency_ms": draw.randint(300, 5000),
            },
        }
        proof = {"version": VERSION, "counts": found, "seal": seal(record, VERSION)}
        yield msgspec.json.encode({**record, "redaction": proof}) + b"\n"


def raw_lines(count: int) -> Iterator[bytes]:
    """The sample's interactions over and over, each text with a number of its own."""
    originals = []
    for line in SAMPLE_LOG.read_bytes().splitlines():
        try:
            record = msgspec.json.decode(line)
            if record["question"].strip() and record["answer"].strip():
                originals.append(record)
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            continue  # the sample has broken lines on purpose, and votes alone
    for number in range(count):
        record = dict(originals[number % len(originals)])
        record["id"] = f"raw-{number}"
        record["question"] += f" (ticket {number})"
        record["answer"] += f" (ticket {number})"
        record["sources"] = [
            {key: f"{text} ({number})" if key == "text" else text for key, text in source.items()}
            if isinstance(source, dict)
            else source
            for source in record.get("sources") or []
        ]
        yield msgspec.json.encode(record) + b"\n"


def load(path: Path, database: Path, lines: int) -> None:
    """The product's own way: check, redact, deduplicate, store."""
    record_redactor.cache_clear()
    with Store(database) as store:
        counts = load_file(store, path)
    assert counts.lines == counts.loaded + counts.rejected == lines, counts


def read_json(path: Path, database: Path, lines: int) -> None:
    """DuckDB's own reader with explicit columns."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "CREATE TABLE log AS SELECT * FROM read_json(?, format = 'newline_delimited', "
            f"columns = {COLUMNS})",
            [str(path)],
        )
        assert connection.execute("SELECT count(*) FROM log").fetchone() == (lines,)


def median_seconds(run: Callable[[Path, Path, int], None], path: Path, lines: int, times: int):
    """The median time of several runs, each into a database file of its own, and the extremes."""
    seconds = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            run(path, Path(folder) / "log.duckdb", lines)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), min(seconds), max(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast a log is loaded.")
    parser.add_argument("--sealed", type=int, default=20_000, metavar="LINES")
    parser.add_argument("--raw", type=int, default=1_000, metavar="LINES")
    parser.add_argument("--times", type=int, default=3, help="runs of each measurement")
    given = parser.parse_args()

    record_redactor().redactor.find("Loads the models before the clock starts, Jane Doe.")
    with tempfile.TemporaryDirectory() as folder:
        sealed, raw = Path(folder) / "sealed.jsonl", Path(folder) / "raw.jsonl"
        sealed.write_bytes(b"".join(sealed_lines(given.sealed)))
        raw.write_bytes(b"".join(raw_lines(given.raw)))
        logs = {"sealed": (sealed, given.sealed), "raw": (raw, given.raw)}

        print(
            f"{os.cpu_count()} cores, DuckDB {duckdb.__version__}, median of {given.times} runs\n"
        )
        print("| log | lines | bytes/line | reader | seconds (min-max) | lines/s | x read_json |")
        print("|---|---|---|---|---|---|---|")
        for name, (path, lines) in logs.items():
            if not lines:
                continue
            base = 0.0
            for reader in (read_json, load):
                middle, low, high = median_seconds(reader, path, lines, given.times)
                base = base or middle
                print(
                    f"| {name} | {lines:,} | {path.stat().st_size // lines:,} "
                    f"| {reader.__name__.replace('load', 'core load')} "
                    f"| {middle:.2f} ({low:.2f}-{high:.2f}) | {lines / middle:,.0f} "
                    f"| {middle / base:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
