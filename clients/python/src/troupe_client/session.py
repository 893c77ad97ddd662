"""The credential: an API key that stays, or the token of a session that is fetched, renewed and replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .errors import TroupeError

# a token that expires sooner than this is not used any more, in seconds
_MARGIN = 0.5


@dataclass(frozen=True)
class Session:
    """The token of a session of an end user; without an end, the client asks the server."""

    token: str
    expires_at: datetime | None = None
    since: datetime = field(default_factory=lambda: datetime.now(UTC))


GetSession = Callable[[], Awaitable[Session | str]]


class Credential:
    """Gives the token to send now."""

    def __init__(self, token: str | None, get_session: GetSession | None) -> None:
        if (token is None) == (get_session is None):
            raise TroupeError("bad-input", "exactly one of token and get_session is needed")
        self._get_session = get_session
        self._lock = asyncio.Lock()
        self.current = None if token is None else Session(token)

    @property
    def is_session(self) -> bool:
        return self._get_session is not None

    async def token(self) -> str:
        async with self._lock:
            known = self.current
            if known is None or _has_expired(known):
                known = self.current = await self.next()
            return known.token

    async def next(self) -> Session:
        """Fetches a new session without using it."""
        if self._get_session is None:
            raise TroupeError("wrong-key", "an API key is not renewed")
        try:
            found = await self._get_session()
        except TroupeError:
            raise
        except Exception as error:
            raise TroupeError("unavailable", f"get_session failed: {error}") from error
        return Session(found) if isinstance(found, str) else found

    def refuse(self, token: str) -> bool:
        """Forgets a token that was refused. Returns whether another one can be sent instead."""
        if self._get_session is None:
            return False
        if self.current is not None and self.current.token == token:
            self.current = None
        return True


def _has_expired(session: Session) -> bool:
    return session.expires_at is not None and (session.expires_at - datetime.now(UTC)).total_seconds() <= _MARGIN
