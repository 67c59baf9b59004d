"""How long an export takes, beside DuckDB's own COPY of the same rows and the scan of them.

    python -m tests.benchmarks.export [--rows 100000] [--formats eval,messages]

Every row was voted down, corrected and approved; all of it is generated. `copy` is
`COPY (...) TO (FORMAT JSON)` of the same fields, derived from the same events, by id; `scan` looks
for personal data in the rows of the export and does nothing else; `export` is the command, ledger
included, and the folder that it writes. Each runs in a process of its own, one core busy but for
what DuckDB does on others, so that memory can be told too: the peak above what the process had
before it began.
"""

import argparse
import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from core import export
from core.curate.holdout import link_new
from core.export.draft import scan
from core.export.prepare import ROWS_AT_A_TIME, curated_for
from core.pipeline import redactor_of
from core.store import Store, log
from core.store.state import STATE

WORDS = (
    "meter invoice tariff reading gas power annual contract date supplier moving house price cap "
    "payment plan refund estimate smart display error letter engineer visit fuse cable roof solar "
    "inverter battery feed grid loss peak because whenever please again around before"
).split()


def fill(path: Path, rows: int) -> None:
    """A store with so many approved corrections of some 1.5 kB each."""
    rng = random.Random(1)

    def text(words: int) -> str:
        return " ".join(rng.choices(WORDS, k=words))

    table = pa.table(
        {
            "n": list(range(rows)),
            "id": [f"{rng.getrandbits(128):032x}" for _ in range(rows)],
            "question": [f"{text(14).capitalize()} in case {n}?" for n in range(rows)],
            "answer": [f"{text(70).capitalize()}." for _ in range(rows)],
            "fix": [f"{text(75).capitalize()}, as in case {n}." for n in range(rows)],
            "sources": [
                json.dumps(
                    [
                        {
                            "title": text(3),
                            "uri": f"https://help.example.org/{n % 500}",
                            "text": text(12),
                        }
                    ]
                )
                for n in range(rows)
            ],
        }
    )
    with Store(path) as store:
        with store.write() as cursor:
            cursor.register("given", table)
            for statement in _FILL.split(";"):
                cursor.execute(statement)
        link_new(store, sample=False)


_FILL = """
INSERT INTO interactions SELECT nextval('events'), id, md5(id),
    TIMESTAMP '2026-01-01' + to_seconds(n), question, answer, NULL, sources, 'v1', 'm', NULL, NULL,
    ['billing'], true, NULL, '4', '{}', 1, n, false, TIMESTAMP '2026-11-01' FROM given ORDER BY n;
INSERT INTO feedback SELECT nextval('events'), id, id, NULL, 'down', fix, NULL, [],
    'u' || (n % 900), '4', '{}', 1, n, false, TIMESTAMP '2026-11-01' FROM given ORDER BY n;
INSERT INTO decisions SELECT nextval('events'), id, 1, 'approve', fix, NULL, NULL, 'Ann',
    TIMESTAMP '2026-11-02', NULL, '4' FROM given ORDER BY n
"""

_COPIED = {
    "eval": "id, 'regression' AS kind, question, final_answer AS expected, "
    "answer AS rejected_answer, sources::JSON AS sources, true AS seen_in_training, "
    "{'agent_version': agent_version, 'model': model, 'logged_at': logged_at, 'signal': signal, "
    "'implicit': false, 'revision': revision, 'tags': tags, 'history': [], "
    "'redaction_version': redaction_version} AS metadata",
    "messages": "[{'role': 'user', 'content': question}, "
    "{'role': 'assistant', 'content': final_answer}] AS messages",
}


def copy(path: Path, format_: str, out: Path) -> Callable[[], object]:
    """DuckDB alone."""
    connection = duckdb.connect(str(path), read_only=True)
    state = STATE.replace("$cut", str(2**62)).replace("$sample", "false")
    rows = f"{state} SELECT {_COPIED[format_]} FROM state ORDER BY id"
    return lambda: connection.execute(f"COPY ({rows}) TO '{out}' (FORMAT JSON)")


def scanned(path: Path, format_: str, _out: Path) -> Callable[[], float]:
    """The last scan alone, of rows that are made before each of its parts and not timed."""
    made = export.FORMATS[format_]

    def run() -> float:
        seconds = 0.0
        with Store(path) as store:
            redactor = redactor_of(store).redactor
            cut = log.last_event(store, sample=False)
            cases = curated_for(store, made, sample=False, cut=cut).cases
            for start in range(0, len(cases), ROWS_AT_A_TIME):
                rows = [made.rows(case) for case in cases[start : start + ROWS_AT_A_TIME]]
                began = time.perf_counter()
                assert not any(True for row in rows for _ in scan(redactor, row, made.exempt))
                seconds += time.perf_counter() - began
        return seconds

    return run


def exported(path: Path, format_: str, out: Path) -> Callable[[], object]:
    """The command."""
    from core.commands import main

    given = ["export", format_, "--db", str(path), "--out", str(out)]
    return lambda: main(given, standalone_mode=False)


_SELF = (sys.executable, "-m", "tests.benchmarks.export", "--measure")
RUNS = {"copy": copy, "scan": scanned, "export": exported}


def measure(what: str, path: Path, format_: str, out: Path) -> None:
    """Run one of them in this process and print its seconds and its memory."""
    with Store(path) as store:  # what every process needs before it can do any of this
        redactor_of(store).redactor.find("warm", models=False)
    run = RUNS[what](path, format_, out)
    gc.collect()
    before = _memory("VmRSS")
    began = time.perf_counter()
    timed = run()
    seconds = timed if isinstance(timed, float) else time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "bytes": _memory("VmHWM") - before}))


def _memory(what: str) -> int:
    """Of this process, in bytes: VmRSS now, VmHWM at its highest."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", default="eval,messages")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        what, path, format_, out = given.measure
        measure(what, Path(path), format_, Path(out))
        return
    print("format    rows     copy  scan  export  ratio   MB: copy  export")
    for rows in (given.rows // 4, given.rows):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "store.duckdb"
            fill(path, rows)
            for format_ in given.formats.split(","):
                found = {}
                for what in RUNS:
                    ran = subprocess.run(
                        [*_SELF, what, path, format_, f"{folder}/{what}-{format_}"],
                        capture_output=True,
                        text=True,
                        check=True,
                        env={**os.environ, "FLYWHEEL_KEY": "k" * 40},
                    )
                    found[what] = json.loads(ran.stdout.splitlines()[-1])
                took = {what: each["seconds"] for what, each in found.items()}
                ratio = took["export"] / (took["copy"] + took["scan"])
                print(
                    f"{format_:<9} {rows:>7,}  {took['copy']:4.1f}  {took['scan']:4.1f}  "
                    f"{took['export']:6.1f}  {ratio:5.2f}   {found['copy']['bytes'] / 1e6:8,.0f}  "
                    f"{found['export']['bytes'] / 1e6:6,.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
