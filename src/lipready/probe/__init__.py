"""Files in, facts out: everything that opens a file of the user stands here, and nothing here judges."""
