"""One verdict for a repository of assets."""
