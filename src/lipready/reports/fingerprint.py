"""What stays the same of a finding from run to run."""

from hashlib import sha256

from lipready.reports.gathered import Issue


def fingerprint(issue: Issue) -> str:
    """Give 64 hexadecimal digits that no other issue of a run has, and that outlast a changed measurement."""
    parts = (issue.path, issue.rule, issue.name, issue.provider, str(issue.number))
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
