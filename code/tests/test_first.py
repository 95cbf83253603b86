"""The chapter "A gradient in numbers": no number in its text can be wrong, and its sheet."""

import ast
import re

import numpy as np
import pytest
from backprop import MSE, Linear, ReLU, Sequential, check_gradients
from backprop.first import drawn, sheet, two_layers
from backprop.plotting import show
from book.chapters.chapter import Chapter

TEXT = Chapter.read("first").text
PROSE = re.sub(r"^```\{code-cell\}.*?^```", "", TEXT, flags=re.S | re.M)


def named(name):
    """What a cell of the chapter assigns to a name."""
    for cell in Chapter.read("first").cells:
        for node in ast.parse(cell.code).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                return eval(compile(ast.Expression(node.value), name, "eval"), {"np": np})
    raise KeyError(name)


NETWORK = [*named("(X, T)"), *named("(W, b)"), *named("(V, c)")]
FORWARD, BACKWARD = two_layers(*NETWORK)


# Sums in the prose: $A_{11} = 2 \cdot 1 + 1 \cdot (-1) + 3 = 4$.


def plain(tex):
    """Python for a side of an equation that is made of numbers alone; else None."""
    text = tex.replace(r"\cdot", "*").replace("−", "-").replace("·", "*").replace("^2", "**2")
    text = text.strip().rstrip(".,")
    return text if re.fullmatch(r"[\d\s.+*()-]+", text) and re.search(r"\d", text) else None


def equations(text):
    """[the sides of it] of every equation in a line of text."""
    return [found.split("=") for found in re.findall(r"\$([^$\n]*=[^$\n]*)\$", text)]


def wrong_sums(text):
    """The equations whose sides of pure numbers differ, and how many of those there are."""
    numbers = [[eval(side) for side in map(plain, one) if side] for one in equations(text)]
    several = [one for one in numbers if len(one) > 1]
    return [one for one in several if not np.allclose(one, one[0])], len(several)


def test_every_sum_in_the_prose_is_right():
    wrong, count = wrong_sums(PROSE)
    assert wrong == []
    assert count > 25


def test_a_planted_sum_is_found():
    planted = PROSE.replace(r"3 \cdot (-2) - 3 = 3$", r"3 \cdot (-2) - 3 = 4$")
    assert planted != PROSE
    assert wrong_sums(planted)[0] == [[3, 4]]


ENTRY = r"(\\partial L/\\partial )?([A-Z])_\{(\d)(\d)\}"


def wrong_entries(text):
    """Where the text says of an entry of the network another number than the network has."""
    found = []
    for sides in equations(text):
        entry = re.fullmatch(ENTRY, sides[0].strip())
        value = plain(sides[-1])
        if entry and value:
            values = BACKWARD if entry[1] else FORWARD
            name = ("∂L/∂" if entry[1] else "") + entry[2]
            number = values[name][int(entry[3]) - 1, int(entry[4]) - 1]
            found.append((name, number, eval(value)))
    return [one for one in found if one[1] != one[2]], len(found)


def test_every_entry_in_the_text_is_that_of_the_network():
    wrong, count = wrong_entries(PROSE.split("## Exercises")[0])
    assert wrong == []
    assert count >= 12
    planted = PROSE.split("## Exercises")[0].replace(r"= -4$", "= 4$")
    assert wrong_entries(planted)[0] == [("∂L/∂H", -4, 4), ("∂L/∂A", -4, 4)]


def matrices(text):
    rows = [found.split(r"\\") for found in re.findall(r"\\begin\{bmatrix\}(.*?)\\end", text)]
    sides = [[row.split("&") for row in found] for found in rows]
    return [[[eval(plain(one)) for one in row] for row in found] for found in sides]


def test_the_matrices_in_the_text_are_those_of_the_cells():
    X, T, W, b, V, c = NETWORK
    table = matrices(TEXT.split("## A network")[1].split("### Forward")[0])
    wanted = [X, T, W, b[:, None], V, c[:, None]]
    assert len(table) == 6
    assert all(map(np.array_equal, table, wanted))


def test_the_two_samples_add_up_to_the_matrix_product():
    part = TEXT.split("## From numbers")[1].split("## One nudge")[0]
    one, two, *more = matrices(part)
    H, dY, dV = FORWARD["H"], BACKWARD["∂L/∂Y"], BACKWARD["∂L/∂V"]
    first, second = np.outer(dY[0], H[0]), np.outer(dY[1], H[1])
    wanted = [first, second, first, second, dV, dY.T, H, dV]
    assert len(wanted) == 2 + len(more)
    assert all(map(np.array_equal, [one, two, *more], wanted))


