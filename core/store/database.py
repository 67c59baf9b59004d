"""Opens the database file and hands out cursors.

One connection per process and one cursor per call: sharing a connection among threads silently
returned other sessions' rows. Writers queue on one lock, so a race inside the process cannot
happen, and every write is one transaction.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from core.store.migrations import migrate

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
        try:
            self._connection = duckdb.connect(str(path), config=CONFIG)
        except duckdb.Error as error:
            raise _explained(path, error) from error
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

    def close(self) -> None:
        """Write everything to the file and let go of it."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


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
