"""Say a text by espeak-ng, through the library that the wheel `espeakng-loader` carries.

usage: python espeak.py TEXT VOICE WORDS_PER_MINUTE > samples

This is a program of its own because the library carries state from one text to the next: only in a new process does
the same text give the same samples. It writes the sample rate in Hz on one line, then mono 16-bit samples. The
constants are those of espeak-ng's public header speak_lib.h (API revision 12).
"""

import ctypes
import sys
import tempfile
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
RATE = 1
POSITION_CHARACTER = 1
CHARACTERS_UTF8 = 1
EE_OK = 0

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main(text: str, voice: str, words_per_minute: str) -> None:
    """Write the sample rate and the samples of a text to stdout; a refusal is the message of the exit."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    spoken = bytearray()

    def collect(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if samples and count > 0:
            spoken.extend(ctypes.string_at(samples, 2 * count))
        return 0

    callback = _CALLBACK(collect)
    with tempfile.TemporaryDirectory() as folder:
        # espeak-ng holds the path of its data in a buffer of 160 bytes; a deep site-packages would not fit.
        data = Path(folder) / "espeak-ng-data"
        data.symlink_to(espeakng_loader.get_data_path(), target_is_directory=True)
        sample_rate = library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, str(data).encode(), INITIALIZE_DONT_EXIT)
        if sample_rate <= 0:
            sys.exit(f"espeak-ng could not be started with its data in {espeakng_loader.get_data_path()}.")
        library.espeak_SetSynthCallback(callback)
        _say(library, text, voice, int(words_per_minute))
        library.espeak_Terminate()
    sys.stdout.buffer.write(f"{sample_rate}\n".encode() + spoken)


def _say(library: ctypes.CDLL, text: str, voice: str, words_per_minute: int) -> None:
    if library.espeak_SetVoiceByName(voice.encode()) != EE_OK:
        sys.exit(f"espeak-ng has no voice named {voice!r}.")
    library.espeak_SetParameter(RATE, words_per_minute, 0)
    said = text.encode()
    size, unsigned, pointer = ctypes.c_size_t, ctypes.c_uint, ctypes.c_void_p
    # Text, its size with the closing zero, where to begin and in what unit, where to end (0: at the end), flags.
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        size,
        unsigned,
        ctypes.c_int,
        unsigned,
        unsigned,
        pointer,
        pointer,
    ]
    if library.espeak_Synth(said, len(said) + 1, 0, POSITION_CHARACTER, 0, CHARACTERS_UTF8, None, None) != EE_OK:
        sys.exit(f"espeak-ng could not say {text!r}.")
    library.espeak_Synchronize()


if __name__ == "__main__":
    main(*sys.argv[1:])
