import pytest

from lipready.errors import Retry
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.loader import load_profile
from lipready.providers.codes import RemoteCode, both_codes, by_status
from lipready.providers.dashscope import codes as dashscope_codes
from lipready.providers.evolink import codes as evolink_codes

SERVICES = {"dashscope": dashscope_codes, "evolink": evolink_codes}
# Every code of tables A7 and B3 of providers.md and of the two pages, with what their retry columns say.
DOCUMENTED: dict[str, dict[Retry, str]] = {
    "dashscope": {
        "no": """InvalidParameter BadRequest.EmptyInput BadRequest.EmptyModel BadRequest.EmptyParameters
            BadRequest.IllegalInput InvalidURL InvalidURL.ConnectionRefused InvalidFile.Size InvalidFile.Format
            InvalidFile.Resolution InvalidFile.FPS InvalidFile.Duration InvalidFile.ImageSize InvalidFile.AspectRatio
            InvalidFile.Openerror InvalidFile.Content InvalidFile.FaceNotMatch InvalidFile.FaceNotMach
            InvalidFile.NoHuman InvalidFile.MultiHuman InvalidFile.FullFace InvalidFile.FacePose InvalidFile.Value
            InvalidPerson DataInspectionFailed data_inspection_failed IPInfringementSuspect CustomRoleBlocked
            UnsupportedOperation InvalidApiKey invalid_api_key AccessDenied AccessDenied.Unpurchased
            Model.AccessDenied Workspace.AccessDenied Endpoint.AccessDenied ModelNotFound model_not_found
            WorkSpaceNotFound NotFound BadRequest.TooLarge""",
        "once": "InvalidURL.Timeout BadRequest.InputDownloadFailed InvalidFile.DownloadFailed",
        "account": """Arrearage isv.OUT_OF_SERVICE AllocationQuota.FreeTierOnly Throttling.AllocationQuota
            insufficient_quota CommodityNotPurchased PrepaidBillOverdue PostpaidBillOverdue""",
        "again": "Throttling Throttling.RateQuota LimitRequests Throttling.BurstRate Throttling.Concurrency",
        "ask": """RequestTimeOut InternalError InternalError.Algo InternalError.Upload InternalError.FileUpload
            SystemError ModelServiceFailed InternalError.Timeout ServiceUnavailable ModelUnavailable""",
    },
    "evolink": {
        "no": """missing_required_params unauthorized model_access_denied content_policy_violation invalid_parameters
            image_processing_error image_dimension_mismatch request_cancelled resource_not_found invalid_task_id
            generation_failed_no_content idempotency_conflict invalid_request_error""",
        "once": "video_probe_failed InvalidURL.Timeout",
        "account": "insufficient_quota insufficient_user_quota insufficient_token_quota token_daily_quota_exceeded",
        "again": "rate_limit_exceeded resource_exhausted quota_exceeded",
        "ask": "internal_error service_error service_unavailable generation_timeout unknown_error paid_outcome_unknown",
    },
}
CASES = [
    (service, retry, code)
    for service, codes in DOCUMENTED.items()
    for retry, names in codes.items()
    for code in names.split()
]


@pytest.mark.parametrize(("service", "retry", "code"), CASES)
def test_every_documented_code_is_known(service: str, retry: Retry, code: str) -> None:
    entry = SERVICES[service].explain(code)
    assert entry.retry == retry
    assert "not documented" not in entry.advice


@pytest.mark.parametrize("service", SERVICES)
def test_every_code_that_a_profile_names_maps_back_to_its_rule(service: str) -> None:
    limits = load_profile(service).limits.values()
    assert [limit.rule for limit in limits if limit.remote]
    for limit in limits:
        if limit.remote:
            assert limit.rule in SERVICES[service].explain(limit.remote).rules, limit.rule


@pytest.mark.parametrize("service", SERVICES)
def test_every_entry_names_rules_that_exist_and_says_what_to_do(service: str) -> None:
    for entry in SERVICES[service].CODES.values():
        assert set(entry.rules) <= set(CATALOGUE) | {"R704"}, entry.code
        assert entry.advice.endswith("."), entry.code
        assert entry.advice[0].isupper(), entry.code


def test_both_spellings_are_one() -> None:
    old, new = (dashscope_codes.explain(f"InvalidFile.FaceNot{end}") for end in ("Mach", "Match"))
    assert old == new
    assert new.code == "InvalidFile.FaceNotMatch"
    assert dashscope_codes.explain("throttling.ratequota").code == "Throttling.RateQuota"


def test_a_new_code_is_of_its_family() -> None:
    assert dashscope_codes.explain("Throttling.Novel") == RemoteCode(
        "Throttling.Novel", "again", dashscope_codes.explain("Throttling").advice
    )
    assert dashscope_codes.explain("Throttling.AllocationQuota.Novel").retry == "account"
    assert dashscope_codes.explain("InternalError.Novel", 200).retry == "ask"
    assert dashscope_codes.explain("....").retry == "no"


