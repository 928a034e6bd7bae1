"""The inference log, read through the topics of the platform's log server or with `pipelines/get_logs`.

A pipeline's topic has one partition. Records are numbered in it, and a page contains records of one schema only:
where the schema changes, the page ends with status `SchemaChange`. Topic `…-failures` has the records with anomalies.
"""

import json
import re
import sqlite3
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from pydantic import AwareDatetime, Field

from ..data import inference_log
from ..errors import ApiError
from ..identity import access
from ..identity.accounts import User
from ..identity.auth import Caller
from ..services import Db
from ..state import State
from ..wire import Id, Wire, mlops_router
from . import arrow, pipelines
from .columns import Focus, requested_focus, select

PARTITION = "engine"

router = APIRouter()
_topics = APIRouter(prefix="/v1/logs/topic", include_in_schema=False)
_pipelines = mlops_router("/pipelines", "pipelines")
_plateau = mlops_router("/plateau", "pipelines")

Instant = Annotated[AwareDatetime, Field(strict=False)]
_TOPIC = re.compile(r"workspace-(\d{1,9})-pipeline-(.+)-inference(-failures)?")


class GetLogsRequest(Wire):
    """`cursor` is the header `x-iteration-cursor` of the page before."""

    pipeline_name: str = Field(examples=["houses"])
    workspace_id: Id
    order: Literal["asc", "desc", "Asc", "Desc"] = "asc"
    cursor: str | None = None
    page_size: int | None = Field(None, ge=1, le=2**31 - 1, examples=[100])
    start_time: Instant | None = None
    end_time: Instant | None = None


class TopicRequest(Wire):
    """A pipeline, by its id or by its name and workspace."""

    workspace_id: Id | None = None
    pipeline_name: str | None = None
    pipeline_pk_id: Id | None = None


class NamedTopicRequest(Wire):
    pipeline_name: str
    workspace_id: Id | None = None


class TopicReply(Wire):
    topic_name: str


@_plateau.post("/get_topic_name")
async def get_topic_name(body: TopicRequest, caller: Caller, db: Db) -> TopicReply:
    """Read the topic of a pipeline's inference log. Unknown pipeline 404."""
    if body.pipeline_pk_id is not None:
        return TopicReply(topic_name=pipelines.topic_of(pipelines.by_id(db, body.pipeline_pk_id, caller)))
    return TopicReply(topic_name=_named_topic(db, body.workspace_id, body.pipeline_name, caller))


@_plateau.post("/get_pipeline_topic_name")
async def get_pipeline_topic_name(body: NamedTopicRequest, caller: Caller, db: Db) -> TopicReply:
    """Read the topic of a pipeline's inference log by name.

    Without a workspace, of the first pipeline of this name that the caller sees.
    """
    return TopicReply(topic_name=_named_topic(db, body.workspace_id, body.pipeline_name, caller))


@_topics.get("/{topic}")
async def describe_topic(topic: str, caller: Caller, db: Db) -> dict[str, Any]:
    """The numbers of the records that a topic has."""
    pipeline, _ = _pipeline(db, topic, caller)
    span = db.row(
        "SELECT min(number) AS first, max(number) AS last, sum(length(record)) AS bytes FROM inference_log"
        " WHERE pipeline_id = ?",
        (pipeline["id"] if pipeline else None,),
    )
    if span is None or span["last"] is None:
        return {"partitions": {}, "bytes": 0}
    return {
        "partitions": {PARTITION: {"start": span["first"], "end": span["last"] + 1}},
        "bytes": span["bytes"],
    }


