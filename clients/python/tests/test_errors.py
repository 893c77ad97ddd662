"""Errors: the reason is there at the first refusal, and what cannot succeed is not repeated."""

from __future__ import annotations

import asyncio
import unittest

from support import API_KEY, URL, admin, agent_id, person, post, session
from troupe_client import ConversationState, Reason, Session, TroupeClient, TroupeError


async def begun(end_user: str) -> str:
    """A conversation of a person, which exists."""
    query = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { conversation { id } } } }"
    input = {"message": "count 2", "agentId": await agent_id(), "endUser": end_user, "clientMessageId": f"begin-{end_user}"}
    data = await admin(query, input=input)
    return str(data["sendMessage"]["run"]["conversation"]["id"])


class Errors(unittest.IsolatedAsyncioTestCase):
    async def assert_shown(self, troupe: TroupeClient, id: str, reason: Reason, text: str) -> None:
        connections: list[str] = []

        def is_over(state: ConversationState) -> bool:
            connections.append(state.connection)
            return False

        with self.assertRaisesRegex(TroupeError, text) as raised:
            async with troupe, troupe.conversation(id) as conversation:
                await conversation.until(is_over)
        self.assertEqual((raised.exception.reason, raised.exception.fatal), (reason, True))
        self.assertNotIn("reconnecting", connections)

    async def test_a_wrong_key(self) -> None:
        await self.assert_shown(TroupeClient(URL, token="troupe_wrong"), await begun("wrong-key"), "wrong-key", "API key is unknown")

    async def test_a_session_that_was_renewed_elsewhere(self) -> None:
        id = await begun("renewed-elsewhere")
        old, new = await session("renewed-elsewhere"), await session("renewed-elsewhere")
        await post(old.token, f'mutation {{ renewSession(input: {{token: "{new.token}"}}) {{ session {{ id }} }} }}')

        async def get_session() -> Session:
            return old

        await self.assert_shown(TroupeClient(URL, get_session=get_session), id, "session-revoked", "was renewed")

    async def test_a_session_that_is_revoked_in_the_middle_of_a_stream(self) -> None:
        id = await begun("revoked")
        async with person("revoked") as troupe, troupe.conversation(id) as conversation:
            await conversation.until(lambda state: state.connection == "open")
            await admin('mutation { revokeSessions(input: {endUser: "revoked"}) { revoked } }')
            with self.assertRaisesRegex(TroupeError, "revoked") as raised:
                await conversation.until(lambda state: False)
            self.assertEqual(raised.exception.reason, "session-revoked")

    async def test_a_page_of_another_origin(self) -> None:
        troupe = TroupeClient(URL, token=API_KEY, headers={"origin": "https://evil.example"})
        await self.assert_shown(troupe, await begun("origin"), "forbidden-origin", "does not allow pages of the origin")

    async def test_a_conversation_of_another_person(self) -> None:
        await self.assert_shown(person("someone"), await begun("someone-else"), "not-found", "no such conversation|does not exist")

    async def test_an_operation_that_is_too_complex(self) -> None:
        async with TroupeClient(URL, token=API_KEY) as troupe:
            with self.assertRaises(TroupeError) as raised:
                await troupe.execute("{ conversations(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }", repeat=True)
        self.assertEqual(raised.exception.reason, "too-complex")
        self.assertGreater(raised.exception.extensions["cost"], raised.exception.extensions["limit"])

    async def test_a_message_over_the_rate(self) -> None:
        async with person(messagesPerMinute=1) as troupe, troupe.conversation(agent_id=await agent_id()) as conversation:
            await conversation.send("count 2")
            with self.assertRaises(TroupeError) as raised:
                await conversation.send("count 3")
            self.assertEqual(raised.exception.reason, "rate-limited")
            assert raised.exception.retry_after
            self.assertTrue(0 < raised.exception.retry_after <= 60)
            self.assertIn("failed", [message.status for message in conversation.state.messages])

    async def test_a_server_that_is_not_there_is_tried_again(self) -> None:
        async with TroupeClient("http://127.0.0.1:9/graphql", token="k") as troupe:
            cuts: asyncio.Queue[TroupeError] = asyncio.Queue()
            events = troupe.subscribe("subscription { agentChanged { id } }", on_cut=cuts.put_nowait)
            reading = asyncio.ensure_future(anext(events))
            self.assertEqual((await cuts.get()).reason, "network")
            await cuts.get()
            reading.cancel()

    def test_a_client_needs_exactly_one_credential(self) -> None:
        with self.assertRaisesRegex(TroupeError, "exactly one"):
            TroupeClient(URL)
