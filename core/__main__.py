"""The command line: in a terminal what the pages do in a browser.

Every command opens the database itself. Exit codes: 0 done, 1 the input was refused (why is on
stderr), 2 wrong usage, 3 stale revision (someone decided first).
"""

import gc
import json
import re
import sys
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec

from core.load import read_time
from core.records import ACTIONS, Action


class Refusal(click.ClickException):
    """The input was refused."""

    exit_code = 1


class StaleRevision(click.ClickException):
    """Someone decided first."""

    exit_code = 3


def command(name: str, *, creates: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """A command with --db and --json whose function returns (object for --json, text).

    Only one that `creates` may make the default database: the app loads the sample where there is
    none yet, and a question must not prevent that.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        @wraps(function)
        def run(db: Path | None, as_json: bool, **given: Any) -> None:
            with _database(db, creates=creates) as store:
                result, text = function(store, **given)
            click.echo(json.dumps(result, ensure_ascii=False) if as_json else text)

        click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(run)
        click.option(
            "--db",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Database file. [default: FLYWHEEL_DB, else data/flywheel.duckdb]",
        )(run)
        return main.command(name)(run)

    return decorate


@contextmanager
def _database(given: Path | None, *, creates: bool) -> Any:
    from core.export import ExportRefused
    from core.redaction.records import RedactionFailed
    from core.review import Refused
    from core.settings import DEFAULT_DATABASE, SettingsError, database_path
    from core.store import DatabaseError, Stale, Store

    path = database_path(given)
    if path == DEFAULT_DATABASE and not path.exists() and not creates:
        raise Refusal("Nothing is loaded yet: start the app, or load a log.")
    gc.freeze()  # what is imported lives as long as the process, and need not be looked through
    try:
        with Store(path) as store:
            yield store
    except Stale as error:
        raise StaleRevision(str(error)) from None
    except (DatabaseError, ExportRefused, RedactionFailed, Refused, SettingsError) as error:
        raise Refusal(str(error)) from None
    finally:
        gc.unfreeze()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Flywheel: turn feedback on an agent's answers into eval cases and training data.

    \b
    The way of the data, one command a step:
      python -m core load data/sample_log.jsonl      read a log; personal data is removed first
      python -m core queue                           what a reviewer has to decide
      python -m core decide ID approve --reviewer Ann --revision 0
      python -m core export eval --out out/eval      eval cases
      python -m core export messages --out out/chat  fine-tuning examples
      python -m core exports                         what was exported; export-diff compares two

    Where the sample and a team's own logs are both loaded, commands speak of the own ones.
    """


@command("load", creates=True)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@click.option(
    "--shape",
    default="auto",
    metavar="NAME",
    help="How the log is to be read: auto, native, a name that `shapes` lists, or a TOML file.",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=KEY",
    help="Under which key the log has a field; may be repeated. FIELD= takes a field away.",
)
def load(
    store: Any,
    paths: tuple[Path, ...],
    shape: str,
    pairs: tuple[str, ...],
) -> tuple[dict[str, Any], str]:
    """Read feedback logs, redact them, store them.

    A log is a file of JSON lines, a JSON array or document, a CSV, or a folder of such files. How
    it is to be read is found out; `shape FILE` shows it. Where that is wrong, say it:

    \b
      python -m core load log.jsonl --map question=Query --map answer=reply.text --map signal=thumb

    Loading a log again is safe: what is stored already is skipped, lines added since are read, and
    a load that was stopped goes on. See `rejects` for the records that could not be read.
    """
    from core.pipeline import likely_shapes, load_file

    chosen, mapping = _shape(shape, pairs)
    files = []
    logs = _files(paths)
    try:
        likely = likely_shapes(store, logs) if len(logs) > 1 and not chosen else []
    except OSError:
        likely = []  # said below, after what comes before the file that cannot be read
    for path in logs:
        try:
            with click.progressbar(
                length=path.stat().st_size or 1,
                label=str(path),
                file=sys.stderr,
                hidden=not sys.stderr.isatty(),
            ) as bar:

                def show(done: int, _size: int, _records: int, bar: Any = bar) -> None:
                    bar.update(done - bar.pos)

                counts = load_file(store, path, show, shape=chosen, mapping=mapping, likely=likely)
        except OSError as error:
            raise Refusal(f"{path}: {error.strerror}") from None
        files.append({"path": str(path), **msgspec.to_builtins(counts)})
    numbers = ("lines", "loaded", "duplicate", "rejected", "feedback")
    total: dict[str, Any] = {name: sum(file[name] for file in files) for name in numbers}
    total["redacted"] = {}
    for file in files:
        for kind, number in file["redacted"].items():
            total["redacted"][kind] = total["redacted"].get(kind, 0) + number
    text = "\n".join(
        f"{file['path']}: {file['lines']} records: {file['loaded']} loaded, {file['feedback']} "
        f"votes alone, {file['duplicate']} seen before, {file['rejected']} rejected"
        + (": there is no record in it" if not file["lines"] else "")
        for file in files
    )
    found = ", ".join(f"{number} {kind}" for kind, number in sorted(total["redacted"].items()))
    hint = "\nWhy records were rejected: python -m core rejects" if total["rejected"] else ""
    return {**total, "files": files}, f"{text}\nRedacted: {found or 'nothing found'}{hint}"


@command("shape")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, readable=False))
@click.option("--shape", default="auto", metavar="NAME", help="As for load.")
@click.option("--map", "pairs", multiple=True, metavar="FIELD=KEY", help="As for load.")
def shape_of(
    store: Any, path: Path, shape: str, pairs: tuple[str, ...]
) -> tuple[dict[str, Any], str]:
    """Show how a log would be read, as a preset that can be changed and given to `load --shape`.

    Nothing is stored.
    """
    from core.load import as_toml
    from core.pipeline import inspect_log

    chosen, mapping = _shape(shape, pairs)
    try:
        with path.open("rb") as stream:
            reading = inspect_log(store, stream, path.name, shape=chosen, mapping=mapping)
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror}") from None
    result = {"how": reading.how, "shape": msgspec.to_builtins(reading.shape)}
    return result, f"# {reading.how}\n{as_toml(reading.shape)}".rstrip()