def compared(by_hand):
    """What the chapter's own cells say of numbers written by hand."""
    names = dict(zip("XTWbVc", NETWORK, strict=True)) | {"np": np, "by_hand": by_hand}
    for cell in Chapter.read("first").cells:
        if "numbers" in cell.code and "by_hand" in cell.code or "def by_numpy" in cell.code:
            exec(cell.code, names)


def test_what_is_written_by_hand_is_compared_with_numpy_by_the_page():
    by_hand = named("by_hand")
    assert {"A", "H", "Y", "L", "dY", "dH", "dA", "dV", "dc", "dW", "db", "dX"} == set(by_hand)
    compared(by_hand)
    for name, value in by_hand.items():
        wrong = np.array(value, dtype=float)
        wrong.flat[-1] += 1
        with pytest.raises(AssertionError, match=name):
            compared(by_hand | {name: wrong})


def test_the_sheet_is_that_of_the_library():
    X, T, W, b, V, c = NETWORK
    first, second = Linear(2, 2, rng=0), Linear(2, 2, rng=0)
    first.params.update(weight=W.astype(float), bias=b.astype(float))
    second.params.update(weight=V.astype(float), bias=c.astype(float))
    network, loss = Sequential(first, ReLU(), second), MSE()
    Y = network.forward(X.astype(float))
    assert loss.forward(Y, T.astype(float)) == FORWARD["L"] == 11.5
    dX = network.backward(loss.backward())
    found = {"X": dX, "W": first.grads["weight"], "b": first.grads["bias"]}
    found |= {"V": second.grads["weight"], "c": second.grads["bias"]}
    for name, array in found.items():
        np.testing.assert_allclose(array, BACKWARD[f"∂L/∂{name}"])
    assert check_gradients(network, X.astype(float)).passed


def test_the_numbers_tell_mistakes_apart():
    """Integers, no bias of 0, no upstream gradient of ones; ReLU cuts off one entry."""
    X, T, W, b, V, c = NETWORK
    dY, A = BACKWARD["∂L/∂Y"], FORWARD["A"]
    assert all(np.all(array == array.round()) for array in [*BACKWARD.values(), FORWARD["Y"]])
    assert np.all(b != 0)
    assert np.all(c != 0)
    assert np.unique(abs(dY)).size >= 3
    assert (A < 0).sum() == 1
    assert np.all(A != 0)
    for array in (X, W, V, BACKWARD["∂L/∂W"], BACKWARD["∂L/∂V"]):
        assert not np.array_equal(array, array.T)
    right, H, dA = BACKWARD["∂L/∂W"], FORWARD["H"], BACKWARD["∂L/∂A"]
    dH = BACKWARD["∂L/∂H"]
    wrong = [X.T @ dA, dH.T @ X, dA.T @ H, dA.T @ X / 2, dA @ X, dY.T @ X]
    assert not any(np.array_equal(right, one) for one in wrong)


def test_the_sheet_asks_for_sample_two_and_for_every_sum():
    asked = sheet(*NETWORK)
    entries = [tuple(one["entry"]) for one in asked.steps]
    assert len(entries) == len(set(entries)) == 27
    for one in asked.steps:
        name, row, column = one["entry"]
        values = asked.rows["Forward →" if name in FORWARD else "← Backward"][name]
        cells = values.reshape(len(values), -1) if values.ndim else values.reshape(1, 1)
        assert one["value"] == cells[row, column]
        assert f"{one['value']:g}" not in one["slips"]
        assert one["label"].startswith(name)
    rows = {name: {row for other, row, _ in entries if other == name} for name, _, _ in entries}
    sample_two = {"A", "H", "Y", "∂L/∂Y", "∂L/∂H", "∂L/∂A", "∂L/∂X"}
    assert {name for name, asked_rows in rows.items() if asked_rows == {1}} == sample_two
    known = set()  # what a step needs is given, or was asked before
    for one in asked.steps:
        later = {tuple(e) for e in entries} - known
        assert not {tuple(use) for use in one["uses"]} & later, one["label"]
        known.add(tuple(one["entry"]))


def test_the_sheet_is_drawn_with_all_its_numbers():
    svg = show(drawn(sheet(*NETWORK)), alt="The whole sheet, with all its numbers.").svg
    assert svg.count(">11.5<") == 1
    assert svg.count(">−8<") == 1
