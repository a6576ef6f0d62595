"""Frames → people: models, detection, landmarks, pose, and who is in the picture."""
