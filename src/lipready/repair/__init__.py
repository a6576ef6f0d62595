"""What makes findings go away: pure planning, one place that runs ffmpeg, and receipts. Nothing here judges."""
