"""Conversations against a running server: cuts, renewals, history, stopping, other versions."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import unittest
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support import API_KEY, URL, agent_id, answered, counted, cutting, person, session, stored, word
from troupe_client import Session, TroupeClient

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
import ask as example  # noqa: E402

WORDS = 60
TEXT = counted(WORDS)


class Conversations(unittest.IsolatedAsyncioTestCase):
    async def ask_through(self, words: list[str]) -> None:
        """One question through a proxy that cuts: one message, the exact text, and every text on the way a beginning of it."""
        async with cutting(words) as (url, proxy), person(url=url) as troupe:
            async with troupe.conversation(agent_id=await agent_id()) as conversation:
                shown = ""
                async for answer in conversation.ask(f"count {WORDS}"):
                    self.assertTrue(TEXT.startswith(answer.text), answer.text)
                    self.assertGreaterEqual(len(answer.text), len(shown))
                    shown = answer.text
                self.assertEqual(shown, TEXT)
                self.assertEqual(proxy.cuts, len(words))
                state = conversation.state
                self.assertEqual([message.status for message in state.messages], ["complete", "complete"])
                assert state.id
                self.assertEqual(await stored(state.id), [("USER", f"count {WORDS}"), ("ASSISTANT", TEXT)])

    async def test_a_cut_at_each_of_twenty_places(self) -> None:
        await asyncio.gather(*(self.ask_through([word(1 + n * 3 - n // 19)]) for n in range(20)))

    async def test_the_example_of_the_readme(self) -> None:
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            text = await example.ask(URL, API_KEY, await agent_id(), str(uuid.uuid4()), "count 12")
        self.assertEqual((text, shown.getvalue()), (counted(12), counted(12)))

    async def test_three_cuts_in_one_answer(self) -> None:
        await self.ask_through([word(5), word(20), word(35)])

    async def test_a_session_is_renewed_several_times_in_one_answer(self) -> None:
        tokens: list[str] = []

        async def get_session() -> Session:
            tokens.append((await session("renewed-python")).token)
            # an earlier end than the real one, so that the test need not wait for it
            return Session(tokens[-1], datetime.now(UTC) + timedelta(seconds=0.9))

        async with TroupeClient(URL, get_session=get_session) as troupe:
            async with troupe.conversation(agent_id=await agent_id()) as conversation:
                connections = set()
                async for answer in conversation.ask("count 150"):
                    connections.add(conversation.state.connection)
                self.assertEqual(answer.text, counted(150))
                self.assertGreaterEqual(len(tokens), 3)
                self.assertNotIn("reconnecting", connections)

    async def test_a_conversation_is_continued_with_its_history(self) -> None:
        end_user = str(uuid.uuid4())
        async with person(end_user) as troupe:
            async with troupe.conversation(agent_id=await agent_id()) as conversation:
                for count in (2, 3, 4):
                    async for _ in conversation.ask(f"count {count}"):
                        pass
                id = conversation.state.id
            async with troupe.conversation(id, page_size=2) as again:
                self.assertEqual([message.text for message in again.state.messages], ["count 4", counted(4)])
                self.assertTrue(again.state.has_older)
                await again.load_older()
                await again.load_older()
                self.assertFalse(again.state.has_older)
                texts = [message.text for message in again.state.messages]
                self.assertEqual(texts, ["count 2", counted(2), "count 3", counted(3), "count 4", counted(4)])
            listed = await troupe.conversations()
            self.assertEqual([known["id"] for known in listed["nodes"]], [id])

    async def test_a_second_reader_begins_in_the_middle_of_an_answer(self) -> None:
        async with person() as troupe, troupe.conversation(agent_id=await agent_id()) as first:
            await first.send("count 60")
            await first.until(lambda state: any(message.role == "ASSISTANT" and word(5) in message.text for message in state.messages))
            async with troupe.conversation(first.state.id) as second:
                state = await answered(second)
                self.assertEqual([message.text for message in state.messages], ["count 60", TEXT])

    async def test_an_answer_is_stopped_and_its_text_stays(self) -> None:
        async with person() as troupe, troupe.conversation(agent_id=await agent_id()) as conversation:
            await conversation.send("count 2000")
            await conversation.until(lambda state: any(message.status == "streaming" for message in state.messages))
            await conversation.stop()
            state = await answered(conversation)
            answer = state.messages[-1]
            self.assertEqual(answer.status, "cancelled")
            self.assertTrue(answer.text and counted(2000).startswith(answer.text))
            assert state.id
            self.assertEqual(await stored(state.id), [("USER", "count 2000"), ("ASSISTANT", answer.text)])

    async def test_an_answer_is_regenerated_rated_and_selected_again(self) -> None:
        async with person() as troupe, troupe.conversation(agent_id=await agent_id()) as conversation:
            async for first in conversation.ask("count 5"):
                pass
            assert first.id
            await conversation.rate(first.id, "UP")
            self.assertEqual(conversation.state.messages[-1].rating, "UP")
            await conversation.regenerate(first.id)
            state = await conversation.until(
                lambda state: len(state.messages) == 2 and state.messages[-1].id not in (None, first.id) and not state.is_answering
            )
            self.assertIn(first.id, state.messages[-1].alternatives)
            await conversation.select(first.id)
            self.assertEqual(conversation.state.messages[-1].id, first.id)

    async def test_a_question_is_edited(self) -> None:
        async with person() as troupe, troupe.conversation(agent_id=await agent_id()) as conversation:
            async for _ in conversation.ask("count 5"):
                pass
            question = conversation.state.messages[0]
            assert question.id
            await conversation.edit(question.id, "count 6")
            state = await conversation.until(lambda state: bool(state.messages) and state.messages[-1].text == counted(6) and not state.is_answering)
            self.assertEqual([message.text for message in state.messages], ["count 6", counted(6)])
