"""Submit every job of a folder, on asyncio, and download the results; begun again, it pays for none of them anew.

pip install 'lipready[sandbox]'
python docs/recipes/asyncio_jobs.py jobs results sandbox

A job is jobs/NAME.mp4 with jobs/NAME.wav, its result results/NAME.mp4. Instead of the sandbox it may be dashscope or
evolink, with the key in the environment. lipready keeps to the limit of one job a second, and knows by its journal what
was sent: the same job attaches to its task.
"""

import asyncio
import sys
from pathlib import Path

import lipready


async def fetch(video: Path, result: Path, provider: str) -> Path:
    """Submit a job once, wait for its task, and download the result; people and speech were looked at before."""
    job, quick = lipready.Job(video, video.with_suffix(".wav")), lipready.Settings(quick=True)
    sending = lipready.Sending(output=str(result))
    task = await lipready.submit_async(job, provider=provider, settings=quick, sending=sending)
    task = await task.wait_async()
    return await task.download_async(result)


async def fetch_all(jobs: dict[Path, Path], provider: str) -> None:
    """Fetch all results at once; what keeps one back is told, and stops no other."""
    outcomes = await asyncio.gather(*(fetch(*job, provider) for job in jobs.items()), return_exceptions=True)
    for video, outcome in zip(jobs, outcomes, strict=True):
        print(f"{video.name}: {outcome}")


if __name__ == "__main__":
    folder, results = Path(sys.argv[1]), Path(sys.argv[2])
    results.mkdir(parents=True, exist_ok=True)
    places = {video: results / video.name for video in sorted(folder.glob("*.mp4"))}
    asyncio.run(fetch_all({video: place for video, place in places.items() if not place.exists()}, sys.argv[3]))
