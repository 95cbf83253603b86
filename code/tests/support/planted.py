"""Wrong functions for the exercises: one of the right formulas is exchanged for another one."""

import inspect

import numpy as np
from backprop.exercises.formulas import evaluate, namespace, right_answer
from backprop.exercises.tables import EXERCISES, Exercise
from backprop.exercises.trying.inputs import FIRST, draw, probes

FUNCTIONS = {name: e for name, e in EXERCISES.items() if isinstance(e, Exercise)}


def takes(exercise):
    """{name: what it holds} of all that the exercise's quantities need."""
    return {n: spec for quantity in exercise.returns for n, spec in quantity.takes.items()}


def telling_inputs(exercise):
    """The first set of inputs that `check` uses."""
    return next(iter(probes(takes(exercise)))).inputs


def other_inputs(quantity, seed):
    return draw(quantity.takes, FIRST, np.random.default_rng(seed))


def value(quantity, formula, inputs):
    """The value of a formula as an array; None if it has none on these inputs."""
    found = evaluate(formula, namespace(quantity, inputs))
    return None if found is None else np.asarray(found)


def answer(exercise, quantity=None, change=None):
    """A function, or a class, that solves the exercise, except that `change` alters one quantity.

    change(names, right) gives the wrong value.
    """

    def of(part, inputs):
        names = namespace(part, inputs)
        right = right_answer(part, names)
        if part is not quantity:
            return right
        return change(names, right)

    def values(**inputs):
        found = [of(part, inputs) for part in exercise.returns]
        shaped = [
            tuple(map(int, v)) if p.shape.isdigit() and v.ndim == 1 and v.dtype.kind in "iu" else v
            for p, v in zip(exercise.returns, map(np.asarray, found), strict=True)
        ]
        return shaped[0] if len(shaped) == 1 else tuple(shaped)

    if exercise.kind == "layer":
        return _layer(exercise, of)
    parameters = [
        inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in takes(exercise)
    ]
    values.__signature__ = inspect.Signature(parameters)
    return values


def _layer(exercise, of):
    first = [n for n in exercise.takes if n != "dY"]

    class Planted:
        def forward(self, *arrays):
            self.inputs = dict(zip(first, arrays, strict=True))
            return of(exercise.returns[0], {"dY": None, **self.inputs})

        def backward(self, dY):
            return of(exercise.returns[1], {**self.inputs, "dY": dY})

    return Planted


def by_formula(formula):
    """A change that takes the value of another formula."""
    return lambda names, right: evaluate(formula, names)
