"""Facts that outlive a run, by the content of files."""
