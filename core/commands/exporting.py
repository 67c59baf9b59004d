"""Commands that write datasets, and say what was written before."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from core.commands.frame import Refusal, command, main, scope, utc
from core.load import read_time


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
            store, share, by="the command line", now=datetime.now(UTC), sample=scope(store)
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
                    sample=scope(store),
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
    files = [
        {"path": str(out / file["path"]), "rows": file["rows"], "sha256": file["sha256"]}
        for file in prepared.manifest["files"]
    ]
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

    sample = scope(store)
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

    made = exports.made(store, sample=scope(store))
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
        f"{short(row['export_id'])}  {row['format']:<12}{utc(row['exported_at'])}  "
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
            {"id": each.id, "before": each.before, "after": each.after, "why": each.why(utc)}
            for each in changes
        ]
        lines.append(f"{len(changes)} {kind}")
        lines += [f"  {each.id} ({each.revisions}): {each.why(utc)}" for each in changes]
    return result, "\n".join(lines)
