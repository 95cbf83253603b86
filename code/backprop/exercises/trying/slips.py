"""A slip of the pen: the program says another thing than its author meant.

`/ 2 * h` for `/ (2 * h)`, a return inside the loop, one array under two names, an axis that was not
kept. Each is looked for in the text, put right there, and the function run again: only if it is
right then, the slip was the cause, and only then it is spoken of.
"""

import ast
import copy
from dataclasses import dataclass

from .reading import definition, functions

MANY = 60  # repairs that are tried


@dataclass(frozen=True)
class Repair:
    """The function as it was perhaps meant: its tree, what to say, and a code if there is one."""

    says: str
    tree: ast.AST
    code: str = ""


def repairs(answer, takes):
    """The function with one slip put right, then with two."""
    node, text = definition(answer)
    if node is None:
        return []
    node = _bare(node)
    single = [*_all(node, takes), *_powers(node, text)]
    twice = [
        Repair(f"{first.says} {second.says}", second.tree, first.code and second.code)
        for first in single[:12]
        for second in _all(first.tree, takes)
        if second.says != first.says
    ]
    return [*single, *twice][:MANY]


def unchanged(answer):
    """The function as its text has it: does it the same as itself? None if there is no text."""
    node, _ = definition(answer)
    return None if node is None else Repair("", _bare(node))


def with_sizes(answer, places):
    """The function with "X.shape[0]" for 5, and so on, as `places` has it; None without a text."""
    node, _ = definition(answer)
    if node is None:
        return None
    tree = _bare(node)
    numbers = [one for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    new = {
        id(one): ast.parse(places[one.value], mode="eval").body
        for one in numbers
        if type(one.value) is int and one.value in places
    }
    return Repair("", copy.deepcopy(tree, new))


def built(answer, tree):
    """The function (or class) of a tree, in the names that the reader's own has around it."""
    own = functions(answer)[0]
    names = dict(own.__globals__)
    for name, cell in zip(own.__code__.co_freevars, own.__closure__ or (), strict=False):
        names[name] = cell.cell_contents
    if isinstance(tree, ast.Lambda):
        tree = ast.Assign([ast.Name("repaired", ast.Store())], tree)
    module = ast.fix_missing_locations(ast.Module([copy.deepcopy(tree)], []))
    exec(compile(module, "<repaired>", "exec"), names)
    return names[getattr(tree, "name", "repaired")]


def _bare(node):
    """Without decorators and annotations, which may do anything."""
    node = copy.deepcopy(node)
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef):
            part.decorator_list = []
        if isinstance(part, ast.FunctionDef):
            part.returns = None
        if isinstance(part, ast.arg):
            part.annotation = None
    return node


def _all(tree, takes):
    for node in ast.walk(tree):
        for rule in RULES:
            for says, new, code in rule(node, takes):
                yield Repair(says, copy.deepcopy(tree, {id(node): new}), code)


def _powers(node, text):
    """`^` for `**`: in the text, since the two bind differently."""
    if not any(isinstance(part, ast.BitXor) for part in ast.walk(node)):
        return
    lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
    indent = len(lines[0]) - len(lines[0].lstrip())
    try:
        tree = ast.parse("\n".join(line[indent:] for line in lines).replace("^", "**")).body[0]
    except (SyntaxError, IndexError):
        return
    if isinstance(tree, ast.FunctionDef | ast.ClassDef):
        yield Repair("`^` is no power in Python: write `**`.", _bare(tree), "slip")


def _binds(node, takes):
    """Operators that bind in another way than they look."""
    match node:
        case ast.BinOp(ast.BinOp(a, ast.Div(), b), ast.Mult(), c):
            new, over, by = ast.BinOp(b, ast.Mult(), c), _text(b), _text(c)
            says = f"`/ {over} * {by}` divides by {over} and then multiplies by {by}"
            yield f"{says}: write `/ ({_text(new)})`.", ast.BinOp(a, ast.Div(), new), "slip"
        case ast.BinOp(ast.BinOp(a, ast.Pow(), b), ast.Div(), c):
            new, power, by = ast.BinOp(b, ast.Div(), c), _text(b), _text(c)
            says = f"`** {power} / {by}` takes the power {power} and then divides by {by}"
            yield f"{says}: write `** ({_text(new)})`.", ast.BinOp(a, ast.Pow(), new), "slip"
        case ast.BinOp(a, ast.Add() | ast.Sub() as sign, inner):
            for new in (*_over_all(a, sign, inner), *_times_all(a, sign, inner)):
                says = f"`{_text(node)}` does its products and divisions first"
                yield f"{says}: brackets are missing, write `{_text(new)}`.", new, "slip"