@main.command("shapes")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--db", hidden=True, help="Not needed; taken so that all commands are alike.")
def shapes(as_json: bool, db: str | None) -> None:
    """List the shapes of logs that are known by name."""
    from core.load import presets

    listed = [{"name": name, "about": shape.about} for name, shape in presets().items()]
    if as_json:
        click.echo(json.dumps({"shapes": listed}, ensure_ascii=False))
    else:
        for each in listed:
            click.echo(f"{each['name']:<14}{each['about']}")


def _shape(name: str, pairs: tuple[str, ...]) -> tuple[Any, dict[str, str]]:
    """What --shape and --map say. Raises a usage error that names the mistake."""
    from core.load import ShapeError, parse_mapping, presets, shape_file

    try:
        mapping = parse_mapping(pairs)
        if name == "auto":
            return None, mapping
        if name.endswith(".toml"):
            return shape_file(Path(name)), mapping
        if name not in presets():
            raise ShapeError(
                f"there is no shape {name}: auto, {', '.join(presets())}, or a TOML file"
            )
        return presets()[name], mapping
    except ShapeError as error:
        raise click.UsageError(str(error)) from None


def _files(paths: tuple[Path, ...]) -> list[Path]:
    from core.load import LOG_FILES, log_files

    files = []
    for path in paths:
        inside = log_files(path) if path.is_dir() else [path]
        if not inside:
            raise Refusal(f"{path}: no log in this folder ({' '.join(LOG_FILES)}).")
        files += inside
    return files


@command("rejects")
def rejects(store: Any) -> tuple[dict[str, Any], str]:
    """List the lines that could not be read, with file, line and reason."""
    from core.store import log

    found = log.rejects(store)
    listed = [{key: row[key] for key in ("path", "line", "reason", "excerpt")} for row in found]
    text = "\n".join(f"{row['path']}:{row['line']}: {row['reason']}" for row in found)
    return {"rejected": listed}, text or "No line was rejected."


