"""A known function is declared once: from that line it is printed, judged, measured and listed."""

import numpy as np
import pytest
import sympy
from backprop import derivation
from backprop.derivation import Derivation, DerivationError, NotProved, WrongStep, array, d, log
from backprop.derivation.language.functions import KNOWN, Known, function
from backprop.derivation.printing.page import known_functions
from backprop.derivation.printing.printer import latex, text
from evaluator import function as in_numpy

x, y = array("x"), array("y")
# What is not in the book: one line, as the declarations in language/functions.py are.
sin = Known("sin", tex=r"\sin", sympy=sympy.sin, slope=lambda x: cos(x))
cos = Known("cos", tex=r"\cos", sympy=sympy.cos, slope=lambda x: -sin(x))


@pytest.mark.parametrize("one", [*KNOWN.values(), sin, cos], ids=str)
def test_the_declared_derivative_is_proved(one):
    of = x if not one.of_positive else array("p", positive=True)
    made = Derivation(d(one(of), of)).line(one.slope(of), "its derivative")
    assert made.proved


@pytest.mark.parametrize("one", [*KNOWN.values(), sin, cos], ids=str)
def test_another_derivative_is_refuted(one):
    with pytest.raises(WrongStep):
        Derivation(d(one(x), x)).line(one.slope(x) + x, "(wrong)")


@pytest.mark.parametrize("one", KNOWN.values(), ids=str)
def test_what_sympy_computes_is_the_function_of_the_tests(one):
    at = sympy.Symbol("x", positive=True)
    for number in (0.3, 1.7):
        value = float(one.sympy(at).subs(at, number))
        assert np.isclose(value, in_numpy(one.name, 0)(number), rtol=1e-14)


@pytest.mark.parametrize("one", KNOWN.values(), ids=str)
def test_positivity_is_as_declared(one):
    points = [0.2, 0.7, 3] if one.of_positive else [-3, -0.2, 0, 0.7]
    assert one.positive == bool(np.all(in_numpy(one.name, 0)(np.array(points)) > 0))


def test_a_new_function_is_one_line():
    assert (latex(sin(x)), text(sin(x))) == (r"\sin(x)", "sin(x)")
    Derivation(sin(x) + sin(x)).line(2 * sin(x), "twice")
    Derivation(d(log(sin(x)), x)).line(cos(x) / sin(x), "chain rule of one variable")
    with pytest.raises(NotProved):  # of sin no rule says anything
        Derivation(sin(x) ** 2 + cos(x) ** 2).line(1, "true, and no rule for it")
    with pytest.raises(WrongStep):
        Derivation(sin(x + y)).line(sin(x) + sin(y), "(wrong)")


def test_the_list_on_the_page_and_the_names_of_the_package_are_the_declarations():
    assert [name for name, *_ in known_functions()] == [*KNOWN]
    assert {*KNOWN} - {*derivation.__all__} == {"abs"}  # that of Python makes it
    assert all(getattr(derivation, name, KNOWN["abs"]) is one for name, one in KNOWN.items())
    assert abs(x) == KNOWN["abs"](x)
    assert function("tanh") is KNOWN["tanh"]


def test_the_derivative_of_a_known_function_is_to_be_written_out():
    derivative = r"write the derivative of tanh out: 1 − \(tanh\(x\)\)\^2"
    with pytest.raises(DerivationError, match=derivative):
        _ = KNOWN["tanh"].prime
