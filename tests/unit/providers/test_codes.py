import pytest

from lipready.errors import Retry
from lipready.facts.task import RemoteError
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.loader import load_profile
from lipready.providers import dashscope_codes, evolink_codes
from lipready.providers.codes import RemoteCode, by_status

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
    for entry in SERVICES[service].CODES.known.values():
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
    said = evolink_codes.upstream(RemoteError("unknown_error", "upstream: InvalidFile.FPS. The video FPS must be 15"))
    assert said == RemoteError("InvalidFile.FPS", "unknown_error: upstream: InvalidFile.FPS. The video FPS must be 15")
    assert evolink_codes.upstream(RemoteError("", "InvalidFile.FPS")) == RemoteError(
        "InvalidFile.FPS", "InvalidFile.FPS"
    )


def test_evolink_keeps_a_code_of_its_own_that_says_more() -> None:
    for said in (
        RemoteError("image_dimension_mismatch", "InvalidFile.ImageSize"),
        RemoteError("unknown_error", "something broke"),
        RemoteError("unknown_error", "Arrearage"),
    ):
        assert evolink_codes.upstream(said) == said


def test_nobody_at_evolink_is_told_to_pay_alibaba() -> None:
    for code in ("invalid_api_key", "Arrearage", "Throttling.AllocationQuota"):
        assert "Alibaba" not in evolink_codes.explain(code, 400).advice
        assert "DASHSCOPE" not in evolink_codes.explain(code, 400).advice
