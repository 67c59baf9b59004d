"""Opens the database file and hands out cursors.

One connection per process and one cursor per call: sharing a connection among threads silently
returned other sessions' rows. Writers queue on one lock, so a race inside the process cannot
happen, and every write is one transaction.

Text that is replaced stays readable in the file: a changed row is written elsewhere, and the blocks
it was in are kept for later use, through CHECKPOINT and VACUUM alike. `rewrite_file` is the cure.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import duckdb

from core.store.gate import Gate
from core.store.migrations import migrate

Given = ParamSpec("Given")
Result = TypeVar("Result")
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # DuckDB releases back to this one can read the file.
    "storage_compatibility_version": "v1.5.0",
    # Offline by construction: no extension is fetched, no query reaches a file or an address.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}


class DatabaseError(Exception):
    """The database cannot be used; the message is for the person who started the program."""


class DatabaseBusy(DatabaseError):
    """Another process holds the database file: only one can, even for reading."""


class Stale(Exception):
    """Someone else decided first: the revision named is no longer the current one."""


class Store:
    """An open database. Close it, or use it as a context manager.

    Raises `DatabaseBusy` when another process has the file, `DatabaseError` when it is not ours
    to open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._open = Gate()
        self.storing = Gate()
        """Shared by whoever redacts and then stores; alone in it is who changes what is looked
        for, so that nothing redacted before that is stored after it."""
        try:
            self._connection = duckdb.connect(str(path), config=CONFIG)
        except duckdb.Error as error:
            raise _explained(path, error) from error
        _drop(self._leftover)
        rmtree(self._scratch, ignore_errors=True)  # of a process that was killed
        with self.write() as cursor:
            migrate(cursor)

    def rows(self, sql: str, parameters: object = None) -> list[dict[str, Any]]:
        """The rows of a query as dictionaries."""
        with self.read() as cursor:
            result = cursor.execute(sql, parameters)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of one's own, for reading."""
        with self._open.shared():
            cursor = self._connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor inside a transaction: committed at the end, rolled back on any exception.

        Raises `Stale` when the commit lost a race, `DatabaseError` when the file could not be
        written, a full disk above all.
        """
        with self._lock, self.read() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except duckdb.Error as error:
                _roll_back(cursor)
                if _is_race(error):
                    raise Stale("Someone else changed this first.") from error
                raise DatabaseError(
                    f"{self.path} could not be written, nothing was changed: "
                    f"{str(error).splitlines()[0]}"
                ) from error
            except BaseException:
                _roll_back(cursor)
                raise

    def rewrite_file(self) -> None:
        """Copy what is stored into a new file that takes the old one's place, without a byte of
        what was there before; files of this process go, too. Everyone waits meanwhile: half a
        second for 20,000 interactions.

        Raises `DatabaseError` when it cannot be done, a full disk above all: the old file stays.
        """
        with self._lock, self._open.alone():
            rmtree(self._scratch, ignore_errors=True)  # made of the text that has to go
            self._connection.close()
            try:
                _copy(self.path, self._leftover)
            except (duckdb.Error, OSError) as error:
                _drop(self._leftover)
                raise DatabaseError(
                    f"{self.path} could not be written anew, so replaced text may still be found "
                    f"in its unused parts: {str(error).splitlines()[0]}"
                ) from error
            finally:
                self._connection = duckdb.connect(str(self.path), config=CONFIG)

    def scratch(self) -> Path:
        """A folder beside the database for files of this process, gone when the store is closed.

        Only for what has been redacted. Raises `OSError`.
        """
        self._scratch.mkdir(mode=0o700, exist_ok=True)
        return self._scratch

    @property
    def _scratch(self) -> Path:
        return self.path.with_name(f"{self.path.name}.scratch")

    @property
    def _leftover(self) -> Path:
        return self.path.with_name(f"{self.path.name}.new")

    def close(self) -> None:
        """Write everything to the file and let go of it."""
        with self._lock:
            self._connection.close()
        rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def storing(
    function: Callable[Concatenate[Store, Given], Result],
) -> Callable[Concatenate[Store, Given], Result]:
    """For what redacts a text and then stores it: nothing is reported in between."""

    @wraps(function)
    def shared(store: Store, /, *given: Given.args, **named: Given.kwargs) -> Result:
        with store.storing.shared():
            return function(store, *given, **named)

    return shared


def _copy(path: Path, new: Path) -> None:
    """Put a copy of a closed database in its place."""
    if path.with_name(f"{path.name}.wal").exists():
        raise OSError("its log of changes could not be written into it")
    _drop(new)
    # Another file is not to be reached from a connection that runs our queries.
    wanted = {name: value for name, value in CONFIG.items() if name != "enable_external_access"}
    with duckdb.connect(str(new), config=wanted) as connection:
        named = str(path).replace("'", "''")
        connection.execute(f"ATTACH '{named}' AS before (READ_ONLY)")
        (name,) = connection.execute("SELECT current_database()").fetchall()[0]
        connection.execute(f'COPY FROM DATABASE before TO "{name}"')
        connection.execute("DETACH before")
    new.chmod(path.stat().st_mode & 0o7777)
    with new.open("rb") as copied:
        os.fsync(copied.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _drop(path: Path) -> None:
    for name in (path.name, f"{path.name}.wal"):
        path.with_name(name).unlink(missing_ok=True)


def _is_race(error: duckdb.Error) -> bool:
    # A commit that fails for want of space is a TransactionException too.
    if isinstance(error, duckdb.ConstraintException):
        return True
    return isinstance(error, duckdb.TransactionException) and "onflict" in str(error)


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error:
        # The engine has already rolled back a transaction that failed at commit.
        return


def _explained(path: Path, error: duckdb.Error) -> DatabaseError:
    text = str(error)
    if "Conflicting lock" in text or "already attached" in text:
        process = re.search(r"PID (\d+)", text)
        holder = f"process {process[1]}" if process else "another process"
        return DatabaseBusy(
            f"{path} is in use by {holder}, most likely the running app. One process can hold the "
            "database at a time. Ways to go on: do this in the app (Logs takes files, Review takes "
            "decisions, Datasets makes exports), stop the app first, or name another database "
            "with --db."
        )
    if not path.parent.is_dir():
        return DatabaseError(f"{path.parent} is not a folder, so {path.name} cannot be made there.")
    return DatabaseError(f"{path} cannot be opened as a database: {text.splitlines()[0]}")
