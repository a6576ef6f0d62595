"""The error codes that EvoLink documents, or that its own client knows, for requests, tasks and files.

How EvoLink passes on the codes of DashScope, whose model it sells, is not documented: where one is found, it means what
it means there.
"""

import re

from lipready.providers.codes import Codes, RemoteCode, by_status, says_unmatched
from lipready.providers.dashscope import codes as dashscope_codes

_REQUEST = "Check the options of the request (addresses, callback, face threshold), and send it again."
_KEY = "Check EVOLINK_API_KEY: the key must be whole, and not expired."
_BILL = "Top up the account at EvoLink, or raise the limit of the key, then send the job again."
_FAULT = "The provider has an internal error: send the job again later; failed tasks are refunded."
_BUSY = "The provider is busy: send the job again in some minutes; failed tasks are refunded."
_IMAGE = "Run lipready check on the reference image, repair it with lipready prepare, and send the job again."

_CODES = (
    # The request.
    # The type of every refused request, and the code where there is none.
    RemoteCode("invalid_request_error", "no", _REQUEST, ("R701", "R703")),
    RemoteCode("missing_required_params", "no", _REQUEST),
    RemoteCode("invalid_parameters", "no", _REQUEST, ("R701", "R703")),
    RemoteCode("invalid_task_id", "no", "Check the id of the task: those of EvoLink begin with task-unified-."),
    RemoteCode("idempotency_conflict", "no", "This key of idempotency belongs to another job: start the job anew."),
    RemoteCode("request_too_large", "no", "Make the file or the request smaller."),
    # The account.
    RemoteCode("unauthorized", "no", _KEY),
    RemoteCode("model_access_denied", "no", "Check at EvoLink that this key may use the model videoretalk."),
    RemoteCode("insufficient_quota", "account", _BILL),
    RemoteCode("insufficient_user_quota", "account", _BILL),
    RemoteCode("insufficient_token_quota", "account", _BILL),
    RemoteCode("token_daily_quota_exceeded", "account", "The key has used up its day: raise its limit, or wait a day."),
    # The load and the faults of the provider.
    RemoteCode("rate_limit_exceeded", "again", "Too many requests at once for this account: try again in a minute."),
    RemoteCode("resource_exhausted", "again", _BUSY),
    RemoteCode("quota_exceeded", "again", _BUSY),
    RemoteCode("internal_error", "ask", _FAULT),
    RemoteCode("service_error", "ask", _FAULT),
    RemoteCode("service_unavailable", "ask", _FAULT),
    RemoteCode("generation_timeout", "ask", _BUSY),
    RemoteCode("unknown_error", "ask", _FAULT),
    RemoteCode("paid_outcome_unknown", "ask", "The provider does not know yet whether it took the job: ask again."),
    # The files, and what is to be seen in them.
    RemoteCode("content_policy_violation", "no", "The moderation of the provider refused the content: use another."),
    RemoteCode("image_processing_error", "no", _IMAGE, ("F001", "F003", "I601", "I602")),
    RemoteCode("image_dimension_mismatch", "no", _IMAGE, ("I603", "I604")),
    RemoteCode(
        "video_probe_failed",
        "once",
        "The provider could not fetch or open the video: check that its address is public, and the file whole.",
        ("R704", "F001", "V101"),
    ),
    RemoteCode("generation_failed_no_content", "no", "The model made nothing of these files: use other material."),
    RemoteCode("request_cancelled", "no", "The task was cancelled: send the job again if it is still wanted."),
    RemoteCode("resource_not_found", "no", "Check the id of the task, and that every address can still be fetched."),
)

CODES = Codes.of(_CODES, {"invalid_params": "invalid_parameters", "invalid_request": "invalid_request_error"})

# Those of the files and of the request. What DashScope says of accounts and keys would be EvoLink's own.
_UPSTREAM = re.compile(
    r"\b(?:InvalidFile|InvalidURL|InvalidParameter|InvalidPerson|BadRequest|DataInspectionFailed)[.A-Za-z]{0,40}"
)


def explain(code: str, status: int | None = None, message: str = "") -> RemoteCode:
    """Return what a code of EvoLink or DashScope means; one that neither documents by the HTTP `status` it came with.

    Where EvoLink's own code says nothing of the cause, a code of DashScope that stands in the `message` does. A face
    that was not matched is told by the message, under whatever code.
    """
    if says_unmatched(message):
        return dashscope_codes.FACE_NOT_MATCHED
    own = CODES.find(code) or _dashscope(code)
    if own is None or not own.rules:
        own = _dashscope(message) or own
    return own or by_status(code, status)


def _dashscope(text: str) -> RemoteCode | None:
    found = _UPSTREAM.search(text)
    return None if found is None else dashscope_codes.CODES.find(found[0].rstrip("."))
