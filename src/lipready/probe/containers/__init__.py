"""What a container says: boxes, headers, signatures, truncation."""
