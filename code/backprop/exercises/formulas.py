"""What a formula of the tables is worth on given inputs: names, sizes, values."""

import ast
import builtins
import functools
import importlib
import math
import operator
import types
import warnings
from importlib.util import find_spec

import numpy as np

import backprop

from .tables import QUANTITIES

KINDS = type, types.FunctionType, types.BuiltinFunctionType, np.ufunc


def _library():
    """{name: function or class} of the library and of each module that has a table of its name."""
    chapters = sorted({quantity.chapter for quantity in QUANTITIES.values()})
    found = [find_spec(f"backprop.{chapter}") for chapter in chapters]
    modules = [backprop, *(importlib.import_module(spec.name) for spec in found if spec)]
    things = [pair for module in modules for pair in vars(module).items()]
    # Not the engine's operations, which have the names of the functions that they are made of.
    return {name: thing for name, thing in things if isinstance(thing, KINDS)}


LIBRARY = _library()
LARGE = 20_000  # the product of all sizes
MISFITS = (ValueError, TypeError, IndexError, AttributeError, ArithmeticError, NameError)
MISFITS += (MemoryError,)
PLAIN = {"large", "positive", "probabilities", "labels", "targets", "mask", "number", "whole"}
PLAIN |= {"function", "share", "few", "zeros"}


class SmoothFunction:
    """f(x) = Σ_i c_i sin(x_i) + (Σ_i x_i)³/10, a scalar for every array: something to measure."""

    def __init__(self, rng):
        self.phase = float(rng.uniform(0.3, 1))

    def __call__(self, x):
        x = np.asarray(x)
        weights = 1 + np.arange(x.size).reshape(x.shape) / 3
        return (weights * np.sin(x + self.phase)).sum() + x.sum() ** 3 / 10


@functools.lru_cache(maxsize=8192)
def _compiled(formula):
    return _without_warnings(formula)


def _compiled_tree(tree):
    return _without_warnings(ast.fix_missing_locations(ast.Expression(tree)))


def _without_warnings(formula):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a slip may put an index after a number
        return compile(formula, "<formula>", "eval")


def letters(spec):
    """The sizes in "S C large": ["S", "C"]."""
    return [word for word in spec.split() if word not in PLAIN]


def sizes_of(quantity, inputs):
    """{"S": 5, …} from the shapes of the inputs.

    Raises ValueError if an input is missing or does not have the shape that `takes` names.
    """
    sizes = {}
    for name, spec in quantity.takes.items():
        if name not in inputs:
            raise ValueError(
                f"{quantity.name} is judged on {', '.join(quantity.takes)}; {name} is missing"
            )
        shape, dims = np.shape(inputs[name]), letters(spec)
        wanted = tuple(sizes.get(d, d) for d in dims)
        if len(shape) != len(dims) or any(
            sizes.setdefault(d, n) != n for d, n in zip(dims, shape, strict=True)
        ):
            raise ValueError(f"{quantity.name} expects {name} of shape {wanted}, got {shape}")
    return sizes


def namespace(quantity, inputs):
    """Every name that a formula of this quantity may use; for large inputs only what is needed."""
    names = {**LIBRARY, "np": np, **sizes_of(quantity, inputs), **inputs}
    needed = _needed(quantity) if is_large(quantity, names) else quantity.where
    for name, formula in quantity.where.items():
        if name in needed:
            names[name] = evaluate(formula, names)
    return names


def is_large(quantity, names):
    """Whether the sizes are too large to try every wrong formula: some have an index for each."""
    if quantity.holds == "function":  # which does not try all indices
        return sum(np.size(names[name]) for name in quantity.takes) > LARGE
    dims = {letter for spec in quantity.takes.values() for letter in letters(spec)}
    return math.prod(names[letter] for letter in dims if not letter.isdigit()) > LARGE


def _needed(quantity):
    """The `where` names that the right formula uses, directly or not."""
    needed, open_ = set(), [quantity.exact or quantity.formula]
    while open_:
        used = words(open_.pop()) & set(quantity.where) - needed
        needed |= used
        open_ += [quantity.where[name] for name in used]
    return needed


def words(formula):
    """All names in a formula."""
    return {node.id for node in ast.walk(ast.parse(formula)) if isinstance(node, ast.Name)}


def evaluate(formula, names):
    """The value of a formula; None if its shapes do not meet."""
    with np.errstate(all="ignore"):
        try:
            return eval(_compiled(formula), names)
        except MISFITS:
            return None


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.MatMult: operator.matmul,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}


def worth(tree, names, memo):
    """The value of a formula that is given as a tree; None if its shapes do not meet.

    Thousands of wrong formulas share most of their branches: `memo` keeps what each is worth.
    """
    found = memo.get(id(tree))
    if found is None:
        try:
            value = _worth(tree, names, memo)
        except MISFITS:
            value = None
        found = memo[id(tree)] = (tree, value)  # with the tree: its id stays its own
    return found[1]


def _part(tree, names, memo):
    value = worth(tree, names, memo)
    if value is None and not _is_none(tree, names):
        raise ValueError("a part has no value")
    return value


def _is_none(tree, names):
    match tree:
        case ast.Constant(value):
            return value is None
        case ast.Name(name):
            return name in names and names[name] is None
    return False


def _worth(tree, names, memo):
    match tree:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return names[name] if name in names else getattr(builtins, name)
        case ast.BinOp(left, sign, right) if type(sign) in OPERATORS:
            left, right = _part(left, names, memo), _part(right, names, memo)
            return OPERATORS[type(sign)](left, right)
        case ast.UnaryOp(ast.USub(), inner):
            return -_part(inner, names, memo)
        case ast.Compare(left, [sign], [right]) if type(sign) in OPERATORS:
            left, right = _part(left, names, memo), _part(right, names, memo)
            return OPERATORS[type(sign)](left, right)
        case ast.Attribute(inner, name):
            return getattr(_part(inner, names, memo), name)
        case ast.Subscript(inner, place):
            return _part(inner, names, memo)[worth(place, names, memo)]
        case ast.Tuple(parts):
            return tuple(worth(part, names, memo) for part in parts)
        case ast.Slice(None, None, None):
            return slice(None)
        case ast.Call(function, given, keywords):
            given = [_part(one, names, memo) for one in given]
            more = {k.arg: _part(k.value, names, memo) for k in keywords}
            return _part(function, names, memo)(*given, **more)
    return eval(_compiled_tree(tree), names)


def right_answer(quantity, names):
    """The right answer as an array of floats."""
    return np.asarray(evaluate(quantity.exact or quantity.formula, names), dtype=np.float64)


def alike(quantity, names):
    """Groups of inputs and `where` names that hold matrices or vectors of the same shape."""
    groups = {}
    for name in (*quantity.takes, *quantity.where):
        value = names.get(name)
        if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind == "f":
            groups.setdefault(value.shape, []).append(name)
    return tuple(map(tuple, groups.values()))
