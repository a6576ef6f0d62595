"""All that the repair of an audio track depends on."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.errors import FixError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts
from lipready.facts.salvage import Salvage
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Profile
from lipready.repair.choices import Choices
from lipready.repair.wanted import Wanted

HIGHEST_RATE = 48_000


@dataclass(frozen=True, slots=True)
class AudioCase:
    """One track: what is known of it, what its findings ask for, what the provider accepts, what the user decided."""

    file: FileFacts
    audio: AudioFacts
    wanted: Wanted
    profile: Profile
    choices: Choices

    @property
    def length(self) -> Fraction:
        """Its length in seconds.

        Raises FixError where the file does not tell.
        """
        if isinstance(self.audio.duration, Unmeasured):
            raise FixError(f"{self.file.path} does not tell how long it is: {self.audio.duration.reason}.")
        return self.audio.duration.believed

    @property
    def salvaged(self) -> Salvage | None:
        """What decodes of it, where that is wanted and anything is lost."""
        found = self.file.salvage
        if not self.choices.salvage or found is None:
            return None
        return found if found.lost or self.wanted.has("salvage") else None

    @property
    def heard(self) -> SpeechFacts | None:
        """What is heard in it; None where nobody listened."""
        return None if isinstance(self.file.speech, Unmeasured) else self.file.speech

    def speech(self, flag: str) -> SpeechFacts:
        """Tell what is heard, for a repair that needs speech.

        Raises FixError where nobody listened, or nobody speaks.
        """
        if isinstance(self.file.speech, Unmeasured):
            raise FixError(f"{flag} needs to hear {self.file.path}: {self.file.speech.reason}.")
        if not self.file.speech.has_speech:
            raise FixError(f"{flag} follows the speech, and nobody is heard to speak in {self.file.path}.")
        return self.file.speech
