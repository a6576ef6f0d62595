"""The error codes that DashScope documents for VideoRetalk, its tasks and its temporary storage.

Read from the VideoRetalk page and from https://help.aliyun.com/zh/dashscope/return-status-code-description. "again"
is given only to codes that say that nothing was taken; a fault of the server leaves that open, hence "ask".
"""

from lipready.providers.codes import RemoteCode, alike, by_status, find_code, says_unmatched, spelt

_INPUT = (
    "Run `lipready.check(…)` on the files, repair what it finds with `lipready.prepare(…)`, and send the job again."
)
_MOVE = "Put the file where the provider can fetch it within 60 s, in China at best, and send the job again."
_KEY = "Check DASHSCOPE_API_KEY: the key must be whole, not revoked, and of the region of the address (Beijing)."
_RIGHTS = "Check in the console of Model Studio that this key and its workspace may use videoretalk."
_BILL = "Settle or top up the account in the console of Alibaba Cloud, then send the job again."
_QUOTA = "The quota is used up: raise or buy it in the console of Model Studio; waiting a little does not help."
_BUSY = "Too many requests at once for this account: try again in a minute."
_FAULT = "The provider has an internal error: try again later."
_CONTENT = "The moderation of the provider refused the content: use other material."
_REQUEST = "Check the options of the request (addresses, face threshold), and send it again."
_FACE = "Use another picture of the person: one face, frontal, whole, sharp and well lit."

FACE_NOT_MATCHED = RemoteCode(
    "InvalidFile.FaceNotMatch",
    "no",
    "Take the reference image from the video itself: `lipready.reference(…)` does.",
    ("P307",),
)
"""Nobody in the video matched the reference image. Whether a lower face threshold may help depends on the request."""

_CODES = (
    # The files.
    alike("no", _INPUT, "InvalidFile")
    | alike("no", _INPUT, "InvalidFile.Size", rules=("V106", "A403", "I602"))
    | alike("no", _INPUT, "InvalidFile.Format", rules=("F003", "V101", "V102", "A401", "I601"))
    | alike("no", _INPUT, "InvalidFile.Resolution", rules=("V103",))
    | alike("no", _INPUT, "InvalidFile.FPS", rules=("V104",))
    | alike("no", _INPUT, "InvalidFile.Duration", rules=("V105", "A402"))
    | alike("no", _INPUT, "InvalidFile.ImageSize", rules=("I603", "I604"))
    | alike("no", _INPUT, "InvalidFile.AspectRatio", rules=("I603",))
    | alike("no", _INPUT, "InvalidFile.Openerror", rules=("F001", "F002"))
    # What is to be seen in the reference image.
    | alike(
        "no",
        "Give a reference image that shows exactly one person: `lipready.reference(…)` makes one from the video.",
        "InvalidFile.Content",
        rules=("I605",),
    )
    | {FACE_NOT_MATCHED.code: FACE_NOT_MATCHED}
    | alike("no", _FACE, "InvalidFile.NoHuman", "InvalidFile.MultiHuman", "InvalidPerson", rules=("I605",))
    | alike("no", _FACE, "InvalidFile.FullFace", "InvalidFile.Value", rules=("I607",))
    | alike("no", _FACE, "InvalidFile.FacePose", rules=("I606",))
    # The way to them.
    | alike("no", _MOVE, "InvalidURL", "InvalidURL.ConnectionRefused", rules=("R704",))
    | alike("once", _MOVE, "InvalidURL.Timeout", "InvalidFile.DownloadFailed", rules=("R704",))
    | alike("once", _MOVE, "BadRequest.InputDownloadFailed", "InvalidParameter.DataInspection", rules=("R704",))
    # The request.
    | alike("no", _REQUEST, "InvalidParameter", rules=("R701",))
    | alike("no", _REQUEST, "BadRequest", "BadRequest.EmptyInput", "BadRequest.EmptyModel")
    | alike("no", _REQUEST, "BadRequest.EmptyParameters", "BadRequest.IllegalInput")
    | alike("no", "The request itself is too large: use shorter addresses.", "BadRequest.TooLarge")
    | alike("no", "Only a task that still waits can be cancelled; this one goes on.", "UnsupportedOperation")
    | alike("no", _CONTENT, "DataInspectionFailed", "IPInfringementSuspect", "CustomRoleBlocked")
    # The account.
    | alike("account", _BILL, "Arrearage", "isv.OUT_OF_SERVICE", "CommodityNotPurchased")
    | alike("account", _BILL, "PrepaidBillOverdue", "PostpaidBillOverdue")
    | alike("account", _QUOTA, "AllocationQuota", "Throttling.AllocationQuota")
    | alike(
        "account",
        "The free quota is used up: switch off “free tier only” in the console of Model Studio to pay for the job.",
        "AllocationQuota.FreeTierOnly",
    )
    | alike("no", _KEY, "InvalidApiKey", "NOT AUTHORIZED")
    | alike("no", _RIGHTS, "AccessDenied", "AccessDenied.Unpurchased", "Model.AccessDenied", "Workspace.AccessDenied")
    | alike("no", _RIGHTS, "Endpoint.AccessDenied", "ModelNotFound", "WorkSpaceNotFound")
    | alike("no", "Check DASHSCOPE_HTTP_BASE_URL and the id; tasks are forgotten after a day.", "NotFound")
    # The load and the faults of the provider.
    | alike("again", _BUSY, "Throttling", "Throttling.RateQuota", "Throttling.BurstRate", "Throttling.Concurrency")
    | alike("ask", _FAULT, "RequestTimeOut", "InternalError", "InternalError.Algo", "InternalError.Upload")
    | alike("ask", _FAULT, "InternalError.FileUpload", "SystemError", "ModelServiceFailed", "ServiceUnavailable")
    | alike("ask", _FAULT, "ModelUnavailable")
    | alike(
        "ask",
        "The provider gave the task up after 3 hours: send the job again, with a shorter video if it happens twice.",
        "InternalError.Timeout",
    )
)

CODES = spelt(
    _CODES,
    {
        # The VideoRetalk page spells it so; every newer page has the t.
        "InvalidFile.FaceNotMach": "InvalidFile.FaceNotMatch",
        # The spellings of the service's other face, which is compatible with OpenAI's.
        "data_inspection_failed": "DataInspectionFailed",
        "insufficient_quota": "Throttling.AllocationQuota",
        "invalid_api_key": "InvalidApiKey",
        "invalid_parameter_error": "InvalidParameter",
        "LimitRequests": "Throttling.RateQuota",
        "model_not_found": "ModelNotFound",
    },
)


def explain(code: str, status: int | None = None, message: str = "") -> RemoteCode:
    """Return what a code of DashScope means, an undocumented one by its HTTP `status`, no matched face by `message`."""
    if says_unmatched(message):
        return FACE_NOT_MATCHED
    return find_code(CODES, code) or by_status(code, status)
