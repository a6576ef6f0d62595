"""DashScope's regions and workspaces: which host is asked, and what a refusal there may mean.

Variables and hosts are those of the official SDK (dashscope 2.0.2, common/env.py and v2/_config.py). VideoRetalk is
offered in Beijing only (https://www.alibabacloud.com/help/en/model-studio/videoretalk-api).
"""

import os
import re
from http import HTTPStatus
from urllib.parse import urlsplit

from lipready.errors import ConfigurationError, RefusedError

REGION_VARIABLE, WORKSPACE_VARIABLE = "DASHSCOPE_API_REGION", "DASHSCOPE_WORKSPACE_ID"
OFFERED_IN = "cn-beijing"

_ADDRESS_VARIABLE = "DASHSCOPE_HTTP_BASE_URL"
_ADDRESS = "https://dashscope.aliyuncs.com/api/v1"
_PLACE = "{workspace_id}"
_WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MAAS = re.compile(r"[^.]+\.(?P<region>[a-z0-9-]+)\.maas\.aliyuncs\.com")
_REGIONS = {
    "dashscope.aliyuncs.com": OFFERED_IN,
    "dashscope-intl.aliyuncs.com": "ap-southeast-1",
    "dashscope-us.aliyuncs.com": "us-east-1",
    "cn-hongkong.dashscope.aliyuncs.com": "cn-hongkong",
}
_FOREIGN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_FOREIGN_CODES = frozenset({"ModelNotFound", "WorkSpaceNotFound"})


def is_workspace(text: str) -> bool:
    """Return whether a text may be the id of a workspace, which stands in a header and in the name of a host."""
    return _WORKSPACE.fullmatch(text) is not None and not text.lower().startswith("sk-")


def workspace_asked() -> str | None:
    """Return the workspace of DASHSCOPE_WORKSPACE_ID, None without one. Raises ConfigurationError for odd characters.

    What is refused is not repeated: it may be a key that was put into the wrong variable.
    """
    workspace = os.environ.get(WORKSPACE_VARIABLE, "").strip()
    if workspace and not is_workspace(workspace):
        raise ConfigurationError(
            f"{WORKSPACE_VARIABLE} is not the id of a workspace: that is 1 to 64 letters, digits, - and _, as the "
            "console of Model Studio shows it."
        )
    return workspace or None


def address_asked(workspace: str | None) -> str:
    """Return the address of DASHSCOPE_HTTP_BASE_URL, with the workspace in its place, else that of Beijing.

    Raises ConfigurationError where the address lacks its workspace, and, without an address, for the region of
    DASHSCOPE_API_REGION where VideoRetalk is not offered.
    """
    given = os.environ.get(_ADDRESS_VARIABLE, "").strip()
    if given:
        if _PLACE in given and workspace is None:
            raise ConfigurationError(f"{_ADDRESS_VARIABLE} has a place for {_PLACE}: say it in {WORKSPACE_VARIABLE}.")
        return given.replace(_PLACE, workspace or "")
    region = os.environ.get(REGION_VARIABLE, "").strip() or OFFERED_IN
    if region != OFFERED_IN:
        raise ConfigurationError(
            f"{REGION_VARIABLE} names another region than {OFFERED_IN}, and VideoRetalk is offered in that one only: "
            f"unset it and use a key of Beijing, or name an address that offers it in {_ADDRESS_VARIABLE}."
        )
    return _ADDRESS


def region_of(api: str) -> str | None:
    """Return the region that an address of DashScope belongs to; None where the address does not tell."""
    host = urlsplit(api).hostname or ""
    maas = _MAAS.fullmatch(host)
    return maas["region"] if maas else _REGIONS.get(host)


def region_warning(api: str) -> str | None:
    """Return a warning for an address of a region without VideoRetalk; None for any other, or an unknown one."""
    region = region_of(api)
    if region in {None, OFFERED_IN}:
        return None
    return (
        f"{urlsplit(api).hostname} is of the region {region}, and VideoRetalk is documented for {OFFERED_IN} only: "
        "the job may be refused after its files were uploaded."
    )


def with_region(api: str, workspace: str | None, error: RefusedError) -> RefusedError:
    """Add which region was asked to a refusal of the key or the model: keys are known in their own region only."""
    region = region_of(api)
    foreign = error.status in _FOREIGN or error.meaning in _FOREIGN_CODES
    if region is None or not foreign or error.retry == "account":
        return error
    within = "" if workspace is None else f", workspace {workspace}"
    return error.followed_by(
        f"The region {region} was asked ({urlsplit(api).hostname}{within}): the key may be of another region"
        f"{'' if workspace is None else ' or workspace'}."
    )
