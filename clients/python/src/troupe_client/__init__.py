"""Conversations with Troupe's agents, for asyncio."""

from .client import TroupeClient
from .conversation import Conversation, ConversationState
from .errors import Reason, TroupeError
from .session import GetSession, Session
from .timeline import Message, Part

__all__ = ["Conversation", "ConversationState", "GetSession", "Message", "Part", "Reason", "Session", "TroupeClient", "TroupeError"]
