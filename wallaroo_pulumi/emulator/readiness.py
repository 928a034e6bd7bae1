"""Background work of the platform (conversion, deployment, packaging, kills) and when it ends.

How long a kind of work takes and how it ends is a setting (control plane: `POST /__emulator__/readiness`). A service
records that a piece of work began, and polls it whenever a client polls the object. The setting in force at that moment
decides, so a test can hold an object back and then release it.
"""

from typing import Literal

from pydantic import Field

from .state import State
from .wire import Empty, Wire

SCHEMA = """
CREATE TABLE IF NOT EXISTS readiness (
    kind TEXT PRIMARY KEY,
    setting TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS work (
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    began REAL NOT NULL,
    polls INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, object_id)
);
"""

Kind = Literal[
    "model",
    "pipeline_version",
    "deployment",
    "undeployment",
    "orchestration",
    "task",
    "task_run",
    "pause",
    "kill",
    "publish",
]
Outcome = Literal["held", "pending", "done", "failed"]


class Readiness(Wire):
    """The setting of one kind of work.

    `at_once`, after so many `polls`, after `seconds`, `never` (it does not begin), or it ends in `error` after `polls`
    and `seconds`, with `message` as the reason.
    """

    kind: Kind
    mode: Literal["at_once", "polls", "seconds", "never", "error"] = "at_once"
    polls: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0, allow_inf_nan=False)
    message: str = "asked for through the control plane"


# A run takes two polls: the vendor's SDK polls twice before it first returns a status.
_DEFAULTS: dict[Kind, Readiness] = {"task_run": Readiness(kind="task_run", mode="polls", polls=2)}


def configure(db: State, setting: Readiness) -> Empty:
    db.execute(
        "INSERT INTO readiness VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET setting = excluded.setting",
        (setting.kind, setting.model_dump_json()),
    )
    return Empty()


def setting_of(db: State, kind: Kind) -> Readiness:
    row = db.row("SELECT setting FROM readiness WHERE kind = ?", (kind,))
    return (
        Readiness.model_validate_json(row["setting"]) if row else _DEFAULTS.get(kind) or Readiness(kind=kind)
    )


def begin(db: State, kind: Kind, object_id: int | str) -> None:
    """Record that work on the object begins now, in place of earlier work of this kind."""
    db.execute(
        "INSERT OR REPLACE INTO work (kind, object_id, began) VALUES (?, ?, ?)",
        (kind, str(object_id), db.now()),
    )


def poll(db: State, kind: Kind, object_id: int | str) -> Outcome:
    """Return the outcome that a polling client sees: `held` (mode `never`), `pending`, or ended.

    Work that has ended, or never began, is done.
    """
    row = db.row("SELECT * FROM work WHERE kind = ? AND object_id = ?", (kind, str(object_id)))
    if row is None:
        return "done"
    setting = setting_of(db, kind)
    if setting.mode == "never":
        return "held"
    due = row["polls"] >= setting.polls and db.now() - row["began"] >= setting.seconds
    if setting.mode != "at_once" and not due:
        db.execute(
            "UPDATE work SET polls = polls + 1 WHERE kind = ? AND object_id = ?", (kind, str(object_id))
        )
        return "pending"
    end(db, kind, object_id)
    return "failed" if setting.mode == "error" else "done"


def is_known(db: State, kind: Kind, object_id: int | str) -> bool:
    """Return whether work of this kind began on the object and has not ended."""
    return db.row("SELECT 1 FROM work WHERE kind = ? AND object_id = ?", (kind, str(object_id))) is not None


def is_under_way(outcome: Outcome) -> bool:
    return outcome in ("held", "pending")


def end(db: State, kind: Kind, object_id: int | str) -> None:
    """Delete the record of work on an object, done or not."""
    db.execute("DELETE FROM work WHERE kind = ? AND object_id = ?", (kind, str(object_id)))
