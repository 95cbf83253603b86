"""Exercises have a level, goals an exercise, words a place, and times are what the levels say."""

import re

import pytest
from book.chapters import markdown
from book.chapters.chapter import (
    DRILL,
    HOURS,
    LEVELS,
    MINUTES,
    Chapter,
    hours,
    labelled,
    names,
    order,
    parts,
    to_first_matrix,
)
from book.chapters.directives import Directive, pieces
from book.chapters.texts import all_exercises
from book.notebooks import editions

CHAPTERS = [name for name in names() if Chapter.read(name).exercises]
REFERENCE = {"index", "glossary", "bibliography", "teaching", "accessibility", "cards"}
CORE = ["linear", "activations", "softmax", "losses", "network"]  # these have a drill


def faults(chapter):
    """What is wrong with the levels, goals, places for words and times of a chapter."""
    exercises, goals = chapter.exercises.values(), range(1, len(chapter.goals) + 1)
    for one in exercises:
        if len(one.levels) != 1:
            yield f"{one.name} has the levels {one.levels}"
        if not set(one.goals) <= {*goals}:
            yield f"{one.name} is for goals {one.goals}, the chapter has {len(goals)}"
        if one.in_words != bool(one.answer):
            yield f"{one.name} has no cell for its words, or none to ask for"
        if one.in_words and len(prose(one.solution).split()) < 12:
            yield f"{one.name} has no model answer"
        if not (one.source or one.in_words or has_cell(chapter, one)):
            yield f"{one.name} has no place for an answer"
    core = [one for one in exercises if one.levels == ("core",)]
    if not 2 <= len(core) <= 4:
        yield f"{len(core)} core exercises"
    for goal in goals:
        if not any(goal in one.goals for one in core):
            yield f"no core exercise for goal {goal}"
    if not goals:
        yield "no goals"
    if chapter.minutes is None or chapter.minutes[1:] != chapter.exercising:
        yield "expected in its head: {} for the core exercises, {} for all".format(
            *chapter.exercising
        )


def prose(solution):
    """A solution without its code."""
    return re.sub(r"```.*?```", "", solution, flags=re.S)


def has_cell(chapter, exercise):
    """Whether a code cell stands between the exercise and its first hint."""
    label = "ex-" + exercise.name.replace(".", "-", 1)
    after = chapter.text.split(f":label: {label}\n")[1]
    return "{code-cell}" in after.split(":::{dropdown} Hint 1")[0]


@pytest.mark.parametrize("name", CHAPTERS)
def test_levels_goals_places_for_words_and_times(name):
    assert [*faults(Chapter.read(name))] == []


@pytest.mark.parametrize(
    ("there", "planted", "says"),
    [
        (":class: core goal-2\n", ":class: goal-2\n", "linear.backward has the levels ()"),
        ("core goal-2\n", "core more goal-2\n", "linear.backward has the levels ('core', 'more')"),
        ("core goal-3", "core goal-5", "linear.bug is for goals (5,), the chapter has 4"),
        ("core goal-3", "core goal-1", "no core exercise for goal 3"),
        ("core goal-3 words", "core goal-3", "linear.bug has no cell for its words, or none to"),
        (":tags: [answer]", ":tags: [hide-input]", "linear.twice has no cell for its words"),
        ("minutes to read, ", "minutes to read, 9", "expected in its head: "),
        ("1. derive", "- derive", "no goals"),
        (":class: more", ":class: core", "5 core exercises"),
    ],
)
def test_a_planted_fault_is_seen(there, planted, says):
    text = Chapter.read("linear").text
    assert there in text
    found = [*faults(Chapter("linear", text.replace(there, planted, 1)))]
    assert any(says in one for one in found), found


def test_every_page_that_teaches_has_goals_and_times():
    for name in {*names()} - REFERENCE:
        assert Chapter.read(name).goals, name
        assert Chapter.read(name).minutes, name


def test_every_chapter_calls_its_times_estimates():
    for name in CHAPTERS:
        text = Chapter.read(name).text
        assert len(re.findall(r"^\*\*Time\*\* an estimated \d+ minutes", text, re.M)) == 1, name


def test_the_whole_book_takes_what_a_course_takes():
    second = {*parts().get("Beyond the MLP", ()), "second_order"}  # a second course
    main_line = [name for name in order() if name not in second]
    every = [Chapter.read(name).minutes or (0, 0, 0) for name in main_line]
    assert 35 <= round(sum(read + all_ for read, _, all_ in every) / 60) <= 46
    assert hours("core") < hours()
    every = [Chapter.read(name).minutes or (0, 0, 0) for name in order()]
    assert hours() == round(sum(read + all_ for read, _, all_ in every) / 60)


def test_the_minutes_follow_from_the_levels():
    linear = Chapter.read("linear")
    levels = [one.levels[0] for one in linear.exercises.values()]
    core = levels.count("core") * MINUTES["core"] + DRILL
    assert 0 <= linear.exercising[0] - core < 5
    assert 0 <= linear.exercising[1] - DRILL - sum(MINUTES[level] for level in levels) < 5


