"""Facts and limits in, findings out. No rule opens a file or knows ffmpeg."""
