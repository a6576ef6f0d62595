"""How requests travel: flows, threads and asyncio, bounds, retries."""
