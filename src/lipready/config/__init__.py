"""Settings of a repository: `lipready.toml`, rules by path, and waivers."""
