"""What is heard: decoded samples to speech facts."""
