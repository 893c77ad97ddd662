"""A live conversation: its history, its events, and what a person can do in it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from . import generated
from .errors import TroupeError
from .timeline import GapError, Message, Timeline

if TYPE_CHECKING:
    from .client import TroupeClient

# after this time without an event of a run, the client asks what became of it, in seconds
_SILENCE = 3.0


@dataclass(frozen=True)
class ConversationState:
    """What there is to show; a new object for each change."""

    #: None until the first message of a new conversation is taken.
    id: str | None
    #: What the server says about the conversation; None before it is loaded.
    details: generated.ConversationFields | None = None
    #: Oldest first.
    messages: tuple[Message, ...] = ()
    active_run_id: str | None = None
    has_older: bool = False
    connection: Literal["closed", "connecting", "open", "reconnecting"] = "closed"
    error: TroupeError | None = None

    @property
    def is_answering(self) -> bool:
        return self.active_run_id is not None


class Conversation:
    """A conversation that follows its events while it is open: use it with ``async with``."""

    def __init__(
        self,
        client: TroupeClient,
        id: str | None,
        *,
        agent_id: str | None,
        end_user: str | None,
        context: Mapping[str, Any] | None,
        page_size: int,
    ) -> None:
        self._client = client
        self._of_first_message: dict[str, Any] = {"agentId": agent_id}
        self._of_messages: dict[str, Any] = {"endUser": end_user, "context": context}
        self._page_size = page_size
        self._timeline = Timeline()
        self._before: str | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self.state = ConversationState(id)

    async def __aenter__(self) -> Self:
        if self.state.id:
            self._follow(self.state.id)
            try:
                await self._load()
            except TroupeError:
                self._end()
                raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        tasks = self._end()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def states(self) -> AsyncGenerator[ConversationState, None]:
        """The state now, and after each change. A reader that is slow gets the newest one only."""
        shown: ConversationState | None = None
        while True:
            # taken before the state is read, so that no change is missed
            changed = self._changed
            if self.state is not shown:
                shown = self.state
                yield shown
            else:
                await changed.wait()

    async def until(self, condition: Callable[[ConversationState], bool]) -> ConversationState:
        """The first state that fulfils a condition, now or later. Raises an error that ends the conversation."""
        async with aclosing(self.states()) as states:
            async for state in states:
                if condition(state):
                    return state
                if state.error is not None and state.error.fatal:
                    raise state.error
        raise AssertionError("states never end")

    async def ask(self, text: str) -> AsyncGenerator[Message, None]:
        """Sends a message, and gives the answer each time it has grown; the last one is the whole answer."""
        run_id = await self.send(text)
        shown: Message | None = None
        async with aclosing(self.states()) as states:
            async for state in states:
                answer = next((known for known in state.messages if known.role == "ASSISTANT" and known.run_id == run_id), None)
                if answer is not None and answer is not shown and answer.status != "waiting":
                    shown = answer
                    yield answer
                if answer is not None and answer.status in ("complete", "cancelled"):
                    return
                if answer is not None and answer.status == "failed":
                    raise answer.error or TroupeError("failed", "the answer broke off")
                if state.error is not None and state.error.fatal:
                    raise state.error

    async def send(self, text: str, *, key: str | None = None) -> str:
        """Sends a message and returns the id of the run that answers it. With the ``key`` of a failed message, sends that again."""
        key = key or str(uuid.uuid4())
        self._timeline.send(key, text)
        self._show(error=None)
        more = self._of_messages if self.state.id else self._of_messages | self._of_first_message
        input = {name: value for name, value in more.items() if value is not None}
        input |= {"message": text, "clientMessageId": key}
        if self.state.id:
            input["conversationId"] = self.state.id
        try:
            data = cast(generated.SendMessageData, await self._client.execute(generated.SEND_MESSAGE, {"input": input}, repeat=True))
        except TroupeError as error:
            self._timeline.fail(key, error)
            self._show()
            raise
        return self._sent(data["sendMessage"]["run"], key)

    async def stop(self) -> None:
        """Stops the answer that is being written; what is there stays."""
        if self.state.active_run_id:
            await self._client.execute(generated.CANCEL_RUN, {"input": {"runId": self.state.active_run_id}}, repeat=True)

    async def regenerate(self, message_id: str) -> str:
        """Asks for another answer in the place of this one; the first stays among its alternatives."""
        input = {"messageId": message_id, "clientMessageId": str(uuid.uuid4())}
        data = await self._client.execute(generated.REGENERATE_MESSAGE, {"input": input}, repeat=True)
        return self._sent(cast(generated.RegenerateMessageData, data)["regenerateMessage"]["run"])

    async def edit(self, message_id: str, text: str) -> str:
        """Asks another question in the place of this one; the first stays among its alternatives."""
        input = {"messageId": message_id, "message": text, "clientMessageId": str(uuid.uuid4())}
        data = await self._client.execute(generated.EDIT_MESSAGE, {"input": input}, repeat=True)
        return self._sent(cast(generated.EditMessageData, data)["editMessage"]["run"])

    async def select(self, message_id: str) -> None:
        """Shows another version of a message, with what followed it."""
        await self._client.execute(generated.SELECT_ALTERNATIVE, {"input": {"messageId": message_id}}, repeat=True)
        await self._load(replace_all=True)

    async def rate(self, message_id: str, value: Literal["UP", "DOWN"], comment: str | None = None) -> None:
        input = {"messageId": message_id, "value": value, "comment": comment}
        await self._client.execute(generated.RATE_MESSAGE, {"input": input}, repeat=True)
        self._timeline.rate(message_id, value)
        self._show()

    async def load_older(self) -> None:
        """Loads the page of the history before the oldest message, if there is one."""
        if not self.state.has_older:
            return
        page = await self._page(self._before)
        self._before = page["messages"]["pageInfo"]["startCursor"]
        self._timeline.older(page["messages"]["nodes"])
        self._show(has_older=page["messages"]["pageInfo"]["hasPreviousPage"])

    def _sent(self, run: generated.SentRun, key: str | None = None) -> str:
        self._timeline.sent(run, key)
        self._show()
        if self.state.id is None:
            self._show(id=run["conversation"]["id"])
            self._follow(run["conversation"]["id"])
        self._begin(f"check {run['id']}", self._check(run["id"]))
        return run["id"]

    def _follow(self, id: str) -> None:
        self._begin("events", self._read_events(id))

    async def _read_events(self, id: str) -> None:
        self._show(connection="connecting")
        is_again = False

        def opened() -> None:
            nonlocal is_again
            self._show(connection="open", error=None)
            # runs may have come and gone that no cursor leads to
            if is_again and not has_cursor:
                self._begin("load", self._load())
            is_again = True

        while True:
            has_cursor = False
            events = self._client.subscribe(
                generated.CONVERSATION_EVENTS,
                {"conversationId": id},
                on_open=opened,
                on_cut=lambda error: self._show(connection="reconnecting", error=error),
            )
            try:
                async with aclosing(events) as open_events:
                    async for data in open_events:
                        has_cursor = True
                        self._timeline.apply(data["conversationEvents"])
                        self._show()
                self._show(connection="closed")
                return
            except GapError:
                pass
            except TroupeError as error:
                # a cursor that the server does not have any more is given up once
                if error.reason != "bad-input" or not has_cursor:
                    self._show(connection="closed", error=error)
                    return
            self._timeline.restart()
            self._begin("load", self._load())

    async def _load(self, *, replace_all: bool = False) -> None:
        page = await self._page(None)
        info = page["messages"]["pageInfo"]
        if replace_all or self._before is None:
            self._before = info["startCursor"]
        has_older = self.state.has_older if self.state.details and not replace_all else info["hasPreviousPage"]
        self._timeline.latest(page["messages"]["nodes"], replace_all=replace_all)
        self._show(details=page, has_older=has_older)
        if page["activeRun"]:
            self._begin(f"check {page['activeRun']['id']}", self._check(page["activeRun"]["id"]))

    async def _page(self, before: str | None) -> generated.HistoryDataConversation:
        variables = {"conversationId": self.state.id, "last": self._page_size, "before": before}
        data = cast(generated.HistoryData, await self._client.execute(generated.HISTORY, variables, repeat=True))
        if data["conversation"] is None:
            raise TroupeError("not-found", "the conversation does not exist", code="NOT_FOUND")
        return data["conversation"]

    async def _check(self, run_id: str) -> None:
        """Asks for a run whose events do not come: it may have ended just before the stream began."""
        pause = _SILENCE
        while True:
            await asyncio.sleep(pause)
            if not self._timeline.is_silent(run_id):
                return
            run = cast(generated.RunStateData, await self._client.execute(generated.RUN_STATE, {"runId": run_id}, repeat=True))["run"]
            if run is not None and run["status"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                statuses: dict[str, Any] = {"SUCCEEDED": "complete", "FAILED": "failed", "CANCELLED": "cancelled"}
                self._timeline.finish(run_id, run["message"], statuses[run["status"]], cast(Any, run["error"]))
                self._show()
                return
            pause *= 2

    def _begin(self, name: str, work: Any) -> None:
        if name in self._tasks:
            self._tasks[name].cancel()
        task = self._tasks[name] = asyncio.create_task(work)
        task.add_done_callback(lambda done: self._done(name, done))

    def _done(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
        if not task.cancelled() and isinstance(task.exception(), TroupeError):
            self._show(error=task.exception())

    def _end(self) -> list[asyncio.Task[None]]:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        return tasks

    def _show(self, **change: Any) -> None:
        active = next(iter(self._timeline.active_runs), None)
        self.state = replace(self.state, messages=tuple(self._timeline.messages), active_run_id=active, **change)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
