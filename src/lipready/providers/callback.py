"""The body of a callback, of which nothing is believed but whose task it names.

EvoLink documents no signature: whoever knows the address can post to it that any task has ended, and where its result
video lies. So this gives the id alone. It is asked for at the provider, with the account's own key, and only that
answer counts.
"""

from lipready.errors import AnswerError, UsageError
from lipready.providers.answer import parse_object
from lipready.providers.fields import task_id

LARGEST_BODY = 1 << 20


def parse_callback(body: bytes, *, provider: str = "evolink") -> str:
    """Return the id of the task that a callback names; it may be anybody's, or nobody's.

    Raises AnswerError where the body (at most 1 MiB) is not what EvoLink documents, UsageError for a provider that
    does not call back.
    """
    if provider != "evolink":
        raise UsageError(f"{provider} does not call back: ask for the task instead, with lipready tasks resume.")
    if len(body) > LARGEST_BODY:
        raise AnswerError(f"The callback is longer than {LARGEST_BODY:,} bytes: it does not come from EvoLink.")
    return task_id(parse_object(body, "Whoever sent the callback").get("id"), "id")
