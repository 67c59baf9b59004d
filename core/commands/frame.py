"""What all commands share: the database, the way an answer is printed, what an error ends with."""

import gc
import json
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click


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


def scope(store: Any) -> bool:
    from core.store import log

    return log.scope_is_sample(store)


def utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
