"""What an image file says and shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """A still picture. `width` and `height` in pixels after EXIF orientation (1..8, 1 where there is none)."""

    width: int
    height: int
    stored_width: int
    stored_height: int
    orientation: int
    mode: str
    frames: int

    @property
    def animated(self) -> bool:
        """Whether the file holds more than one frame."""
        return self.frames > 1