@command("stats")
def stats(store: Any) -> tuple[dict[str, Any], str]:
    """Count interactions by feedback and by decision."""
    from core.store import reports

    counts = reports.stats(store, sample=_scope(store))
    return counts, "\n".join(f"{name:<22}{number:>8}" for name, number in counts.items())


@command("queue")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many items.")
def queue(store: Any, limit: int | None) -> tuple[dict[str, Any], str]:
    """List what waits for a decision, the most pressing first."""
    from core.store import decisions

    rows = decisions.queue(store, sample=_scope(store), limit=limit)
    keys = ("id", "revision", "signal", "question", "answer", "correction")
    items = [{key: row[key] for key in keys} for row in rows]
    text = "\n".join(
        f"{item['id']}  revision {item['revision']}  {item['signal']:<5} "
        f"{'has a correction' if item['correction'] else 'needs a fix':<17} "
        f"{' '.join(item['question'].split())[:70]}"
        for item in items
    )
    return {"items": items}, text or "Nothing waits for a decision."


@command("decide")
@click.argument("interaction_id", metavar="ID")
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--reviewer", required=True, help="Who decides.")
@click.option(
    "--revision", required=True, type=click.IntRange(min=0), help="The revision `queue` showed."
)
@click.option("--answer", help="The right answer, for edit; - reads it from standard input.")
@click.option("--reason", help="Reason code of a rejection: see data/settings.toml.")
@click.option("--note", help="A note for the record.")
def decide(
    store: Any,
    interaction_id: str,
    action: Action,
    reviewer: str,
    revision: int,
    answer: str | None,
    reason: str | None,
    note: str | None,
) -> tuple[dict[str, Any], str]:
    """Approve, edit, reject, skip or reopen one item.

    A decision names the revision it was made on. If someone decided first, nothing changes and the
    command ends with exit code 3.
    """
    from core import review
    from core.pipeline import redactor_of

    redactor = redactor_of(store)
    known = redactor.safe_id(interaction_id)
    after = review.decide(
        store,
        redactor,
        known,
        action,
        revision=revision,
        reviewer=reviewer,
        now=datetime.now(UTC),
        answer=sys.stdin.read() if answer == "-" else answer,
        reason=reason,
        note=note,
    )
    item = review.item(store, known)
    status = item.status if item else "pending"
    return (
        {"id": known, "revision": after, "status": status},
        f"{known} is {status} (revision {after}).",
    )


@main.command("formats")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--db", hidden=True, help="Not needed; taken so that all commands are alike.")
def formats(as_json: bool, db: str | None) -> None:
    """List the export formats: name, what the data is for, what is in it."""
    from core.export import FORMATS

    if as_json:
        keys = ("name", "title", "purpose", "about", "file")
        listed = [{key: getattr(each, key) for key in keys} for each in FORMATS.values()]
        click.echo(json.dumps({"formats": listed}, ensure_ascii=False))
    else:
        for each in FORMATS.values():
            click.echo(f"{each.name:<12}{each.purpose:<12}{each.title}. {each.about}")


def _choose(store: Any, share: int) -> None:
    from core import curate

    try:
        curate.choose(
            store, share, by="the command line", now=datetime.now(UTC), sample=_scope(store)
        )
    except curate.Refused as error:
        raise Refusal(str(error)) from None


