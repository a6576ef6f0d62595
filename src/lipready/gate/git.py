"""Git, asked about a work tree that belongs to somebody else: nothing that its settings name is started."""

import os
import subprocess
from pathlib import Path

# Neither a file watcher nor a bare repository among the files is used, and what git compares is all that it could.
_SETTINGS = ("core.fsmonitor=false", "safe.bareRepository=explicit", "core.checkStat=default", "core.trustctime=true")
# A hook that calls us names its own repository and index, which need not be those of the folder.
_OF_A_HOOK = frozenset((
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
))  # fmt: skip


def run_git(
    folder: Path, *arguments: str, given: bytes = b"", timeout: float | None = None, of_hook: bool = False
) -> "subprocess.CompletedProcess[bytes]":
    """Run git in a folder; with `of_hook` it uses the repository and index that a hook has named.

    Raises OSError where there is no git, TimeoutExpired after `timeout` seconds.
    """
    environment = {name: value for name, value in os.environ.items() if of_hook or name not in _OF_A_HOOK}
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    return subprocess.run(
        ["git", *settings, *arguments],  # noqa: S607 - the user's own git
        cwd=folder,
        input=given,
        env=environment,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
