"""The server under test, and a proxy in front of it that cuts connections in the middle of an answer."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from troupe_client import Conversation, ConversationState, Session, TroupeClient

ORIGIN = os.environ["TROUPE_URL"]
URL = f"{ORIGIN}/graphql"
API_KEY = os.environ["TROUPE_API_KEY"]


def word(n: int) -> str:
    """The n-th word of the scripted model's answer to "count N", as in tests/support/model.js."""
    return f"{('w', 'é', '漢', '😀')[n % 4]}{n}"


def counted(n: int) -> str:
    return " ".join(word(index) for index in range(1, n + 1))


def owner() -> TroupeClient:
    # making a context for TLS takes most of the time of a short-lived client
    return TroupeClient(URL, token=API_KEY, http=httpx.AsyncClient(verify=False))


async def admin(query: str, **variables: Any) -> Any:
    """Runs an operation with the owner's key."""
    async with owner() as troupe:
        return await troupe.execute(query, variables)


async def session(end_user: str, **more: Any) -> Session:
    async with owner() as troupe:
        return Session((await troupe.create_session(end_user, **more))["token"])


def person(end_user: str | None = None, url: str = URL, **more: Any) -> TroupeClient:
    """A client of one person."""
    name = end_user or str(uuid.uuid4())
    return TroupeClient(url, get_session=lambda: session(name, **more), http=httpx.AsyncClient(verify=False, timeout=30))


async def agent_id(slug: str = "digital-expert") -> str:
    agents = (await admin("{ agents(first: 100) { nodes { id slug } } }"))["agents"]["nodes"]
    return next(agent["id"] for agent in agents if agent["slug"] == slug)


async def stored(conversation_id: str) -> list[tuple[str, str]]:
    query = "query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { role text } } } }"
    data = await admin(query, id=conversation_id)
    return [(message["role"], message["text"]) for message in data["conversation"]["messages"]["nodes"]]


async def answered(conversation: Conversation, count: int = 1) -> ConversationState:
    """The state once there are this many answers and all are finished."""

    def is_answered(state: ConversationState) -> bool:
        answers = [message for message in state.messages if message.role == "ASSISTANT"]
        return len(answers) >= count and all(answer.status not in ("waiting", "streaming") for answer in answers)

    return await conversation.until(is_answered)


class Proxy:
    """Cuts the connection on which each of ``words`` comes for the first time, in the middle of the word, in order."""

    def __init__(self, words: list[str]) -> None:
        self._left = [f"{text} ".encode() for text in words]
        self.cuts = 0
        self._tasks: set[asyncio.Task[None] | None] = set()

    async def close(self) -> None:
        """Waits until every connection has ended; the clients have closed theirs."""
        await asyncio.gather(*(task for task in self._tasks if task))

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held = b""
        try:
            while data := await reader.read(65536):
                if self._left:
                    known = held + data
                    at = known.find(self._left[0])
                    if at >= 0:
                        del self._left[0]
                        self.cuts += 1
                        writer.write(data[: max(0, at + 1 - len(held))])
                        return
                    held = known[-64:]
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        origin = urlsplit(ORIGIN)
        up_reader, up_writer = await asyncio.open_connection(origin.hostname, origin.port)
        self._tasks.add(asyncio.current_task())
        both = [asyncio.create_task(self._up(reader, up_writer)), asyncio.create_task(self._down(up_reader, writer))]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        writer.close()
        up_writer.close()


@asynccontextmanager
async def cutting(words: list[str]) -> AsyncIterator[tuple[str, Proxy]]:
    """The address of a proxy, and the proxy."""
    proxy = Proxy(words)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql", proxy
    finally:
        server.close()
        await proxy.close()


async def post(token: str, query: str) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(URL, json={"query": query}, headers={"authorization": f"Bearer {token}"})
