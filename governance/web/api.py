"""The read API and the pages over one ledger. Who may see what is asked of a `Guard`, on every route."""

import re
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from governance.errors import GovernanceError, InvalidEvidence, InvalidInput, LedgerUnavailable
from governance.keys import Trust
from governance.ledger.index import Query as Wanted
from governance.ledger.store import Entry, Ledger
from governance.view import (
    Case,
    artifact_view,
    decision_view,
    lineage_view,
    list_view,
    proof_view,
    step_view,
    trace_view,
)

STATIC = Path(__file__).parent / "static"
NOT_BUILT = "The view is not built; `python -m governance.web.build` builds it."
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STATUS = {InvalidInput: 404, InvalidEvidence: 409, LedgerUnavailable: 503}
_ASSET = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?:js|css|svg|woff2)")
_ID = re.compile(r"[0-9a-f]{16}")
_KEPT_OPEN = 16


class Part(StrEnum):
    """What of a decision is asked for; the reasoning may need another permission than the verdict."""

    SUMMARY = "summary"
    CODE = "code"
    TRACE = "trace"


class Guard(Protocol):
    """Says who may see what. A request without a user never gets past `user`."""

    async def user(self, request: Request) -> Any:
        """The user of a request. Raises HTTPException 401 without login, 403 without any permission."""

    def readable(self, user: Any, dag_ids: frozenset[str]) -> frozenset[str] | None:
        """Those of the ledger's DAGs that the user may read, "" for decisions without one; None for all."""

    def may(self, user: Any, dag_id: str, part: Part) -> bool:
        """Whether the user may see this part of a decision of this DAG."""


@dataclass
class _Site:
    """What the routes share. The decisions looked at last are kept open: a trace is read and blamed
    once, not for every page of it. The ledger is opened at the first request.
    """

    open_ledger: Callable[[], Ledger]
    trust: Callable[[], Trust]
    guard: Guard
    kept: "OrderedDict[str, Case]" = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.open_ledger()

    def case(self, entry: Entry) -> Case:
        """The entry, opened."""
        with self.lock:
            case = self.kept.pop(entry.decision_id, None) or Case(self.ledger, entry)
            self.kept[entry.decision_id] = case
            while len(self.kept) > _KEPT_OPEN:
                self.kept.popitem(last=False)
        return case

    def seen(self, part: Part) -> Callable[..., Case]:
        """A dependency: the decision of the path, if the user may see this part of it."""

        def find(decision_id: str, user: Annotated[Any, Depends(self.guard.user)]) -> Case:
            if not _ID.fullmatch(decision_id):
                raise InvalidInput(f"{decision_id!r} is no decision id", "Ids have 16 hexadecimal digits.")
            entry = self.ledger.entry(decision_id)
            if not self.guard.may(user, entry.dag_id, part):
                raise HTTPException(403, "Forbidden")
            return self.case(entry)

        return find


def create_app(
    ledger: Callable[[], Ledger], trust: Callable[[], Trust], guard: Guard, static: Path = STATIC
) -> FastAPI:
    """The application. Ledger and trust are opened at the first request, so that it always starts."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(guard.user)])
    app.middleware("http")(_headers)
    app.exception_handler(GovernanceError)(_explained)
    _add_pages(app, static)
    site = _Site(ledger, trust, guard)
    _add_list(app, site)
    _add_decision(app, site)
    _add_trace(app, site)
    _add_rest(app)
    return app


async def _headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _explained(_request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    message, remedy = getattr(error, "message", str(error)), getattr(error, "remedy", "")
    return JSONResponse({"message": message, "remedy": remedy}, status)


def _add_pages(app: FastAPI, static: Path) -> None:
    @app.get("/")
    def page() -> Response:
        index = static / "index.html"
        if not index.is_file():
            raise HTTPException(503, NOT_BUILT)
        return FileResponse(index, media_type="text/html; charset=utf-8")

    @app.get("/assets/{name}")
    def asset(name: str) -> Response:
        file = static / "assets" / name
        if not _ASSET.fullmatch(name) or not file.is_file():
            raise HTTPException(404, "no such file")
        return FileResponse(file, headers={"Cache-Control": "private, max-age=31536000, immutable"})


def _add_list(app: FastAPI, site: _Site) -> None:
    User = Annotated[Any, Depends(site.guard.user)]

    @app.get("/api/decisions")
    def decisions(user: User, wanted: Annotated[Wanted, Depends(_wanted)]) -> Any:
        readable = site.guard.readable(user, site.ledger.dag_ids())
        return list_view(site.ledger, replace(wanted, dag_ids=readable))


def _add_decision(app: FastAPI, site: _Site) -> None:
    User = Annotated[Any, Depends(site.guard.user)]
    Summary = Annotated[Case, Depends(site.seen(Part.SUMMARY))]
    Code = Annotated[Case, Depends(site.seen(Part.CODE))]

    @app.get("/api/decisions/{decision_id}")
    def decision(case: Summary, user: User) -> Any:
        view = decision_view(case, trust=site.trust())
        parts = [str(part) for part in Part if site.guard.may(user, case.entry.dag_id, part)]
        if Part.CODE not in parts:
            for finding in view["findings"]:  # `reasons` are some of the same
                finding["quote"] = ""
        return {**view, "may": parts}

    @app.get("/api/decisions/{decision_id}/proof")
    def proof(case: Summary) -> Any:
        return proof_view(case.ledger, case.entry, site.trust())

    @app.get("/api/decisions/{decision_id}/artifact")
    def artifact(case: Code, path: str) -> Any:
        return artifact_view(case, path=path)

    @app.get("/api/decisions/{decision_id}/envelope")
    def envelope(case: Code) -> Response:
        name = f'attachment; filename="{case.id}.dsse.json"'
        return JSONResponse(dict(case.ledger.envelope(case.entry)), headers={"Content-Disposition": name})


def _add_trace(app: FastAPI, site: _Site) -> None:
    Thoughts = Annotated[Case, Depends(site.seen(Part.TRACE))]

    @app.get("/api/decisions/{decision_id}/trace")
    def trace(
        case: Thoughts,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
        kind: Annotated[list[str] | None, Query()] = None,
        text: Annotated[str, Query(max_length=200)] = "",
        around: Annotated[int, Query(ge=0)] = 0,
    ) -> Any:
        return trace_view(case, "", offset, limit, kind or (), text, around)

    @app.get("/api/decisions/{decision_id}/trace/{seq}")
    def step(case: Thoughts, seq: int) -> Any:
        return step_view(case, seq=seq)

    @app.get("/api/decisions/{decision_id}/lineage")
    def lineage(case: Thoughts) -> Any:
        return lineage_view(case)


def _wanted(
    verdict: Annotated[str, Query(pattern="^(pass|review|block)?$")] = "",
    dag: Annotated[str, Query(max_length=250)] = "",
    task: Annotated[str, Query(max_length=250)] = "",
    run: Annotated[str, Query(max_length=250)] = "",
    map_index: int | None = None,
    agent: Annotated[str, Query(max_length=200)] = "",
    rule: Annotated[str, Query(max_length=80)] = "",
    text: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Wanted:
    return Wanted(
        verdict, dag, task, run, map_index, agent, rule.strip(), text.strip(), limit=limit, offset=offset
    )


def _add_rest(app: FastAPI) -> None:
    @app.get("/{rest:path}")
    def nowhere(rest: str) -> Response:
        raise HTTPException(404, "no such page")
