"""HTTP routes of the running app, for other programs and for downloads of any size.

`GET /api/exports/{id}` makes an export of the ledger again and sends its zip; it wants the token
that lies beside the database (`FLYWHEEL_TOKEN` instead, where it is set) as
`Authorization: Bearer ...`. `GET /download/{address}` sends a file that a page made, once.
Both send from the disk, piece by piece.
"""

import asyncio
import hmac
import os
import secrets
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from core import export
from core.jobs import ExportJob
from core.links import LinkError
from core.runtime import Runtime, runtime
from core.settings import SettingsError, database_path
from core.store import DatabaseError

DOWNLOAD = "/download"
LOOKED_AFTER = 0.1  # seconds

_HEADERS = {"Cache-Control": "no-store"}


@lru_cache(maxsize=1)
def token(database: Path) -> str:
    """What a program must show: FLYWHEEL_TOKEN, else what is in DATABASE.token, made when missing
    and readable by its owner only. Raises `SettingsError` when it can be neither read nor made."""
    if given := os.environ.get("FLYWHEEL_TOKEN"):
        return given
    path = database.with_name(f"{database.name}.token")
    try:
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:  # noqa: PTH123
            known = file.read().strip()
            if not known:
                known = secrets.token_urlsafe(32)
                file.write(f"{known}\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(
            f"The token file {path} can be neither read nor made ({why}). Make its "
            "folder writable, or set FLYWHEEL_TOKEN to a long random text."
        ) from error
    return known


async def get_export(request: Request) -> Response:
    """The zip of an export, the same bytes as the first time, or why it cannot be had."""
    if refusal := _unauthorised(request):
        return refusal
    try:
        running = await run_in_threadpool(runtime)
        made = await run_in_threadpool(
            export.named, running.store, request.path_params["export_id"]
        )
    except DatabaseError as error:
        return _problem(503, str(error))
    except export.ExportRefused as error:
        return _problem(404, str(error))
    job = running.export_again(made)
    while not job.ended.is_set():
        if await request.is_disconnected():
            job.cancel()
        await asyncio.sleep(LOOKED_AFTER)
    if job.state != "done":
        return _problem(409, job.message or "It was cancelled.")
    try:
        await run_in_threadpool(_record, running, job)  # or why it is not to be used any more
    except export.ExportRefused as error:
        return _problem(409, str(error))
    return _file(job)


async def download(request: Request) -> Response:
    """A file that a page has made, which enters the ledger now."""
    try:
        running = await run_in_threadpool(runtime)
        job = running.links.use(request.path_params["address"])
        await run_in_threadpool(_record, running, job)
    except (LinkError, export.ExportRefused) as error:
        return _problem(410, str(error))
    except DatabaseError as error:
        return _problem(503, str(error))
    return _file(job)


ROUTES = [
    Route("/api/exports/{export_id}", get_export, methods=["GET"]),
    Route(DOWNLOAD + "/{address}", download, methods=["GET"]),
]
for _route in ROUTES:
    # Starlette adds HEAD, which would make an export, or use an address up, for nothing.
    _route.methods = {"GET"}


def _record(running: Runtime, job: ExportJob) -> None:
    assert job.prepared
    if job.made:
        export.still_given(running.store, job.made, job.prepared)
    else:
        export.record(running.store, job.prepared, datetime.now(UTC))


def _unauthorised(request: Request) -> Response | None:
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    try:
        wanted = token(database_path())
    except SettingsError as error:
        return _problem(503, str(error))
    if kind.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), wanted.encode()):
        return None
    answer = _problem(401, "Say who you are: Authorization: Bearer, and the token.")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _file(job: ExportJob) -> Response:
    assert job.archive and job.prepared
    return FileResponse(
        job.archive,
        media_type="application/zip",
        filename=job.prepared.archive_name,
        headers=_HEADERS,
        # The file is there as long as somebody holds the job.
        background=BackgroundTask(lambda: job),
    )


def _problem(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status, headers=_HEADERS)
