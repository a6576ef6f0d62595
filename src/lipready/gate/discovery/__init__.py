"""Which files of a tree are checked, and what belongs together."""
