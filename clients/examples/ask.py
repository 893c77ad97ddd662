from troupe_client import TroupeClient


async def ask(url: str, key: str, agent_id: str, person: str, text: str) -> str:
    """Prints the answer as it grows; on a server, with an API key, for one of its people."""
    async with TroupeClient(url, token=key) as troupe:
        async with troupe.conversation(agent_id=agent_id, end_user=person) as conversation:
            shown = 0
            async for answer in conversation.ask(text):
                print(answer.text[shown:], end="", flush=True)
                shown = len(answer.text)
            return answer.text
