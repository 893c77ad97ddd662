"""The client of one server: operations, subscriptions that resume, conversations."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast

import httpx
from httpx_sse import EventSource, SSEError

from . import generated
from .conversation import Conversation
from .errors import TroupeError
from .session import Credential, GetSession

# an operation that is safe to repeat is sent at most this many times
_MOST_ATTEMPTS = 6
# the server sends a comment at least every twelve seconds, by its setting http.keep_alive_ms
_SILENCE = 30.0
# the part of a session's time after which it is renewed
_RENEW_AFTER = 2 / 3


class TroupeClient:
    """A client of one server, to be used with ``async with``.

    Give an API key as ``token``, or ``get_session`` that fetches a session of one person.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        get_session: GetSession | None = None,
        headers: Mapping[str, str] | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._url = url
        self._credential = Credential(token, get_session)
        timeout = httpx.Timeout(30.0, read=_SILENCE)
        # streams stay open: their number is for the server to limit
        limits = httpx.Limits(max_connections=None)
        self._http = http or httpx.AsyncClient(timeout=timeout, limits=limits)
        self._owns_http = http is None
        self._headers = dict(headers or {})
        self._streams = 0
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        self._stop_renewal()
        if self._owns_http:
            await self._http.aclose()

    async def execute(self, query: str, variables: Mapping[str, Any] | None = None, *, repeat: bool = False) -> Any:
        """Runs a query or a mutation and returns its data.

        A session that has expired is replaced, and the operation is sent again. With ``repeat``, so it is after a cut:
        for queries, and for mutations with an idempotency key.
        """
        attempt = 1
        while True:
            try:
                return await self._once(query, variables or {})
            except TroupeError as error:
                is_cut = error.reason in ("network", "unavailable")
                if not repeat or not is_cut or error.fatal or attempt >= _MOST_ATTEMPTS:
                    raise
                await asyncio.sleep(error.retry_after or _backoff(attempt))
                attempt += 1

    async def subscribe(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        on_open: Callable[[], None] | None = None,
        on_cut: Callable[[TroupeError], None] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """The data of a subscription. After a cut it goes on after the last event, if it has the variable ``after``."""
        values = dict(variables or {})
        attempts = refusals = 0
        while True:
            token = await self._credential.token()
            try:
                async with aclosing(self._stream(query, values, token, on_open)) as events:
                    async for cursor, data in events:
                        attempts = refusals = 0
                        if cursor:
                            values["after"] = cursor
                        yield data
                return
            except TroupeError as error:
                if error.code == "UNAUTHENTICATED" and error.reason != "session-revoked":
                    if not self._credential.refuse(token) or refusals > 0:
                        raise error.as_fatal()
                    refusals += 1
                    continue
                attempts += 1
                if error.fatal or (error.reason == "failed" and attempts >= _MOST_ATTEMPTS):
                    raise
                if on_cut:
                    on_cut(error)
                await asyncio.sleep(error.retry_after or _backoff(attempts))

    def conversation(
        self,
        id: str | None = None,
        *,
        agent_id: str | None = None,
        end_user: str | None = None,
        context: Mapping[str, Any] | None = None,
        page_size: int = 20,
    ) -> Conversation:
        """The live conversation with this id, or a new one, to be used with ``async with``."""
        return Conversation(self, id, agent_id=agent_id, end_user=end_user, context=context, page_size=page_size)

    async def agents(self) -> list[generated.AgentFields]:
        """The agents that the caller may talk to."""
        found: list[generated.AgentFields] = []
        after: str | None = None
        while True:
            data = cast(generated.AgentsData, await self.execute(generated.AGENTS, {"first": 100, "after": after}, repeat=True))
            found += data["agents"]["nodes"]
            if not data["agents"]["pageInfo"]["hasNextPage"]:
                return found
            after = data["agents"]["pageInfo"]["endCursor"]

    async def conversations(
        self, *, archived: bool = False, search: str | None = None, end_user: str | None = None, first: int = 20, after: str | None = None
    ) -> generated.ConversationsDataConversations:
        """A page of conversations, the one with the newest message first."""
        filter: dict[str, Any] = {"archived": archived}
        if search is not None:
            filter["search"] = search
        if end_user is not None:
            filter["endUser"] = end_user
        order = {"field": "UPDATED_AT", "direction": "DESC"}
        variables = {"filter": filter, "orderBy": order, "first": first, "after": after}
        data = cast(generated.ConversationsData, await self.execute(generated.CONVERSATIONS, variables, repeat=True))
        return data["conversations"]

    async def create_session(self, end_user: str, **more: Any) -> generated.CreateSessionDataCreateSession:
        """Begins a session for a person's browser; needs an API key of an administrator."""
        data = cast(generated.CreateSessionData, await self.execute(generated.CREATE_SESSION, {"input": {"endUser": end_user, **more}}))
        return data["createSession"]

    async def _once(self, query: str, variables: Mapping[str, Any]) -> Any:
        token = await self._credential.token()
        try:
            return await self._post(query, variables, token)
        except TroupeError as error:
            if error.code != "UNAUTHENTICATED" or error.reason == "session-revoked" or not self._credential.refuse(token):
                raise
            return await self._post(query, variables, await self._credential.token())

    async def _post(self, query: str, variables: Mapping[str, Any], token: str) -> Any:
        accept = "application/graphql-response+json, application/json;q=0.9"
        try:
            response = await self._http.post(self._url, content=_body(query, variables), headers=self._headers_of(token, accept))
        except httpx.TransportError as error:
            raise TroupeError("network", "the server cannot be reached") from error
        return _data_of(response)

    async def _stream(
        self, query: str, variables: Mapping[str, Any], token: str, on_open: Callable[[], None] | None
    ) -> AsyncGenerator[tuple[str, Any], None]:
        """The results of one request, each with its cursor."""
        headers = self._headers_of(token, "text/event-stream")
        self._streams += 1
        try:
            async with self._http.stream("POST", self._url, content=_body(query, variables), headers=headers) as response:
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    await response.aread()
                    _data_of(response)
                if response.is_success:
                    self._renew_in_time(token)
                    if on_open:
                        on_open()
                async for event in EventSource(response).aiter_sse():
                    if event.event == "complete":
                        return
                    result = json.loads(event.data)
                    if result.get("errors"):
                        raise TroupeError.from_graphql(result["errors"], response.headers.get("retry-after"))
                    [field] = result["data"].values()
                    yield event.id or (field or {}).get("cursor", ""), result["data"]
            raise TroupeError("network", "the stream was cut")
        except (httpx.TransportError, SSEError) as error:
            raise TroupeError("network", "the stream was cut") from error
        finally:
            self._streams -= 1
            if self._streams == 0:
                self._stop_renewal()

    def _headers_of(self, token: str, accept: str) -> dict[str, str]:
        return {**self._headers, "accept": accept, "content-type": "application/json", "authorization": f"Bearer {token}"}

    def _renew_in_time(self, token: str) -> None:
        if self._credential.is_session and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._renew(token))

    def _stop_renewal(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None

    async def _renew(self, token: str) -> None:
        """Puts a new session in the place of the one of the open streams, before that one expires, again and again."""
        while True:
            session = self._credential.current
            if session is None or session.token != token:
                return
            if session.expires_at is None:
                viewer = cast(generated.SessionExpiryData, await self._post(generated.SESSION_EXPIRY, {}, token))["viewer"]
                # a token of an identity provider has no session to renew: the next connection sends a new one
                if viewer["session"] is None:
                    return
                expires_at = datetime.fromisoformat(viewer["session"]["expiresAt"])
                session = self._credential.current = replace(session, expires_at=expires_at)
            assert session.expires_at is not None
            lifetime = (session.expires_at - session.since).total_seconds()
            elapsed = (datetime.now(UTC) - session.since).total_seconds()
            await asyncio.sleep(max(0.0, lifetime * _RENEW_AFTER - elapsed))
            try:
                following = await self._credential.next()
                await self._post(generated.RENEW_SESSION, {"input": {"token": following.token}}, token)
                self._credential.current, token = following, following.token
            except TroupeError as error:
                # after a final refusal, the stream ends with the session and begins again in a new one
                if error.fatal or datetime.now(UTC) > session.expires_at:
                    return
                await asyncio.sleep(1.0)


def _body(query: str, variables: Mapping[str, Any]) -> bytes:
    values = {name: value for name, value in variables.items() if value is not None}
    return json.dumps({"query": query, "variables": values}).encode()


def _data_of(response: httpx.Response) -> Any:
    try:
        result = response.json()
    except ValueError as error:
        raise TroupeError("unavailable", f"the server answers with status {response.status_code}") from error
    if result.get("errors"):
        raise TroupeError.from_graphql(result["errors"], response.headers.get("retry-after"))
    return result["data"]


def _backoff(attempt: int) -> float:
    """The pause before an attempt, in seconds: it doubles, and a random part keeps clients from returning all at once."""
    most = min(10.0, 0.1 * 2.0 ** min(attempt - 1, 16))
    return most / 2 + random.random() * most / 2
