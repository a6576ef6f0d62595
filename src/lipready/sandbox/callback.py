"""EvoLink's callback: the task as a query would show it, sent when it has ended."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lipready.sandbox.world import World

ANSWER_SECONDS = 10.0
PAUSES = (1.0, 2.0, 4.0)


async def call_back(world: "World", url: str, content: Mapping[str, Any]) -> None:
    """Post the content, and thrice more while it is not taken with a 2xx; what does not help is logged."""
    import httpx2

    async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        for pause in (*PAUSES, None):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await client.post(url, json=dict(content))
                if answer.is_success:
                    return
            except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
                pass
            if pause is not None:
                await asyncio.sleep(pause)
    world.log(f"the callback of {content['id']} was not taken")
