"""Plans carried out: ffmpeg, the output folder, receipts."""
