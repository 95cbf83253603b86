"""Formulas as trees: change a part, and share all the others."""

import ast
import functools


def text(tree):
    return ast.unparse(tree)


def anywhere(node, rule):
    """(what `rule` yields for a node, the tree in which this node is changed): root first."""
    for found in rule(node):
        yield found, found[1]
    for name, child in ast.iter_fields(node):
        if isinstance(child, ast.expr):
            for found, slipped in anywhere(child, rule):
                yield found, with_field(node, name, slipped)
        elif isinstance(child, list):
            for place, item in enumerate(child):
                if isinstance(item, ast.expr):
                    for found, slipped in anywhere(item, rule):
                        some = [*child[:place], slipped, *child[place + 1 :]]
                        yield found, with_field(node, name, some)


def with_field(node, field, value):
    """A copy of the node in which one field is another."""
    return type(node)(**{**dict(ast.iter_fields(node)), field: value})


def replaced(tree, parts):
    """The tree with other trees for some names; what has none of them stays the same object."""
    return changed(tree, lambda node: parts.get(node.id) if isinstance(node, ast.Name) else None)


def fully_opened(quantity, formula=""):
    """The tree of its formula, or of another one, without any defined name.

    The same object each time, as from `parsed`: its nodes can be told apart by what they are.
    """
    return _opened(formula or quantity.formula, tuple(quantity.where.items()))


@functools.lru_cache(maxsize=256)
def _opened(whole, where):
    parts = {}
    for name, formula in where:
        parts[name] = replaced(parsed(formula), parts)
    return replaced(parsed(whole), parts)


def decided(tree, decisions):
    """The tree with other trees for some of its nodes."""
    return changed(tree, decisions.get)


def changed(tree, other):
    """The tree in which a node is `other(node)`, unless that is None."""
    new = other(tree)
    if new is not None:
        return new
    fields = {name: _changed(child, other) for name, child in ast.iter_fields(tree)}
    same = all(fields[name] is child for name, child in ast.iter_fields(tree))
    return tree if same else type(tree)(**fields)


def _changed(child, other):
    if isinstance(child, list):
        new = [_changed(one, other) for one in child]
        return child if all(a is b for a, b in zip(new, child, strict=True)) else new
    return changed(child, other) if isinstance(child, ast.expr | ast.keyword) else child


@functools.lru_cache(maxsize=2048)
def parsed(formula):
    """The tree of a formula: the same object for the same text."""
    return ast.parse(formula, mode="eval").body


def filled(template, **parts):
    """The template with trees for some of its names: filled("A @ B.T", A=…, B=…)."""
    return replaced(parsed(template), parts)


def product(left, right):
    return ast.BinOp(left, ast.Mult(), right)


def transposed(node):
    return ast.Attribute(node, "T", ast.Load())


def calls(function, *given):
    return ast.Call(parsed(function), list(given), [])


def is_name(node, name):
    return isinstance(node, ast.Name) and node.id == name


def names_in(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@functools.lru_cache(maxsize=512)
def names_of(formula):
    """All names in the text of a formula."""
    return frozenset(names_in(parsed(formula)))


def without_one(tree, names):
    """The calls `further.f(X=X, wrong=…, …)["dX"]` in which one wrong argument is right again.

    Nothing for any other formula, and for a call with a single wrong argument.
    """
    match tree:
        case ast.Subscript(ast.Call(ast.Attribute(ast.Name("further")), [], keywords) as call):
            wrong = [k for k in keywords if not is_name(k.value, k.arg)]
        case _:
            return []
    if len(wrong) < 2:
        return []
    others = []
    for one in wrong:
        right = [ast.keyword(one.arg, ast.Name(one.arg, ast.Load()))] if one.arg in names else []
        some = [k for k in keywords if k is not one] + right
        others.append(with_field(tree, "value", with_field(call, "keywords", some)))
    return others
