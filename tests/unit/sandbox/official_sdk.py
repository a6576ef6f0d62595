"""Drive a sandbox with DashScope's own SDK: upload, submit, wait, list and cancel. Run by test_official_sdk.py.

Arguments: a video, an audio track, and the address of a second sandbox, at which a task stays pending. The first one's
address and the key come from the environment, where the SDK looks for them. Writes what came back, as one document.
"""

import json
import socket
import sys
import time

WORKSPACE = "llm-sandbox"

_connect = socket.socket.connect
_sleep = time.sleep


def _connect_here(self: socket.socket, address: object) -> None:
    """Connect to this machine, and to nothing else."""
    if self.family == socket.AF_UNIX or (isinstance(address, tuple) and address[0] == "127.0.0.1"):
        return _connect(self, address)  # type: ignore[arg-type]
    raise OSError(f"the test must not connect to {address}")


def main(video: str, audio: str, slow: str) -> None:
    socket.socket.connect = _connect_here  # type: ignore[assignment,method-assign]
    time.sleep = lambda seconds: _sleep(min(seconds, 0.2))
    from dashscope.client.base_api import BaseAsyncApi
    from dashscope.utils.oss_utils import OssUtils

    video_url, certificate = OssUtils.upload("videoretalk", video)
    audio_url, _ = OssUtils.upload("videoretalk", audio, upload_certificate=certificate)
    kind = {"model": "videoretalk", "task_group": "aigc", "task": "image2video", "function": "video-synthesis"}
    given = {"video_url": video_url, "audio_url": audio_url}
    resolve = {"X-DashScope-OssResourceResolve": "enable"}
    submitted = BaseAsyncApi.async_call(
        **kind, input=given, headers=resolve, workspace=WORKSPACE, video_extension=False
    )
    ended = BaseAsyncApi.wait(submitted, workspace=WORKSPACE, wait_timeout=100)
    listed = BaseAsyncApi.list(model_name="videoretalk", status="SUCCEEDED", workspace=WORKSPACE)
    elsewhere = BaseAsyncApi.fetch(submitted)
    pending = BaseAsyncApi.async_call(**kind, input=given, headers=resolve, base_address=slow)
    cancelled = BaseAsyncApi.cancel(pending, base_address=slow)
    after = BaseAsyncApi.fetch(pending, base_address=slow)
    again = BaseAsyncApi.cancel(pending, base_address=slow)
    answers = (submitted, ended, listed, elsewhere, pending, cancelled, after, again)
    names = ("submitted", "ended", "listed", "elsewhere", "pending", "cancelled", "after", "again")
    told = {name: dict(answer) for name, answer in zip(names, answers, strict=True)}
    sys.stdout.write(json.dumps({"uploads": [video_url, audio_url], **told}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
