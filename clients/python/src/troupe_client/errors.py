"""One exception for everything that can go wrong, with a reason to branch on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Reason = Literal[
    "wrong-key",
    "session-expired",
    "session-revoked",
    "forbidden-origin",
    "forbidden",
    "not-found",
    "bad-input",
    "conflict",
    "too-complex",
    "rate-limited",
    "quota-exceeded",
    "unavailable",
    "network",
    "failed",
]

# after any other reason, repeating the same request is useless
_TRANSIENT: frozenset[Reason] = frozenset({"session-expired", "rate-limited", "unavailable", "network", "failed"})

_BY_CODE: Mapping[str, Reason] = {
    "FORBIDDEN": "forbidden",
    "NOT_FOUND": "not-found",
    "BAD_USER_INPUT": "bad-input",
    "GRAPHQL_PARSE_FAILED": "bad-input",
    "GRAPHQL_VALIDATION_FAILED": "bad-input",
    "CONFLICT": "conflict",
    "TOO_COMPLEX": "too-complex",
    "RATE_LIMITED": "rate-limited",
    "QUOTA_EXCEEDED": "quota-exceeded",
    "UNAVAILABLE": "unavailable",
    "TIMEOUT": "unavailable",
}


class TroupeError(Exception):
    """Why a request, a stream or a message failed."""

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        #: ``extensions.code`` of the server's error; None for errors of the connection.
        self.code = code
        #: After this time, in seconds, a repetition may succeed.
        self.retry_after = retry_after
        #: What else the server says, for example the cost of an operation that is too complex.
        self.extensions = dict(extensions or {})
        self._is_final = False

    @property
    def fatal(self) -> bool:
        """Whether repeating the request is useless."""
        return self._is_final or self.reason not in _TRANSIENT

    def as_fatal(self) -> TroupeError:
        """The same error when nothing is left to try."""
        self._is_final = True
        return self

    @classmethod
    def from_graphql(cls, errors: Sequence[Mapping[str, Any]], retry_after: str | None = None) -> TroupeError:
        first = errors[0] if errors else {}
        extensions = first.get("extensions") or {}
        code, message = extensions.get("code"), str(first.get("message", "the server reports an error without a message"))
        seconds = extensions.get("retryAfterSeconds", retry_after)
        return cls(
            _reason_of(code, message),
            message,
            code=code,
            retry_after=None if seconds is None else float(seconds),
            extensions=extensions,
        )


def _reason_of(code: str | None, message: str) -> Reason:
    if code == "UNAUTHENTICATED":
        return _credential_reason(message)
    # the server tells origins apart by its sentence only
    if code == "FORBIDDEN" and re.search(r"\borigin\b", message):
        return "forbidden-origin"
    return _BY_CODE.get(code or "", "failed")


def _credential_reason(message: str) -> Reason:
    # the sentences about sessions and tokens name them first; the one about API keys names all its causes at once
    if re.search(r"\b(session|token)\b.*\bexpired\b", message):
        return "session-expired"
    if re.search(r"\b(session|token)\b.*\b(revoked|renewed)\b", message):
        return "session-revoked"
    return "wrong-key"
