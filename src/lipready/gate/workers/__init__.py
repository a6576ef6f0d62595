"""Files measured in processes of their own, here or on any executor."""
