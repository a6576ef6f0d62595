"""Why a task fails, with the codes and the texts that DashScope documents."""

_MEGABYTES = {"video": 300, "audio": 30, "reference": 10}

LARGEST = {role: megabytes * (1 << 20) for role, megabytes in _MEGABYTES.items()}
"""Bytes that an input may have."""

_MESSAGES = {
    "InvalidURL": "The request URL is invalid, please provide an http or https URL.",
    "InvalidFile.Format": (
        "Invalid file format,the request file format is one of the following types: MP4, AVI, MOV, MP3, WAV, AAC, "
        "JPEG, JPG, PNG, BMP, and WEBP."
    ),
    "InvalidFile.Resolution": "Invalid video resolution. The height or width of video must be 640 ~ 2048.",
    "InvalidFile.FPS": "Invalid video FPS. The video FPS must be 15 ~ 60.",
    "InvalidFile.Duration": "Invalid file duration. The video/audio file duration must be 2s ~ 120s.",
    "InvalidFile.ImageSize": "The size of image is beyond limit.",
    "InvalidFile.Openerror": "Invalid file, cannot open file as video/audio/image.",
    "InvalidFile.Content": (
        "The input image has no human body or multi human bodies. Please upload other image with single person."
    ),
    "InvalidFile.NoHuman": "There is no human face in the input video. Please upload another video.",
    "InvalidFile.FaceNotMach": "There are no matched face in the video with the provided reference image.",
    "InternalError.Algo": "An internal error has occured during execution, please try again later.",
}


class SimulatedFailureError(Exception):
    """A task fails; `code` and `message` are what the provider says."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        self.message = message or _MESSAGES.get(code, "The request failed.")
        super().__init__(self.message)


def refused(url: str) -> SimulatedFailureError:
    """Return the failure of an address that gave no file. The spelling is the provider's."""
    return SimulatedFailureError(
        "InvalidURL.ConnectionRefused", f"Connection to {url} refused, please provide avaiable URL"
    )


def too_late(url: str) -> SimulatedFailureError:
    """Return the failure of an address that took too long."""
    return SimulatedFailureError("InvalidURL.Timeout", f"Download {url} timeout, please check network connection.")


def too_large(role: str) -> SimulatedFailureError:
    """Return the failure of an input that is too large."""
    message = f"Invalid file size. The video/audio/image file size must be less than {_MEGABYTES[role]}MB."
    return SimulatedFailureError("InvalidFile.Size", message)
