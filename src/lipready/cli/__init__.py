"""The command line: its commands, what they are given, and what they show."""
