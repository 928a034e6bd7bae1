"""The emulator's SQLite database: in memory, or in a file that survives `kill -9`.

All handlers run on one event loop and never await inside a transaction, so one connection needs no lock.
"""

import hashlib
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class StateError(Exception):
    """The state file cannot be used. The message is one line: which file, why, and what to do."""


Parameters = Sequence[Any] | Mapping[str, Any]


class State:
    """The database and the clock for its timestamps.

    `schema` is the SQL of all tables of all domains; `clock` returns seconds since 1970.
    Raises StateError if `path` cannot be opened, is in use, or was written with another schema.
    """

    def __init__(self, schema: str, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._saved: sqlite3.Connection | None = None
        if path is None:
            self._connection = _connect(":memory:", schema)
            return
        try:
            # The file contains keys and client secrets, so only its owner may read it from the start.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = _connect(str(path), schema)
        except (OSError, sqlite3.Error) as error:
            hint = "another emulator uses it" if "locked" in str(error) else "give another file with --state"
            raise StateError(f"cannot use the state file {path}: {error}; {hint}") from error

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.execute(sql, parameters).fetchone()
        return row

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one INSERT and return the new row's integer id."""
        row_id = self.execute(sql, parameters).lastrowid
        if row_id is None:
            raise RuntimeError("insert() was given a statement that inserts nothing")
        return row_id

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all statements of the block or none. A statement outside a transaction is committed by itself."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def clear(self, *, keep: Iterable[str] = ()) -> None:
        """Empty every table except the named ones and restart the id sequences at 1."""
        names = [row["name"] for row in self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        with self.transaction():
            self.execute("PRAGMA defer_foreign_keys = ON")
            for name in set(names) - set(keep):
                self.execute(f'DELETE FROM "{name}"')  # noqa: S608 -- a table's name, from the schema itself

    def save(self) -> None:
        """Remember the content of all tables for `restore`."""
        if self._saved is None:
            self._saved = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.backup(self._saved)

    def restore(self) -> bool:
        """Bring back what the last `save` remembered. Return whether there is any."""
        if self._saved is None:
            return False
        self._saved.backup(self._connection)
        return True

    def counts(self) -> dict[str, int]:
        """Return the number of rows of every table."""
        names = [row["name"] for row in self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: self.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 -- as above
            for name in names
        }

    def rows(self, *, without: Container[str] = ()) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of every table except the named ones, with digests of binary content."""
        return {
            name: [
                {column: _exportable(row[column]) for column in row.keys()}  # noqa: SIM118 -- a Row iterates values
                for row in self.execute(f'SELECT * FROM "{name}"')  # noqa: S608 -- as above
            ]
            for name in self.counts()
            if name not in without
        }

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self.clock()

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970, as Keycloak stores it."""
        return int(self.clock() * 1000)

    def timestamp(self) -> str:
        """Return the time as the MLOps API writes it: `2024-07-11T16:51:50.885751+00:00`."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="microseconds")

    def close(self) -> None:
        self._connection.close()
        if self._saved is not None:
            self._saved.close()


def _exportable(value: Any) -> Any:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


def _connect(target: str, schema: str) -> sqlite3.Connection:
    # The server may run on another thread than the one that opened the database. Only one of them uses it.
    connection = sqlite3.connect(target, timeout=1, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        # One emulator per file; the kernel releases the lock when the process ends.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        # A commit reaches the operating system at once, so it survives kill -9.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        # A changed schema changes the number, so an old file is refused instead of misread.
        version = zlib.crc32(schema.encode()) & 0x7FFFFFFF
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        _require_version(found, version)
        connection.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {version}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def _require_version(found: int, wanted: int) -> None:
    if found not in (0, wanted):
        raise sqlite3.DatabaseError("it was written by another version of the emulator")