def _times_all(first, sign, c):
    """a * (b + c) for a * b + c."""
    match first:
        case ast.BinOp(a, ast.Mult() | ast.Div() as op, b):
            yield ast.BinOp(a, op, ast.BinOp(b, sign, c))


def _over_all(a, sign, inner):
    """(a + b) / c for a + b / c, also where b / c is the first of several."""
    match inner:
        case ast.BinOp(b, ast.Div() | ast.Mult() as op, c):
            yield ast.BinOp(ast.BinOp(a, sign, b), op, c)
            for new in _over_all(a, sign, b):
                yield ast.BinOp(new, op, c)


def _axes(node, takes):
    """An axis that was not kept, or is missing in a vector."""
    reductions = ("sum", "mean", "max", "min")
    match node:
        case ast.Call(ast.Attribute(_, name), args, keywords) if name in reductions:
            given = {keyword.arg for keyword in keywords}
            if "keepdims" not in given and ("axis" in given or args):
                new = copy.copy(node)
                new.keywords = [*keywords, ast.keyword("keepdims", ast.Constant(True))]
                says = f"`{_text(node)}` drops its axis and lines up with the wrong one"
                yield f"{says}: try keepdims=True.", new, ""
        case ast.BinOp(left, ast.Mult() | ast.Div() | ast.Add() | ast.Sub(), right):
            for side, other in (("left", left), ("right", right)):
                if isinstance(other, ast.Name) and _is_vector(takes.get(other.id, "")):
                    new = copy.copy(node)
                    setattr(new, side, ast.parse(f"{other.id}[:, None]", mode="eval").body)
                    says = f"{other.id} has one axis, which is lined up with the last"
                    yield f"{says}: write `{other.id}[:, None]`.", new, ""


def _is_vector(spec):
    return len([word for word in spec.split() if word.isupper() and len(word) == 1]) == 1


def _sizes(node, takes):
    """An absolute value that is missing."""
    match node:
        case ast.BinOp(_, ast.Sub(), _):
            yield f"The absolute value is missing: np.abs({_text(node)}).", _absolute(node), ""
        case ast.Call(ast.Attribute(_, "maximum" | "minimum"), [left, right], []):
            new = copy.copy(node)
            new.args = [_absolute(left), _absolute(right)]
            yield f"Absolute values are missing: write `{_text(new)}`.", new, ""


def _absolute(node):
    return ast.Call(ast.parse("np.abs", mode="eval").body, [node], [])


def _returns(node, takes):
    """A return inside a loop."""
    if not isinstance(node, ast.FunctionDef):
        return
    for place, loop in enumerate(node.body):
        inside = [part for part in ast.walk(loop) if isinstance(part, ast.Return)]
        if isinstance(loop, ast.For | ast.While) and len(inside) == 1:
            new = copy.copy(node)
            passing = copy.deepcopy(loop, {id(inside[0]): ast.Pass()})
            new.body = [*node.body[:place], passing, inside[0], *node.body[place + 1 :]]
            says = "`return` is inside the loop, so the function ends in the first round"
            yield f"{says}: move it to the left, after the loop.", new, "slip"


def _names(node, takes):
    """One array under two names."""
    match node:
        case ast.Assign([ast.Name(new_name)], ast.Name(old)):
            new = copy.copy(node)
            new.value = _copied(old)
            says = f"`{new_name} = {old}` makes no copy: both are one array"
            yield f"{says}. Write `{new_name} = {old}.copy()`.", new, "slip"
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)):
            new = copy.copy(node)
            bare = [one for one in values if isinstance(one, ast.Name)]
            new.value = ast.Tuple([_copied(v.id) if v in bare else v for v in values], ast.Load())
            if bare and len(targets) == len(values):
                says = f"`{_text(node)}` makes no copies: the names are one array"
                yield f"{says}. Write `.copy()` after each.", new, "slip"
        case ast.Assign([ast.Name(first), ast.Name(second)], value):
            copied = value if not isinstance(value, ast.Name) else _copied(value.id)
            targets = ast.Tuple(list(node.targets), ast.Store())
            new = ast.Assign([targets], ast.Tuple([copied, copy.deepcopy(copied)], ast.Load()))
            says = f"`{first} = {second} = …` gives one array two names"
            yield f"{says}: make each its own, with .copy().", new, "slip"


def _copied(name):
    return ast.parse(f"{name}.copy()", mode="eval").body


def _text(node):
    return ast.unparse(ast.fix_missing_locations(node))


RULES = (_binds, _returns, _names, _axes, _sizes)
