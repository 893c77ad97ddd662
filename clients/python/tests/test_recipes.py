"""The example of docs/clients.md for PyPI ``gql``, over its three transports, cut in the middle of an answer."""

from __future__ import annotations

import asyncio
import os
import sys
import unittest
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.websockets import WebsocketsTransport
from support import API_KEY, admin, agent_id, counted, cutting, stored, word

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
from gql_chat import ask  # noqa: E402

WORDS = 60
ROUNDS, PLACES = int(os.environ.get("ROUNDS", "1")), int(os.environ.get("PLACES", "6"))
AUTHORIZATION = {"authorization": f"Bearer {API_KEY}"}


class Recipes(unittest.IsolatedAsyncioTestCase):
    async def ask_through(self, transport: Callable[[str], Any], place: int) -> None:
        end_user = str(uuid.uuid4())
        async with cutting([word(place)]) as (url, proxy):
            input = {"message": f"count {WORDS}", "agentId": await agent_id(), "endUser": end_user, "clientMessageId": end_user}
            shown: list[str] = []
            text = await ask(lambda: transport(url), input, shown.append)
        self.assertEqual(text, counted(WORDS))
        self.assertTrue(all(counted(WORDS).startswith(now) for now in shown))
        self.assertEqual(proxy.cuts, 1)
        found = await admin("query($of: String) { conversations(filter: {endUser: $of}) { nodes { id } } }", of=end_user)
        [conversation] = found["conversations"]["nodes"]
        self.assertEqual(await stored(conversation["id"]), [("USER", f"count {WORDS}"), ("ASSISTANT", text)])

    async def ask_with_cuts(self, transport: Callable[[str], Any]) -> None:
        for _ in range(ROUNDS):
            await asyncio.gather(*(self.ask_through(transport, 1 + n * 58 // PLACES) for n in range(PLACES)))

    async def test_over_websockets(self) -> None:
        await self.ask_with_cuts(lambda url: WebsocketsTransport(url.replace("http", "ws"), init_payload=AUTHORIZATION))

    async def test_over_aiohttp_websockets(self) -> None:
        await self.ask_with_cuts(lambda url: AIOHTTPWebsocketsTransport(url.replace("http", "ws"), init_payload=AUTHORIZATION))

    async def test_over_http(self) -> None:
        await self.ask_with_cuts(lambda url: AIOHTTPTransport(url, headers=AUTHORIZATION))
