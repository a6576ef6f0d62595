"""The report as one page of HTML that opens from the disk."""
