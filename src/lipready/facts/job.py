"""All that was measured for one job."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Subject
from lipready.facts.people import Match, PeopleFacts, Person
from lipready.facts.result import ResultFacts
from lipready.facts.unmeasured import Unmeasured


@dataclass(frozen=True, slots=True)
class CallbackFacts:
    """A callback URL: its parts, and the addresses that its host resolves to."""

    url: str
    scheme: str
    host: str
    addresses: tuple[str, ...] | Unmeasured


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The options of a request; `None` means not given, so that the provider's default applies."""

    face_threshold: int | None
    video_extension: bool
    callback: CallbackFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """The facts of one job; a role that the job does not have is None.

    `result` is what came back, None before that.

    >>> facts = lipready.check("clip.mp4", "speech.wav").facts
    >>> facts.video.media.codec, facts.reference, facts.target.id
    ('h264', None, 1)
    >>> facts.result_length == min(facts.video.length, facts.audio.length)
    True
    """

    video: FileFacts | None
    audio: FileFacts | None
    reference: FileFacts | None
    request: RequestFacts
    match: Match | Unmeasured | None = None
    result: ResultFacts | None = None

    def files(self) -> tuple[FileFacts, ...]:
        """Return the files that are there, in the order video, audio, reference, result.

        >>> [file.format for file in lipready.check("clip.mp4", "speech.wav").facts.files()]
        ['mp4', 'wav']
        """
        came = None if self.result is None else self.result.file
        return tuple(f for f in (self.video, self.audio, self.reference, came) if f is not None)

    def file(self, role: Subject) -> FileFacts | None:
        """Return the file of a role; None where there is none, and for the job itself.

        >>> lipready.check("clip.mp4").facts.file("video").path
        'clip.mp4'
        """
        return next((file for file in self.files() if file.role == role), None)

    @property
    def result_length(self) -> Fraction | None:
        """The seconds that the result video should have: of the shorter file, or of the audio with `video_extension`.

        None where a length is not known (providers.md 0).
        """
        video = None if self.video is None else self.video.length
        audio = None if self.audio is None else self.audio.length
        if video is None or audio is None:
            return None
        return audio if self.request.video_extension else min(video, audio)

    @property
    def target(self) -> Person | None:
        """The speaker: whom the reference image shows, else the provider's pick, else whoever is seen longest.

        None where the video shows nobody, or was not examined.
        """
        if self.video is None or not isinstance(self.video.people, PeopleFacts):
            return None
        match = self.match
        matched = match.person if isinstance(match, Match) and match.alike == "same" else None
        return self.video.people.target(matched)
