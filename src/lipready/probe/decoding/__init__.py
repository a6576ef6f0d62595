"""Decoded pictures: one decode of a video, and every consumer fed from it."""
