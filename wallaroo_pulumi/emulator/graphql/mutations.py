"""The mutations that the vendor's SDK makes: each root field of `mutation_root` is a function of its name.

Callers change what they see. Objects of other people are as if they did not exist.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from ..automation import legacy_assays
from ..errors import ApiError
from ..identity import access
from ..identity.workspaces import add_workspace, remove_member
from .session import Row, Session

SCHEMA = """
CREATE TABLE IF NOT EXISTS default_workspaces (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tag TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS model_tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES model_versions (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    UNIQUE (model_id, tag_id)
);
CREATE TABLE IF NOT EXISTS pipeline_tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline_pk_id INTEGER NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
    tag_pk_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    UNIQUE (pipeline_pk_id, tag_pk_id)
);
"""
VISIBILITIES = ("private", "public")


def insert_workspace_one(
    session: Session, object: dict[str, Any], on_conflict: dict[str, Any] | None = None
) -> Row | None:
    """Create a workspace; null if the name is in use, which is what `on_conflict` without columns means.

    Raises ApiError 403 if it would be another user's.
    """
    db, caller = session.db, session.caller
    if session.unique_workspace_names and db.row(
        "SELECT 1 FROM workspaces WHERE name = ?", (object["name"],)
    ):
        if on_conflict is None:
            raise ApiError(400, 'Uniqueness violation. duplicate key value violates "workspace_name_key"')
        return None
    defaults = object.get("user_default_workspaces", {"data": []})["data"]
    if {object["owner_id"], *(default["user_id"] for default in defaults)} != {caller.id}:
        raise ApiError(403, "a workspace can be created for oneself only")
    workspace_id = add_workspace(db, object["name"], owner_id=caller.id)
    for default in defaults:
        db.execute(
            "INSERT OR REPLACE INTO default_workspaces VALUES (?, ?)", (default["user_id"], workspace_id)
        )
    return session.by_id("workspace", workspace_id)


def delete_workspace_users(session: Session, where: dict[str, Any]) -> Row:
    """End memberships in workspaces that the caller OWNs; others are as if they did not exist."""
    ended = [
        remove_member(session.db, row["workspace_id"], row["user_id"])
        for row in session.matching("workspace_users", where)
        if access.role(session.db, row["workspace_id"], session.caller) == "OWNER"
    ]
    return {"affected_rows": sum(ended)}


def insert_tag(session: Session, objects: list[dict[str, Any]]) -> Row:
    """Create tags. Their texts need not be unique, and they belong to no workspace."""
    ids = [session.db.insert("INSERT INTO tags (tag) VALUES (?)", (given["tag"],)) for given in objects]
    return {"returning": [session.by_id("tag", id) for id in ids]}


def insert_model_tag(session: Session, objects: list[dict[str, Any]]) -> Row:
    """Tag model versions."""
    return _insert_links(session, "model_tag", "model", objects)


def insert_pipeline_tag(session: Session, objects: list[dict[str, Any]]) -> Row:
    """Tag pipelines."""
    return _insert_links(session, "pipeline_tag", "pipeline", objects)


def delete_model_tag(session: Session, where: dict[str, Any]) -> Row:
    return _delete_links(session, "model_tag", where)


def delete_pipeline_tag(session: Session, where: dict[str, Any]) -> Row:
    return _delete_links(session, "pipeline_tag", where)


def update_model(session: Session, where: dict[str, Any], _set: dict[str, Any]) -> Row:
    """Change the visibility of model versions."""
    return _set_visibility(session, "model", "model_versions", where, _set)


def update_pipeline(session: Session, where: dict[str, Any], _set: dict[str, Any]) -> Row:
    """Change the visibility of pipelines."""
    return _set_visibility(session, "pipeline", "pipelines", where, _set)


def update_assay_by_pk(session: Session, pk_columns: dict[str, Any], _set: dict[str, Any]) -> Row | None:
    """Change the thresholds of an assay of the first generation."""
    assay = session.by_id("assay", pk_columns["id"])
    if assay is not None:
        legacy_assays.set_thresholds(session.db, assay["id"], _set)
    return assay


MUTATIONS: dict[str, Callable[..., Any]] = {
    mutation.__name__: mutation
    for mutation in (
        insert_workspace_one,
        delete_workspace_users,
        insert_tag,
        insert_model_tag,
        insert_pipeline_tag,
        delete_model_tag,
        delete_pipeline_tag,
        update_model,
        update_pipeline,
        update_assay_by_pk,
    )
}


def _insert_links(session: Session, link: str, tagged: str, objects: list[dict[str, Any]]) -> Row:
    made = []
    for given in objects:
        object_id, tag_id = given.values()
        if session.by_id(tagged, object_id) is None or session.by_id("tag", tag_id) is None:
            raise ApiError(
                400, f'Foreign key violation. insert or update on table "{link}" violates foreign key'
            )
        try:
            columns = ", ".join(given)
            id = session.db.insert(f"INSERT INTO {link}s ({columns}) VALUES (?, ?)", (object_id, tag_id))  # noqa: S608 -- names of the GraphQL schema
        except sqlite3.IntegrityError as error:
            raise ApiError(400, f'Uniqueness violation. duplicate key value violates "{link}_key"') from error
        made.append(session.by_id(link, id))
    return {"returning": made}


def _delete_links(session: Session, link: str, where: dict[str, Any]) -> Row:
    rows = session.matching(link, where)
    for row in rows:
        session.db.execute(f"DELETE FROM {link}s WHERE id = ?", (row["id"],))  # noqa: S608 -- as above
    return {"returning": rows, "affected_rows": len(rows)}


def _set_visibility(
    session: Session, type: str, table: str, where: dict[str, Any], changes: dict[str, Any]
) -> Row:
    if changes.get("visibility") not in VISIBILITIES:
        raise ApiError(400, f"visibility must be one of {', '.join(VISIBILITIES)}")
    rows = session.matching(type, where)
    for row in rows:
        session.db.execute(
            f"UPDATE {table} SET visibility = ? WHERE id = ?",  # noqa: S608 -- as above
            (changes["visibility"], row["id"]),
        )
    return {"returning": [session.by_id(type, row["id"]) for row in rows]}
