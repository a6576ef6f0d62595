"""What one stream is: video, audio track or picture, with its times."""