@_topics.post("/{topic}/records")
async def read_topic(
    topic: str,
    request: Request,
    focus: Annotated[Focus, Depends(requested_focus)],
    caller: Caller,
    db: Db,
    position: Annotated[dict[str, int] | None, Body()] = None,
    page_size: Annotated[int, Query(ge=1)] = 1000,
    order: str = "asc",
    start: Annotated[datetime | None, Query(alias="time.start")] = None,
    end: Annotated[datetime | None, Query(alias="time.end")] = None,
) -> Response:
    """A page of a topic: in an Arrow file, whose schema has the status, or as records with the status in a header."""
    direction = _order(order)
    if start is not None and direction == "desc":
        raise ApiError(400, "order: a time range is listed in ascending order only")
    pipeline, only_anomalies = _pipeline(db, topic, caller)
    page = inference_log.page(
        db,
        pipeline["id"] if pipeline else 0,
        inference_log.PageRequest(
            position=(position or {}).get(PARTITION),
            order=direction,
            size=page_size,
            start=_milliseconds(start),
            end=_milliseconds(end),
            only_anomalies=only_anomalies,
        ),
    )
    return _response(request, page, focus)


@_pipelines.post(
    "/get_logs",
    response_model=list[dict[str, Any]],
    responses={200: {"content": {arrow.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_logs(body: GetLogsRequest, request: Request, caller: Caller, db: Db) -> Response:
    """Read a page of the inference log of a pipeline.

    The headers `x-iteration-status` and `x-iteration-cursor` lead to the next one.
    """
    access.require_member(db, body.workspace_id, caller)
    pipeline = pipelines.by_name(db, body.workspace_id, body.pipeline_name)
    page = inference_log.page(
        db,
        pipeline["id"],
        inference_log.PageRequest(
            position=_cursor(body.cursor),
            order=_order(body.order),
            size=body.page_size or 1000,
            start=_milliseconds(body.start_time),
            end=_milliseconds(body.end_time),
        ),
    )
    response = _response(request, page, Focus())
    if page is not None:
        response.headers["x-iteration-status"] = page.status
        response.headers["x-iteration-cursor"] = json.dumps(_progress(page)["next"])
    return response


for _part in (_plateau, _topics, _pipelines):
    router.include_router(_part)


def _progress(page: inference_log.Page) -> dict[str, Any]:
    return {"status": page.status, "next": {PARTITION: page.next}}


def _response(request: Request, page: inference_log.Page | None, focus: Focus) -> Response:
    progress = _progress(page) if page else None
    if arrow.is_accepted(request):
        if page is None:
            content = arrow.write([], {}, Focus())
        else:
            content = arrow.write(page.records, page.columns, focus, {"status": progress})
        return Response(content, media_type=arrow.CONTENT_TYPE)
    records = select(page.records, page.columns, focus) if page else []
    headers = {"x-iteration-status": json.dumps(progress)} if progress else {}
    return Response(
        json.dumps(records), media_type="application/json; format=pandas-records", headers=headers
    )


def _pipeline(db: State, topic: str, caller: User) -> tuple[sqlite3.Row | None, bool]:
    """The pipeline of a topic, if there is one, and whether the topic has its anomalies only."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        return None, False
    workspace_id = int(match[1])
    access.require_member(db, workspace_id, caller)
    return pipelines.find(db, workspace_id, match[2]), match[3] is not None


def _named_topic(db: State, workspace_id: int | None, name: str | None, caller: User) -> str:
    if name is None:
        raise ApiError(400, "pipeline_pk_id or pipeline_name is required")
    access.require_member(db, workspace_id, caller)
    row = db.row(
        "SELECT p.* FROM pipelines p JOIN workspace_members m USING (workspace_id)"
        " WHERE m.user_id = :caller AND p.name = :name AND (:workspace IS NULL OR p.workspace_id = :workspace)"
        " ORDER BY p.id",
        {"caller": caller.id, "name": name, "workspace": workspace_id},
    )
    if row is None:
        raise ApiError(404, f"no pipeline {name}")
    return pipelines.topic_of(row)


def _order(text: str) -> inference_log.Order:
    match text.lower():
        case "asc":
            return "asc"
        case "desc":
            return "desc"
    raise ApiError(400, "order: must be asc or desc")


def _cursor(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        position = json.loads(text)[PARTITION]
    except (ValueError, TypeError, KeyError):
        position = None
    if not isinstance(position, int):
        raise ApiError(400, "cursor: not the x-iteration-cursor of a response")
    return min(position, 2**62)


def _milliseconds(instant: datetime | None) -> int | None:
    return inference_log.milliseconds(instant) if instant else None
