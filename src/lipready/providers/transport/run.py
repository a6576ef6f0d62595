"""A flow, carried out with an account's key."""

from lipready.providers.account import Account
from lipready.providers.transport.asynchronous import AsyncTransport
from lipready.providers.transport.blocking import Transport
from lipready.providers.transport.drive import drive, drive_async
from lipready.providers.transport.wire import Flow, T


def run(account: Account, flow: Flow[T]) -> T:
    """Carry out a flow in this thread."""
    with Transport(account.key, account.origins) as transport:
        return drive(flow, transport)


async def run_async(account: Account, flow: Flow[T]) -> T:
    """Carry out a flow on asyncio; what blocks goes to a thread."""
    async with AsyncTransport(account.key, account.origins) as transport:
        return await drive_async(flow, transport)
