"""The view on one's own machine: a one-time link logs in, and only this machine's names are answered."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from governance.keys import Trust
from governance.ledger.store import Ledger
from governance.web.api import Part, create_app

COOKIE = "governance_session"


@dataclass
class LocalGuard:
    """One user: who has the link. It works once; after that the cookie says who one is."""

    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    spent: bool = False

    async def user(self, request: Request) -> str:
        """The one user. Raises HTTPException 401 without the cookie."""
        given = request.cookies.get(COOKIE, "").encode()
        if not secrets.compare_digest(given, self.session.encode()):
            raise HTTPException(401, "Open the link that `governance serve` printed.")
        return "owner"

    def readable(self, user: Any, dag_ids: frozenset[str]) -> frozenset[str] | None:
        """All of it: who can start the server can read the ledger."""
        return None

    def may(self, user: Any, dag_id: str, part: Part) -> bool:
        """Everything, as above."""
        return True

    def redeem(self, ticket: str) -> bool:
        """Whether the ticket is the right one, used for the first time."""
        right = secrets.compare_digest(ticket.encode(), self.ticket.encode()) and not self.spent
        self.spent = self.spent or right
        return right


def local_app(
    ledger: Callable[[], Ledger], trust: Callable[[], Trust], guard: LocalGuard, hosts: frozenset[str]
) -> FastAPI:
    """The application for one user; requests that name another host are refused (DNS rebinding)."""
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @outer.middleware("http")
    async def only_here(request: Request, call_next: Any) -> Response:
        if request.headers.get("host", "").lower() not in hosts:
            return PlainTextResponse("this server answers only to its own name", 421)
        response: Response = await call_next(request)
        return response

    @outer.get("/login/{ticket}")
    def login(ticket: str) -> Response:
        if not guard.redeem(ticket):
            raise HTTPException(401, "This link was used before. Start `governance serve` again.")
        response = RedirectResponse("/governance/", 303, {"Referrer-Policy": "no-referrer"})
        response.set_cookie(COOKIE, guard.session, httponly=True, samesite="strict", path="/governance/")
        return response

    @outer.get("/")
    def start() -> Response:
        return RedirectResponse("/governance/", 303)

    outer.mount("/governance", create_app(ledger, trust, guard))
    return outer
