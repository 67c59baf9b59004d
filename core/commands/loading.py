"""Commands that bring logs in."""

import json
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from core.commands.frame import Refusal, command, main


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
