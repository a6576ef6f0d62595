"""The commands: one module for each, or for a few of one subject, and what belongs to one of them only."""
