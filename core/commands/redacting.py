"""Commands that look for personal data: in stored text, and in a text of the moment."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from core.commands.frame import Refusal, command, main


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
