"""The error codes that EvoLink documents, or that its own client knows, for requests, tasks and files.

How EvoLink passes on the codes of DashScope, whose model it sells, is not documented: where one is found, it means what
it means there.
"""

import re

from lipready.providers.codes import RemoteCode, alike, by_status, find_code, says_unmatched, spelt
from lipready.providers.dashscope import codes as dashscope_codes

_REQUEST = "Check the options of the request (addresses, callback, face threshold), and send it again."
_BILL = "Top up the account at EvoLink, or raise the limit of the key, then send the job again."
_FAULT = "The provider has an internal error: send the job again later; failed tasks are refunded."
_BUSY = "The provider is busy: send the job again in some minutes; failed tasks are refunded."
_IMAGE = "Run `lipready.check(…)` on the reference image, repair it with `lipready.prepare(…)`, and send the job again."

_CODES = (
    # The request; the first is the type of every refused one, and the code where there is none.
    alike("no", _REQUEST, "invalid_request_error", "invalid_parameters", rules=("R701", "R703"))
    | alike("no", _REQUEST, "missing_required_params")
    | alike("no", "Check the id of the task: those of EvoLink begin with task-unified-.", "invalid_task_id")
    | alike("no", "This key of idempotency belongs to another job: start the job anew.", "idempotency_conflict")
    | alike("no", "Make the file or the request smaller.", "request_too_large")
    # The account.
    | alike("no", "Check EVOLINK_API_KEY: the key must be whole, and not expired.", "unauthorized")
    | alike("no", "Check at EvoLink that this key may use the model videoretalk.", "model_access_denied")
    | alike("account", _BILL, "insufficient_quota", "insufficient_user_quota", "insufficient_token_quota")
    | alike("account", "The key has used up its day: raise its limit, or wait a day.", "token_daily_quota_exceeded")
    # The load and the faults of the provider.
    | alike("again", "Too many requests at once for this account: try again in a minute.", "rate_limit_exceeded")
    | alike("again", _BUSY, "resource_exhausted", "quota_exceeded")
    | alike("ask", _FAULT, "internal_error", "service_error", "service_unavailable", "unknown_error")
    | alike("ask", _BUSY, "generation_timeout")
    | alike("ask", "The provider does not know yet whether it took the job: ask again.", "paid_outcome_unknown")
    # The files, and what is to be seen in them.
    | alike("no", "The moderation of the provider refused the content: use another.", "content_policy_violation")
    | alike("no", _IMAGE, "image_processing_error", rules=("F001", "F003", "I601", "I602"))
    | alike("no", _IMAGE, "image_dimension_mismatch", rules=("I603", "I604"))
    | alike(
        "once",
        "The provider could not fetch or open the video: check that its address is public, and the file whole.",
        "video_probe_failed",
        rules=("R704", "F001", "V101"),
    )
    | alike("no", "The model made nothing of these files: use other material.", "generation_failed_no_content")
    | alike("no", "The task was cancelled: send the job again if it is still wanted.", "request_cancelled")
    | alike("no", "Check the id of the task, and that every address can still be fetched.", "resource_not_found")
)

CODES = spelt(_CODES, {"invalid_params": "invalid_parameters", "invalid_request": "invalid_request_error"})

# Those of the files and of the request. What DashScope says of accounts and keys would be EvoLink's own.
_UPSTREAM = re.compile(
    r"\b(?:InvalidFile|InvalidURL|InvalidParameter|InvalidPerson|BadRequest|DataInspectionFailed)[.A-Za-z]{0,40}"
)


def explain(code: str, status: int | None = None, message: str = "") -> RemoteCode:
    """Return what a code of EvoLink or DashScope means, an undocumented one by its HTTP `status`.

    Where EvoLink's own says nothing of the cause, a code of DashScope in the `message`, or its words, do.
    """
    if says_unmatched(message):
        return dashscope_codes.FACE_NOT_MATCHED
    own = find_code(CODES, code) or _dashscope(code)
    if own is None or not own.rules:
        own = _dashscope(message) or own
    return own or by_status(code, status)


def _dashscope(text: str) -> RemoteCode | None:
    found = _UPSTREAM.search(text)
    return None if found is None else find_code(dashscope_codes.CODES, found[0].rstrip("."))
