"""Where the cache is."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Where the cache is: LIPREADY_CACHE_DIR, else the user's cache folder."""
    chosen = os.environ.get("LIPREADY_CACHE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("lipready")
