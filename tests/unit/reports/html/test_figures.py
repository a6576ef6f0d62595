from dataclasses import replace
from fractions import Fraction

from lipready.facts.finding import Where
from lipready.facts.people import Box
from lipready.facts.pictures import Pictures
from lipready.reports.html.figures import (
    MOST_SHOTS,
    NO_FIGURES,
    figures_of_job,
    figures_of_unit,
    smaller,
)

LENGTH = Fraction(1001, 250)


def test_a_finding_is_shown_at_the_look_that_it_names(make_report, person_file, pictures, moment_finding):
    report = make_report(moment_finding, video=person_file)
    shot = figures_of_job(report, pictures).shots[0]
    assert shot.picture.time == Fraction(3, 2)  # that of its box, and not the begin of the stretch
    assert [(face.person, face.meant) for face in shot.faces] == [(1, True)]
    assert shot.size == (480, 854)


def test_without_a_box_the_nearest_picture_is_taken(make_report, person_file, pictures, moment_finding):
    where = Where(Fraction(23, 10))
    report = make_report(replace(moment_finding, where=where), video=person_file)
    shot = figures_of_job(report, pictures).shots[0]
    assert (shot.picture.time, [face.meant for face in shot.faces]) == (Fraction(5, 2), [False])


def test_a_box_of_nobody_is_shown_as_well(make_report, person_file, pictures, moment_finding):
    odd = replace(moment_finding, where=Where(Fraction(0), None, Box(1, 2, 3, 4)))
    shot = figures_of_job(make_report(odd, video=person_file), pictures).shots[0]
    assert [(face.person, face.meant) for face in shot.faces] == [(1, False), (None, True)]


def test_what_is_about_the_file_has_no_moment(make_report, person_file, pictures, container_finding):
    sound = replace(container_finding, role="audio", where=Where(Fraction(1)))
    found = figures_of_job(make_report(container_finding, sound, video=person_file), pictures)
    assert found.shots == {}
    times = [shot.picture.time for shot in found.strips["video"]]
    assert len(times) == 8
    assert all(abs(time - LENGTH * (2 * cell + 1) / 16) < Fraction(1, 3) for cell, time in enumerate(times))
    assert found.faces.keys() == {("video", 1)}
    assert found.waves.keys() == {"audio"}


def test_without_pictures_there_are_no_figures(make_report, moment_finding):
    assert figures_of_job(make_report(moment_finding), None) == NO_FIGURES
    assert figures_of_job(make_report(moment_finding), Pictures()) == NO_FIGURES


def test_pictures_of_findings_are_bounded(make_report, person_file, pictures, moment_finding):
    many = [replace(moment_finding, where=Where(Fraction(n, 100))) for n in range(400)]
    shots = figures_of_job(make_report(*many, video=person_file), pictures).shots
    assert len({shot.picture.time for shot in shots.values()}) <= MOST_SHOTS
    large = replace(pictures.files["video"].frames[0], jpeg=pictures.files["video"].frames[0].jpeg)
    assert max(smaller(large, 100).width, smaller(large, 100).height) == 100


def test_in_a_run_a_job_without_findings_has_no_picture(make_report, person_file, pictures, moment_finding):
    assert figures_of_unit(make_report(video=person_file), pictures, 3) == NO_FIGURES
    one = figures_of_unit(make_report(moment_finding, video=person_file), pictures, 3).shots[0]
    assert max(one.picture.width, one.picture.height) == 320
    many = figures_of_unit(make_report(moment_finding, video=person_file), pictures, 1000).shots[0]
    assert max(many.picture.width, many.picture.height) <= 200
    assert figures_of_unit(make_report(moment_finding, video=person_file), pictures, 100_000) == NO_FIGURES


def test_in_a_run_a_finding_about_the_file_shows_some_picture_of_it(
    make_report, person_file, pictures, container_finding
):
    shots = figures_of_unit(make_report(container_finding, video=person_file), pictures, 3).shots
    assert [shot.picture.time for shot in shots.values()] == [Fraction(1)]


def test_pictures_stay_with_their_findings_when_others_are_waived(
    make_report, person_file, pictures, moment_finding, container_finding
):
    before = make_report(container_finding, moment_finding, video=person_file)
    figures = figures_of_job(before, pictures)
    moved = figures.moved(before.findings, (moment_finding,))
    assert moved.shots == {0: figures.shots[1]}
    assert figures.moved(before.findings, ()).shots == {}
