"""The messages of a conversation, merged from its history and its events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from . import generated
from .errors import TroupeError

Status = Literal["sending", "waiting", "streaming", "complete", "cancelled", "failed"]


@dataclass(frozen=True)
class Part:
    """A part of a message, in order. ``offset`` is its place in the text, in code points."""

    type: Literal["text", "reasoning", "tool", "source"]
    text: str = ""
    offset: int | None = None
    tool_call: generated.ToolCallFields | None = None
    passage: generated.PassageFields | None = None


@dataclass(frozen=True)
class Message:
    """A message: stored, being written, or being sent.

    ``sending`` and ``failed`` are messages that the server has not taken; ``waiting`` is an answer of which nothing has come.
    """

    #: Stays the same from the first moment of a message to its stored form.
    key: str
    role: Literal["USER", "ASSISTANT"]
    status: Status
    id: str | None = None
    #: Markdown.
    text: str = ""
    parts: tuple[Part, ...] = ()
    citations: tuple[generated.CitationFields, ...] = ()
    error: TroupeError | None = None
    finish_reason: generated.FinishReason | None = None
    agent: str | None = None
    rating: Literal["UP", "DOWN"] | None = None
    #: The ids of the other versions of this message.
    alternatives: tuple[str, ...] = ()
    run_id: str | None = None


@dataclass
class _Run:
    sequence: int = 0
    question: str | None = None
    is_finished: bool = False
    text: str = ""
    # what stands between the pieces of text: the length of the text before it, and the part
    inserts: list[tuple[int, Part]] = field(default_factory=list)


class GapError(Exception):
    """Text whose beginning is missing: the events have to be read from the start of the run again."""


class Timeline:
    """Keeps the messages; each is replaced as a whole, never changed."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._runs: dict[str, _Run] = {}

    @property
    def active_runs(self) -> list[str]:
        """The runs that are being answered or wait for their turn, in order."""
        return [id for id, run in self._runs.items() if not run.is_finished]

    def is_silent(self, run_id: str) -> bool:
        """Whether no event of this run has come."""
        run = self._runs.get(run_id)
        return run is None or (run.sequence == 0 and not run.is_finished)

    def restart(self) -> None:
        """Forgets what was read of the runs that go on."""
        self._runs = {id: run for id, run in self._runs.items() if run.is_finished}

    def apply(self, event: generated.RunEventFields) -> None:
        run_id = event["runId"]
        run = self._runs.setdefault(run_id, _Run())
        if event["sequence"] <= run.sequence:
            return
        run.sequence = event["sequence"]
        match event["__typename"]:
            case "MessageAdded":
                self._ask(run_id, event["message"])
            case "RunStarted":
                run.question = event["run"]["userMessage"]["id"]
                run.text, run.inserts = "", []
                self._write(run_id, run, "waiting")
            case "TokenDelta":
                if event["offset"] > len(run.text):
                    raise GapError(f"text of {run_id} before {event['offset']} is missing")
                run.text = run.text[: event["offset"]] + event["text"]
                self._write(run_id, run, "streaming")
            case "ReasoningDelta":
                _add_reasoning(run, event["text"])
                self._write(run_id, run, "streaming")
            case "ToolCallUpdated":
                _add_tool_call(run, event["toolCall"])
                self._write(run_id, run, "streaming")
            case "AgentSelected":
                self._edit(run_id, agent=event["route"]["agent"]["name"])
            case "HandedOff":
                to = event["handoff"]["to"]
                self._edit(run_id, agent=to["name"] if to else None)
            case "RunSucceeded":
                self.finish(run_id, event["message"], "complete")
            case "RunFailed":
                self.finish(run_id, event["partial"], "failed", event["error"])
            case "RunCancelled":
                self.finish(run_id, event["partial"], "cancelled")
            case _:
                pass

    def send(self, key: str, text: str) -> None:
        message = Message(key, "USER", "sending", text=text, parts=(Part("text", text, 0),))
        self._put(message)

    def fail(self, key: str, error: TroupeError) -> None:
        self.messages = [replace(known, status="failed", error=error) if known.key == key and known.id is None else known for known in self.messages]

    def sent(self, run: generated.SentRun, key: str | None = None) -> None:
        self._ask(run["id"], run["userMessage"], key)
        known = self._runs[run["id"]]
        if not known.is_finished and self._answer(run["id"]) is None:
            self._write(run["id"], known, "waiting")

    def finish(
        self, run_id: str, message: generated.MessageFields | None, status: Status, error: generated.RunEventFieldsRunFailedError | None = None
    ) -> None:
        run = self._runs.setdefault(run_id, _Run())
        if run.is_finished:
            return
        run.is_finished = True
        shown = self._answer(run_id) or _awaited(run_id)
        answer = replace(stored(message), key=shown.key, run_id=run_id) if message else shown
        problem = TroupeError.from_graphql([{"message": error["message"], "extensions": {"code": error["code"]}}]) if error else None
        self._put(replace(answer, status=status, error=problem))

    def latest(self, page: list[generated.MessageFields], *, replace_all: bool = False) -> None:
        """Adds the newest page of the history. With ``replace_all``, messages that it does not have are gone."""
        fresh = [self._merge(message) for message in page]
        ids = {message["id"] for message in page}
        keys = {message.key for message in fresh}
        known = self.messages
        first = next((at for at, message in enumerate(known) if message.id in ids), -1)
        older = [] if replace_all or first < 0 else known[:first]
        self.messages = [*older, *fresh]
        for at, message in enumerate(known):
            if message.key not in keys and (message.id is None or (not replace_all and at > first and message not in older)):
                self._put(message)

    def older(self, page: list[generated.MessageFields]) -> None:
        known = {message.id for message in self.messages}
        self.messages = [*(stored(message) for message in page if message["id"] not in known), *self.messages]

    def rate(self, id: str, value: Literal["UP", "DOWN"] | None) -> None:
        self.messages = [replace(known, rating=value) if known.id == id else known for known in self.messages]

    def _ask(self, run_id: str, message: generated.MessageFields, key: str | None = None) -> None:
        self._runs.setdefault(run_id, _Run()).question = message["id"]
        fresh = stored(message)
        at = self._sent_as(fresh, key)
        if at is not None:
            own = replace(fresh, key=self.messages[at].key)
            self.messages[at] = own
            self.messages = [other for other in self.messages if other is own or other.id != own.id]
            return
        replaced = next((at for at, known in enumerate(self.messages) if known.id in fresh.alternatives), None)
        if replaced is not None:
            self.messages = self.messages[:replaced] + [known for known in self.messages[replaced:] if _is_local(known)]
        self._put(fresh)

    def _sent_as(self, fresh: Message, key: str | None) -> int | None:
        """The place of a message that the server has taken.

        Its event can come before the answer to ``sendMessage``: then the first one on its way with the same text is meant.
        """
        by_text = None
        by_id = None
        for at, known in enumerate(self.messages):
            if key is not None and known.key == key:
                return at
            if known.id == fresh.id:
                by_id = at
            elif by_text is None and known.id is None and known.status == "sending" and known.text == fresh.text:
                by_text = at
        return by_text if by_id is None else by_id

    def _write(self, run_id: str, run: _Run, status: Status) -> None:
        message = self._answer(run_id) or _awaited(run_id)
        self._put(replace(message, text=run.text, parts=_parts(run), status=status))

    def _edit(self, run_id: str, agent: str | None) -> None:
        message = self._answer(run_id)
        if message is not None:
            self._put(replace(message, agent=agent))

    def _answer(self, run_id: str) -> Message | None:
        return next((known for known in self.messages if known.role == "ASSISTANT" and known.run_id == run_id), None)

    def _merge(self, message: generated.MessageFields) -> Message:
        """A message of the history, unless what is known is newer."""
        fresh = stored(message)
        shown = next((known for known in self.messages if known.id == fresh.id or known.key == fresh.key), None)
        if shown is None:
            return fresh
        run = self._runs.get(fresh.run_id) if fresh.role == "ASSISTANT" and fresh.run_id else None
        if run is not None and not run.is_finished:
            return shown
        return replace(fresh, key=shown.key, error=shown.error, status=shown.status if shown.id else fresh.status)

    def _put(self, message: Message) -> None:
        """Puts a message in its place.

        The answer of a run follows the message that it answers. If another answer stands there, the new one was asked for
        in its place, and what followed it belongs to another branch.
        """
        for at, known in enumerate(self.messages):
            if known.key == message.key:
                self.messages[at] = message
                return
        run = self._runs.get(message.run_id) if message.role == "ASSISTANT" and message.run_id else None
        question = next((at for at, known in enumerate(self.messages) if run and run.question and known.id == run.question), None)
        if question is None:
            self.messages.append(message)
            return
        after = self.messages[question + 1 :]
        if after and after[0].role == "ASSISTANT":
            after = [known for known in after if _is_local(known)]
        self.messages = [*self.messages[: question + 1], message, *after]