def test_the_landing_page_says_the_computed_hours_and_types_none():
    page = Chapter.read("index")
    assert all(said in page.text for said in HOURS)
    shown = page.shown().text
    assert f"about {hours('core')} hours" in shown
    assert f"about {hours()}." in shown
    assert "{{" not in shown
    assert not re.search(r"\d+ hours", page.text)
    assert "{{" not in editions.as_text(editions.notebook("index"))


# What a reader sees.


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_exercise_shows_its_level_on_the_page_and_in_the_notebook(name):
    chapter = Chapter.read(name)
    boxes = [one for one in pieces(chapter.shown().text) if one.kind == "exercise"]
    notebook = editions.as_text(editions.notebook(name))
    assert len(boxes) == len(chapter.exercises)
    for box, one in zip(boxes, chapter.exercises.values(), strict=True):
        (level,) = one.levels
        assert f'<span class="level {level}">{level}</span>' in box.body
        assert f"### Exercise ({level}): {one.title}" in notebook
    assert set(LEVELS) >= {one.levels[0] for one in chapter.exercises.values()}


def test_a_label_names_the_goals():
    box = Directive(
        "```", "exercise", " T", ":label: ex-a-b\n:class: core goal-1 goal-3\n", "\nX\n"
    )
    assert labelled(box).body == '\n<span class="level core">core</span> for goals 1 and 3\n\nX\n'
    alone = Directive("```", "exercise", " T", ":label: ex-a-b\n", "\nX\n")
    assert labelled(alone) == alone
    assert markdown.plain(str(box), "linear").startswith("### Exercise (core): T")


def test_no_two_places_for_words_are_the_same_text():
    # An edit is found again by the text of its cell.
    for name in CHAPTERS:
        cells = [one.answer for one in Chapter.read(name).exercises.values() if one.answer]
        assert len(cells) == len(set(cells)), name


def test_each_core_chapter_has_one_cell_with_a_drill():
    found = {n: sum("drill(" in c.code for c in Chapter.read(n).cells) for n in CHAPTERS}
    assert {name for name, count in found.items() if count} == {*CORE}
    assert {*found.values()} == {0, 1}


def test_texts_have_the_level():
    assert {one.levels for one in all_exercises().values()} == {(level,) for level in LEVELS}


# How long it takes until the first gradient of a matrix.


def too_short(chapters):
    """The chapters whose head promises less than anybody can read."""
    return [one.name for one in chapters if one.minutes[0] < round(one.quickest())]


def test_no_head_promises_less_than_anybody_can_read():
    assert too_short(map(Chapter.read, CHAPTERS)) == []
    linear = Chapter.read("linear").text
    less = re.sub(r"an estimated \d+ minutes", "an estimated 20 minutes", linear)
    longer = linear.replace("## Exercises\n", "word " * 2000 + "\n\n## Exercises\n", 1)
    assert too_short([Chapter("less", less), Chapter("longer", longer)]) == ["less", "longer"]


def test_a_part_of_a_page_takes_a_part_of_its_minutes():
    linear = Chapter.read("linear")
    first, second = "## The layer and its shapes", "## The gradient with respect to the bias"
    assert 0 < linear.minutes_to(first) < linear.minutes_to(second) < linear.minutes[0]
    assert linear.minutes_to("## Exercises") == linear.minutes[0]
    with pytest.raises(ValueError, match="no heading '## None'"):
        linear.quickest("## None")


def test_words_code_and_figures_take_time_and_what_is_folded_takes_none():
    words = Chapter("a", f"# A\n\n{'word ' * 118}\n\n## Exercises\n")
    cell = "```{code-cell} ipython3\nx = 1\n```\n"
    figure = "```{code-cell} ipython3\n:tags: [hide-input]\n\nx = 1\n```\n"
    fold = ":::{dropdown} All letters\nword word\n:::\n"
    assert words.quickest() == 1
    for more, minutes in ((cell, 1 / 12), (figure, 0.5), ("$$\nx\n$$ (eq-a)\n", 0.5), (fold, 0)):
        text = words.text.replace("## Exercises", f"{more}\n## Exercises")
        assert Chapter("a", text).quickest() == pytest.approx(1 + minutes, abs=0.02)


def test_the_first_gradient_of_a_matrix_comes_within_an_hour():
    assert Chapter.read("first").minutes[0] <= 25
    assert Chapter.read("notation").minutes[0] <= 20
    assert Chapter.read("gradcheck").minutes[0] <= 40
    assert order()[1:5] == ["first", "notation", "linear", "gradcheck"]
    assert to_first_matrix() <= 60
    assert f"{to_first_matrix()} minutes in all" in Chapter.read("index").shown().text
    derivation = Chapter.read("linear").text.partition("\n### The same as a figure\n")
    assert "weights.line(dY.T @ X" in derivation[0]  # what is counted is there
    assert "by_hand(weights" in derivation[0]