@command("export")
@click.argument("format_name", metavar="[FORMAT]", required=False)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder."
)
@click.option("--id", "export_id", metavar="ID", help="Instead of FORMAT: an export made before.")
@click.option(
    "--holdout",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Choose the share of questions kept out of training, from now on.",
)
@click.option(
    "--as-of",
    metavar="TIME|ID",
    help="Only what was stored up to then (ISO 8601, UTC unless it says; a date: all of that day), "
    "or up to where an earlier export ended.",
)
@click.option("--without", multiple=True, metavar="ID", help="Leave an item out; may be repeated.")
def export(
    store: Any,
    format_name: str | None,
    out: Path,
    export_id: str | None,
    holdout: int | None,
    as_of: str | None,
    without: tuple[str, ...],
) -> tuple[dict[str, Any], str]:
    """Write a dataset into a folder: data file, manifest.json, README.md.

    The same events give the same bytes. Every text is scanned once more; when the scan finds
    personal data nothing is written and the items are named.

    With --id, an export that `exports` lists is written again, the same bytes. When stored text
    has changed since, so that they cannot be, nothing is written and it is said why.
    """
    from core import export as exporting
    from core.pipeline import redactor_of

    if bool(format_name) == bool(export_id):
        raise click.UsageError("Name a FORMAT, or an export by --id.")
    if export_id and (holdout is not None or as_of or without):
        raise click.UsageError("What --id names is what it was: no other option goes with it.")
    redactor = redactor_of(store)
    if holdout is not None:
        if as_of:
            raise Refusal("--holdout chooses the share from now on: not with --as-of.")
        _choose(store, holdout)
    try:
        with click.progressbar(
            length=100, label="Export", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:

            def show(done: int, of: int) -> None:
                bar.update(100 * done // max(1, of) - bar.pos)

            if export_id:
                made = exporting.named(store, export_id)
                prepared = exporting.repeat(store, redactor.redactor, made, progress=show)
            else:
                prepared = exporting.prepare(
                    store,
                    redactor.redactor,
                    format_name or "",
                    sample=_scope(store),
                    cut=_cut(store, as_of) if as_of else None,
                    without=[redactor.safe_id(id_) for id_ in without],
                    progress=show,
                )
    except OSError as error:
        raise Refusal(f"{store.path.parent} has no room for it: {error.strerror}.") from None
    try:
        exporting.write(prepared, out)
    except OSError as error:
        raise Refusal(f"{out} cannot be written: {error.strerror}.") from None
    exporting.record(store, prepared, datetime.now(UTC))
    files = [{**file, "path": str(out / file["path"])} for file in prepared.manifest["files"]]
    excluded = prepared.manifest["excluded"]
    left_out = "".join(f"\n  {number:>6}  {reason}" for reason, number in excluded.items())
    text = "\n".join(f"{file['path']}: {file['rows']} rows" for file in files)
    return (
        {"export_id": prepared.export_id, "files": files, "excluded": excluded},
        f"{text}\nLeft out:{left_out or ' nothing'}",
    )


def _cut(store: Any, as_of: str) -> int:
    """The cut-off that --as-of names, as a moment or as an export."""
    from core.export.history import ID, named
    from core.store import exports, log

    sample = _scope(store)
    digits = as_of.strip().lower()
    # A row of digits may be a time as well: it is an id when there is such an export.
    if ID.fullmatch(digits) and (not digits.isdecimal() or exports.named(store, digits)):
        made = named(store, digits)
        if made.is_sample != sample:
            raise Refusal(
                f"Export {made.name} was made from "
                f"{'the sample' if made.is_sample else 'your own logs'}, this one would not be."
            )
        return made.cut_off
    try:
        moment = read_time(as_of)
    except ValueError:
        moment = None
    if moment is None:
        raise Refusal(f"--as-of {as_of} is not a time such as 2026-11-23T10:00:00Z.")
    if moment > datetime.now(UTC):
        raise Refusal(f"--as-of {as_of} is in the future: what will be stored is not known yet.")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", as_of.strip()):
        moment += timedelta(days=1, microseconds=-1)
    return log.last_event(store, sample=sample, as_of=moment)


@command("exports")
def list_exports(store: Any) -> tuple[dict[str, Any], str]:
    """List the exports made so far, the last one first."""
    from core.export import short
    from core.store import exports

    made = exports.made(store, sample=_scope(store))
    listed = [
        {
            "export_id": row["export_id"],
            "format": row["format"],
            "exported_at": f"{row['exported_at'].isoformat()}Z",
            "rows": row["rows"],
            "cut_off": row["cut_off"],
            "state": "superseded" if row["superseded_at"] else "in use",
            "because": row["superseded_because"],
        }
        for row in made
    ]
    text = "\n".join(
        f"{short(row['export_id'])}  {row['format']:<12}{_utc(row['exported_at'])}  "
        f"{row['rows']:>6} {'row ' if row['rows'] == 1 else 'rows'}  "
        + (f"superseded: {row['superseded_because']}" if row["superseded_at"] else "in use")
        for row in made
    )
    return {"exports": listed}, text or "No export was made yet."


@command("export-diff")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
def export_diff(store: Any, one: str, other: str) -> tuple[dict[str, Any], str]:
    """Compare two exports: which items were added, removed or changed, and why.

    A and B are ids as `exports` lists them, or their beginnings; the older export counts as the
    one before. They may be of different formats.
    """
    from core import export as exporting

    found = exporting.difference(store, exporting.named(store, one), exporting.named(store, other))
    result: dict[str, Any] = {"before": found.before.export_id, "after": found.after.export_id}
    lines = [f"From {found.before.name} to {found.after.name}:"]
    for kind in ("added", "removed", "changed"):
        changes = getattr(found, kind)
        result[kind] = [
            {"id": each.id, "before": each.before, "after": each.after, "why": each.why(_utc)}
            for each in changes
        ]
        lines.append(f"{len(changes)} {kind}")
        lines += [f"  {each.id} ({each.revisions}): {each.why(_utc)}" for each in changes]
    return result, "\n".join(lines)


@command("reredact")
def redact_again(store: Any) -> tuple[dict[str, Any], str]:
    """Redact stored text again that an older version, or other settings, made.

    Goes on where it stopped when it was killed. Exports that held what is found now are marked as
    superseded: make them again.
    """
    from core.reredaction import reredact

    with click.progressbar(
        length=1, label="reredact", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:

        def show(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        done = reredact(store, show)
    if done.failed:
        raise Refusal(f"Could not be checked again, left as it was: {', '.join(done.failed)}")
    return (
        msgspec.to_builtins(done),
        f"{done.outdated} interactions were outdated, {done.changed} of them changed.",
    )


@command("report-personal-data")
@click.option("--type", "kind", default="PERSON", show_default=True, help="What it is.")
@click.option("--reviewer", required=True, help="Who reports it.")
@click.option("--preview", is_flag=True, help="Only say where it stands.")
def report_personal_data(
    store: Any, kind: str, reviewer: str, preview: bool
) -> tuple[dict[str, Any], str]:
    """Take a name or number that slipped through out of everything stored, and know it from now on.

    The value is read from standard input, as the command line would leave it in the shell's
    history. What it is replaced by cannot be undone.
    """
    from core.pipeline import redactor_of
    from core.review import report

    redactor, value = redactor_of(store), sys.stdin.read()
    if preview:
        places = report.preview(store, redactor, value)
        return msgspec.to_builtins(places), (
            f"It stands in {places.interactions} of {places.of} interactions, "
            f"{places.places} places in all, and in {places.exports} exports."
        )
    done = report.take_out(
        store, redactor, value, kind=kind, reporter=reviewer, now=datetime.now(UTC)
    )
    text = (
        f"Replaced in {done.interactions} interactions, {done.places} places in all; "
        f"{done.exports} exports are superseded. It will be known when it comes again."
    )
    return msgspec.to_builtins(done), f"{text}\n{done.problem}".rstrip()


@main.command("redact")
@click.option("--jsonl", is_flag=True, help='One {"text": ...} a line, in and out.')
def redact(jsonl: bool) -> None:
    """Redact a text from standard input; nothing is stored.

    With --jsonl each line comes back as {"redacted": ..., "findings": [{start, end, type}]};
    offsets count characters of the text given.
    """
    from core.pipeline import record_redactor
    from core.settings import SettingsError

    try:
        redactor = record_redactor().redactor
    except SettingsError as error:
        raise Refusal(str(error)) from None
    if not jsonl:
        click.echo(redactor.redact(sys.stdin.read()).text, nl=False)
        return
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            text = msgspec.convert(msgspec.json.decode(line)["text"], str)
            redacted = redactor.redact(text)
        except (msgspec.DecodeError, UnicodeError, KeyError, TypeError):
            raise Refusal(f'line {number} is not an object with a "text"') from None
        findings = [{"start": f.start, "end": f.end, "type": f.type} for f in redacted.findings]
        click.echo(json.dumps({"redacted": redacted.text, "findings": findings}))


def _scope(store: Any) -> bool:
    from core.store import log

    return log.scope_is_sample(store)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


if __name__ == "__main__":
    main(prog_name="python -m core")
