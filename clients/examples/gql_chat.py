"""The streams of PyPI ``gql``: one function for each of its transports."""

import asyncio

from gql import Client, gql
from gql.transport.exceptions import TransportClosed, TransportConnectionFailed

CHAT = gql("""subscription Chat($input: ChatInput!, $after: String) {
  chat(input: $input, after: $after) { __typename cursor ... on TokenDelta { text offset } ... on RunFailed { error { message } } }
}""")


async def ask(transport, input, show):
    """``transport()`` makes a transport, for example WebsocketsTransport(url=…, init_payload={"authorization": "Bearer …"})."""
    text, after = "", None
    while True:
        try:
            async with Client(transport=transport()) as session:
                async for data in session.subscribe(CHAT, variable_values={"input": input, "after": after}):
                    event, after = data["chat"], data["chat"]["cursor"]
                    if event["__typename"] == "RunStarted":
                        text = ""
                    elif event["__typename"] == "TokenDelta":
                        show(text := text[: event["offset"]] + event["text"])
                    elif event["__typename"] in ("RunSucceeded", "RunFailed", "RunCancelled"):
                        return text
        except (TransportClosed, TransportConnectionFailed, OSError):  # a cut; anything else is final
            await asyncio.sleep(0.3)
