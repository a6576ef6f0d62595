"""HTTP transport: flows for threads and asyncio, bounded answers, retries."""
