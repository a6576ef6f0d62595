"""What a command shows: progress, reports, tables, and exit statuses."""