def stored(message: generated.MessageFields) -> Message:
    """A message as the server stores it."""
    run_id = message["run"]["id"] if message["run"] else None
    statuses: dict[Any, Status] = {"CANCELLED": "cancelled", "ERROR": "failed"}
    return Message(
        key=f"answer-{run_id}" if message["role"] == "ASSISTANT" and run_id else message["id"],
        role=message["role"],
        status=statuses.get(message["finishReason"], "complete"),
        id=message["id"],
        text=message["text"],
        parts=tuple(_part(part) for part in message["parts"]),
        citations=tuple(message["citations"]),
        finish_reason=message["finishReason"],
        agent=message["agent"]["name"] if message["agent"] else None,
        rating=message["rating"]["value"] if message["rating"] else None,
        alternatives=tuple(other["id"] for other in message["alternatives"] if other["id"] != message["id"]),
        run_id=run_id,
    )


def _awaited(run_id: str) -> Message:
    return Message(f"answer-{run_id}", "ASSISTANT", "waiting", run_id=run_id)


def _is_local(message: Message) -> bool:
    """Whether only this client knows the message yet."""
    return message.id is None and message.role == "USER"


def _part(part: generated.MessageFieldsParts) -> Part:
    match part["__typename"]:
        case "TextPart":
            return Part("text", part["text"], part["offset"])
        case "ReasoningPart":
            return Part("reasoning", part["text"])
        case "ToolCallPart":
            return Part("tool", offset=part["offset"], tool_call=part["toolCall"])
        case "SourcePart":
            return Part("source", offset=part["offset"], passage=part["passage"])


def _add_reasoning(run: _Run, text: str) -> None:
    if run.inserts and run.inserts[-1][0] == len(run.text) and run.inserts[-1][1].type == "reasoning":
        text = run.inserts.pop()[1].text + text
    run.inserts.append((len(run.text), Part("reasoning", text)))


def _add_tool_call(run: _Run, call: generated.ToolCallFields) -> None:
    for index, (at, part) in enumerate(run.inserts):
        if part.tool_call is not None and part.tool_call["id"] == call["id"]:
            run.inserts[index] = (at, replace(part, tool_call=call))
            return
    run.inserts.append((len(run.text), Part("tool", offset=len(run.text), tool_call=call)))


def _parts(run: _Run) -> tuple[Part, ...]:
    parts: list[Part] = []
    offset = 0
    for at, part in [*run.inserts, (len(run.text), None)]:
        if at > offset:
            parts.append(Part("text", run.text[offset:at], offset))
            offset = at
        if part is not None:
            parts.append(part)
    return tuple(parts)
