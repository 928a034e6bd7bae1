"""Error responses in three dialects: of the MLOps API (`{"msg", "code"}`), of Keycloak (OAuth), and of the engine."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


class ApiError(Exception):
    """An error of the MLOps API: HTTP status and the text for `msg`."""

    def __init__(self, status: int, msg: str) -> None:
        super().__init__(msg)
        self.status = status
        self.msg = msg


class InferenceError(Exception):
    """An error of the engine that runs a pipeline: HTTP status and the text for `error`."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"code": status, "status": "Error", "error": error, "source": "engine"}


class KeycloakError(Exception):
    """An error of Keycloak: HTTP status, OAuth error code and usually a description."""

    def __init__(self, status: int, error: str, description: str | None = None) -> None:
        super().__init__(description or error)
        self.status = status
        self.body = {"error": error} | ({"error_description": description} if description else {})


def install(app: FastAPI) -> None:
    """Register the error responses of `app`."""
    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(KeycloakError)(_keycloak_error)
    app.exception_handler(InferenceError)(_inference_error)
    app.exception_handler(RequestValidationError)(_invalid_request)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(Exception)(_bug)


def _reply(status: int, msg: str) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"msg": msg, "code": status}, status, headers)


async def _api_error(_: Request, error: ApiError) -> JSONResponse:
    return _reply(error.status, error.msg)


async def _keycloak_error(_: Request, error: KeycloakError) -> JSONResponse:
    return JSONResponse(error.body, error.status, {"Cache-Control": "no-store"})


async def _inference_error(_: Request, error: InferenceError) -> JSONResponse:
    return JSONResponse(error.body, error.status)


async def _invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
    return _reply(400, "; ".join(_describe(problem) for problem in error.errors()))


def _describe(problem: dict[str, Any]) -> str:
    # The value is omitted: it may be a password.
    if problem["type"] == "json_invalid":
        return "body: not valid JSON"
    location: Sequence[Any] = problem["loc"]
    path = ".".join(str(part) for part in location[1:]) or str(location[0])
    return f"{path}: {problem['msg']}"


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code in (404, 405):
        return _reply(error.status_code, f"{request.method} {request.url.path} is not served by the emulator")
    return _reply(error.status_code, error.detail)


async def _bug(_: Request, __: Exception) -> JSONResponse:
    return _reply(500, "unknown error")
