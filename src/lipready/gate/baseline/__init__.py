"""What was accepted once: the baseline and its file."""
