"""What a command is given: options, configuration, files and lists of jobs."""
