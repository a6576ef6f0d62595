"""EvoLink: requests, answers, codes, files."""