@pytest.mark.parametrize(
    ("status", "retry"),
    [(400, "no"), (401, "no"), (402, "account"), (403, "no"), (404, "no"), (408, "ask"), (413, "no"), (418, "no"),
     (429, "again"), (500, "ask"), (503, "ask"), (599, "ask"), (None, "no")],
)  # fmt: skip
def test_an_unknown_code_is_explained_by_the_status(status: int | None, retry: Retry) -> None:
    for explain in (dashscope_codes.explain, evolink_codes.explain, by_status):
        assert explain("Novel", status).retry == retry
        assert explain("Novel", status).code == "Novel"


def test_a_code_that_is_a_number_is_a_status() -> None:
    assert evolink_codes.explain("429").retry == "again"
    assert evolink_codes.explain("402").retry == "account"
    assert evolink_codes.explain("99999999999").retry == "no"
    assert evolink_codes.explain("²").retry == "no"


def test_evolink_passes_on_what_dashscope_says_of_the_files() -> None:
    assert evolink_codes.explain("InvalidFile.FaceNotMach").rules == ("P307",)
    message = "upstream: InvalidFile.FPS. The video FPS must be 15"
    meaning = evolink_codes.explain("unknown_error", None, message)
    assert (meaning.code, meaning.rules) == ("InvalidFile.FPS", ("V104",))
    assert both_codes("unknown_error", meaning) == "unknown_error, that is InvalidFile.FPS"
    assert evolink_codes.explain("", None, "InvalidFile.FPS").code == "InvalidFile.FPS"


def test_evolink_keeps_a_code_of_its_own_that_says_more() -> None:
    for code, message in (
        ("image_dimension_mismatch", "InvalidFile.ImageSize"),
        ("unknown_error", "something broke"),
        ("unknown_error", "Arrearage"),
    ):
        assert evolink_codes.explain(code, None, message).code == code


# As the three EvoLink pages and the DashScope page have it, and as one might say it.
UNMATCHED = (
    "未找到匹配人脸",
    "task failed: 未找到匹配的人脸。",
    "一致する顔が見つからない",
    "매칭 얼굴을 찾을 수 없음",
    "There are no matched face in the video with the provided reference image.",
    "no matching face found",
    "参考图与视频人脸匹配失败",
)


@pytest.mark.parametrize("message", UNMATCHED)
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "code", ["", "unknown_error", "service_error", "500", "InternalError.Algo", "InvalidFile.FaceNotMach", "Novel"]
)
def test_a_face_that_was_not_matched_is_known_by_its_message(service: str, code: str, message: str) -> None:
    meaning = SERVICES[service].explain(code, None, message)
    assert (meaning.code, meaning.retry, meaning.rules) == ("InvalidFile.FaceNotMatch", "no", ("P307",))
    assert "threshold" not in meaning.advice


@pytest.mark.parametrize(
    "message",
    [
        "未检测到人脸",
        "匹配到错误人脸",
        "no face was found",
        "There are no matched files",
        "顔が見つからない",
        "faces match",
    ],
)
@pytest.mark.parametrize("service", SERVICES)
def test_other_messages_about_faces_are_something_else(service: str, message: str) -> None:
    assert SERVICES[service].explain("Novel", None, message).code == "Novel"


def test_codes_about_the_reference_image_blame_nothing_in_the_video() -> None:
    for name in ("Content", "NoHuman", "MultiHuman", "FullFace", "FacePose"):
        rules = dashscope_codes.explain(f"InvalidFile.{name}").rules
        assert rules
        assert all(rule.startswith("I") for rule in rules), name


def test_what_several_people_and_the_threshold_prevent() -> None:
    dashscope, evolink = (load_profile(name).limits for name in SERVICES)
    assert (dashscope["P302"].remote, evolink["P302"].remote) == (None, None)
    assert (dashscope["I605"].remote, evolink["I605"].remote) == ("InvalidFile.Content", "InvalidFile.Content")
    assert (dashscope["R701"].remote, evolink["R701"].remote) == ("InvalidParameter", "invalid_parameters")
    assert "R702" not in evolink
    assert dashscope["R702"].strength == "recommended"


def test_a_code_stands_beside_what_it_means_only_where_they_differ() -> None:
    known = dashscope_codes.explain("InvalidFile.FaceNotMach")
    assert both_codes("InvalidFile.FaceNotMach", known) == "InvalidFile.FaceNotMach, that is InvalidFile.FaceNotMatch"
    assert both_codes("InvalidFile.FaceNotMatch", known) == "InvalidFile.FaceNotMatch"
    assert both_codes("", known) == "InvalidFile.FaceNotMatch"
    assert both_codes("", by_status("", 500)) == ""


def test_nobody_at_evolink_is_told_to_pay_alibaba() -> None:
    for code in ("invalid_api_key", "Arrearage", "Throttling.AllocationQuota"):
        assert "Alibaba" not in evolink_codes.explain(code, 400).advice
        assert "DASHSCOPE" not in evolink_codes.explain(code, 400).advice
