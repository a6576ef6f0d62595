"""Take an uploaded video that a provider would accept, and answer 422 with the findings where it would not.

pip install lipready fastapi python-multipart uvicorn
UPLOADS=uploads uvicorn --app-dir docs/recipes fastapi_upload:app
curl -F video=@clip.mp4 -F full=true http://127.0.0.1:8000/videos
"""

import os
import shutil
from tempfile import NamedTemporaryFile
from typing import Annotated, BinaryIO

from fastapi import FastAPI, Form, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

import lipready

app = FastAPI()


@app.post("/videos")
async def take(video: UploadFile, full: Annotated[bool, Form()] = False) -> JSONResponse:  # noqa: FBT002
    """Check a video by its headers, or in full; the loop goes on meanwhile."""
    named = lipready.Input(video.file, video.filename or None)
    report = await lipready.check_async(named, settings=lipready.Settings(quick=not full))
    said = report.to_dict()
    if report.errors:
        return JSONResponse({"verdict": said["verdict"], "findings": said["findings"]}, status_code=422)
    await video.seek(0)
    kept = await run_in_threadpool(keep, video.file, said["files"][0]["facts"]["container"])
    return JSONResponse({"verdict": said["verdict"], "findings": said["findings"], "kept": kept}, status_code=201)


def keep(upload: BinaryIO, kind: str) -> str:
    """Write an upload piece by piece, under a name that no stranger has chosen; return that."""
    with NamedTemporaryFile(dir=os.environ["UPLOADS"], suffix=f".{kind}", delete=False) as file:
        shutil.copyfileobj(upload, file)
        return os.path.basename(file.name)  # noqa: PTH119
