"""What each provider accepts, as data (TOML), and the loader that reads it."""
