import os
from fractions import Fraction

from lipready.repair.recipe import InputStream
from lipready.repair.run.source import compile_command, graph_name, open_input


def test_names_that_are_not_utf_8_stand_in_the_command_as_they_are():
    source = os.fsdecode(b"in\xff/caf\xe9.wav")
    output = os.fsdecode(b"out\xe9/caf.wav")
    stream = open_input(InputStream(path=source, format="wav", stream=None, start=Fraction(0), seekable=False))
    command = compile_command([stream], output, {"passlogfile": graph_name(f"{output}.pass")})
    assert f"file:{source}" in command
    assert f"file:{output}" in command
    assert command[command.index("-passlogfile") + 1] == f"{output}.pass"
    assert not any("\0" in argument for argument in command)


def test_a_name_in_utf_8_is_left_as_it_is():
    assert graph_name("in/café 口.wav") == "in/café 口.wav"
