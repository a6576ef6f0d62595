"""The error codes that DashScope documents for VideoRetalk, its tasks and its temporary storage.

Read from the VideoRetalk page and from https://help.aliyun.com/zh/dashscope/return-status-code-description. "again"
is given only to codes that say that nothing was taken; a fault of the server leaves that open, hence "ask".
"""

from lipready.providers.codes import Codes, RemoteCode, by_status, says_unmatched

_INPUT = "Run lipready check on the files, repair what it finds with lipready prepare, and send the job again."
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
    "Take the reference image from the video itself: lipready reference does.",
    ("P307",),
)
"""Nobody in the video matched the reference image. Whether a lower face threshold may help depends on the request."""

_CODES = (
    # The files.
    RemoteCode("InvalidFile", "no", _INPUT),
    RemoteCode("InvalidFile.Size", "no", _INPUT, ("V106", "A403", "I602")),
    RemoteCode("InvalidFile.Format", "no", _INPUT, ("F003", "V101", "V102", "A401", "I601")),
    RemoteCode("InvalidFile.Resolution", "no", _INPUT, ("V103",)),
    RemoteCode("InvalidFile.FPS", "no", _INPUT, ("V104",)),
    RemoteCode("InvalidFile.Duration", "no", _INPUT, ("V105", "A402")),
    RemoteCode("InvalidFile.ImageSize", "no", _INPUT, ("I603", "I604")),
    RemoteCode("InvalidFile.AspectRatio", "no", _INPUT, ("I603",)),
    RemoteCode("InvalidFile.Openerror", "no", _INPUT, ("F001", "F002")),
    RemoteCode("InvalidFile.Value", "no", _FACE, ("I607",)),
    # What is to be seen in the reference image.
    RemoteCode(
        "InvalidFile.Content",
        "no",
        "Give a reference image that shows exactly one person: lipready reference makes one from the video.",
        ("I605",),
    ),
    FACE_NOT_MATCHED,
    RemoteCode("InvalidFile.NoHuman", "no", _FACE, ("I605",)),
    RemoteCode("InvalidFile.MultiHuman", "no", _FACE, ("I605",)),
    RemoteCode("InvalidFile.FullFace", "no", _FACE, ("I607",)),
    RemoteCode("InvalidFile.FacePose", "no", _FACE, ("I606",)),
    RemoteCode("InvalidPerson", "no", _FACE, ("I605",)),
    # The way to them.
    RemoteCode("InvalidURL", "no", _MOVE, ("R704",)),
    RemoteCode("InvalidURL.ConnectionRefused", "no", _MOVE, ("R704",)),
    RemoteCode("InvalidURL.Timeout", "once", _MOVE, ("R704",)),
    RemoteCode("InvalidFile.DownloadFailed", "once", _MOVE, ("R704",)),
    RemoteCode("BadRequest.InputDownloadFailed", "once", _MOVE, ("R704",)),
    RemoteCode("InvalidParameter.DataInspection", "once", _MOVE, ("R704",)),
    # The request.
    RemoteCode("InvalidParameter", "no", _REQUEST, ("R701",)),
    RemoteCode("BadRequest", "no", _REQUEST),
    RemoteCode("BadRequest.EmptyInput", "no", _REQUEST),
    RemoteCode("BadRequest.EmptyModel", "no", _REQUEST),
    RemoteCode("BadRequest.EmptyParameters", "no", _REQUEST),
    RemoteCode("BadRequest.IllegalInput", "no", _REQUEST),
    RemoteCode("BadRequest.TooLarge", "no", "The request itself is too large: use shorter addresses."),
    RemoteCode("UnsupportedOperation", "no", "Only a task that still waits can be cancelled; this one goes on."),
    RemoteCode("DataInspectionFailed", "no", _CONTENT),
    RemoteCode("IPInfringementSuspect", "no", _CONTENT),
    RemoteCode("CustomRoleBlocked", "no", _CONTENT),
    # The account.
    RemoteCode("Arrearage", "account", _BILL),
    RemoteCode("isv.OUT_OF_SERVICE", "account", _BILL),
    RemoteCode("AllocationQuota", "account", _QUOTA),
    RemoteCode(
        "AllocationQuota.FreeTierOnly",
        "account",
        "The free quota is used up: switch off “free tier only” in the console of Model Studio to pay for the job.",
    ),
    RemoteCode("Throttling.AllocationQuota", "account", _QUOTA),
    RemoteCode("CommodityNotPurchased", "account", _BILL),
    RemoteCode("PrepaidBillOverdue", "account", _BILL),
    RemoteCode("PostpaidBillOverdue", "account", _BILL),
    RemoteCode("InvalidApiKey", "no", _KEY),
    RemoteCode("NOT AUTHORIZED", "no", _KEY),
    RemoteCode("AccessDenied", "no", _RIGHTS),
    RemoteCode("AccessDenied.Unpurchased", "no", _RIGHTS),
    RemoteCode("Model.AccessDenied", "no", _RIGHTS),
    RemoteCode("Workspace.AccessDenied", "no", _RIGHTS),
    RemoteCode("Endpoint.AccessDenied", "no", _RIGHTS),
    RemoteCode("ModelNotFound", "no", _RIGHTS),
    RemoteCode("WorkSpaceNotFound", "no", _RIGHTS),
    RemoteCode("NotFound", "no", "Check DASHSCOPE_HTTP_BASE_URL and the id; tasks are forgotten after a day."),
    # The load and the faults of the provider.
    RemoteCode("Throttling", "again", _BUSY),
    RemoteCode("Throttling.RateQuota", "again", _BUSY),
    RemoteCode("Throttling.BurstRate", "again", _BUSY),
    RemoteCode("Throttling.Concurrency", "again", _BUSY),
    RemoteCode("RequestTimeOut", "ask", _FAULT),
    RemoteCode("InternalError", "ask", _FAULT),
    RemoteCode("InternalError.Algo", "ask", _FAULT),
    RemoteCode("InternalError.Upload", "ask", _FAULT),
    RemoteCode("InternalError.FileUpload", "ask", _FAULT),
    RemoteCode(
        "InternalError.Timeout",
        "ask",
        "The provider gave the task up after 3 hours: send the job again, with a shorter video if it happens twice.",
    ),
    RemoteCode("SystemError", "ask", _FAULT),
    RemoteCode("ModelServiceFailed", "ask", _FAULT),
    RemoteCode("ServiceUnavailable", "ask", _FAULT),
    RemoteCode("ModelUnavailable", "ask", _FAULT),
)

CODES = Codes.of(
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
    """Return what a code of DashScope means; one that is not documented by the HTTP `status` that came with it.

    A face that was not matched is told by the `message`, under whatever code.
    """
    if says_unmatched(message):
        return FACE_NOT_MATCHED
    return CODES.find(code) or by_status(code, status)
