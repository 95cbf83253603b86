"""What Python and NumPy would do with letters, and no author means: each is refused with a cure."""

from .errors import DerivationError, NotForSympy

OPERATORS = {
    "add": "+", "sub": "−", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%",
    "divmod": "divmod()", "pow": "**", "matmul": "@", "lshift": "<<", "rshift": ">>", "and": "&",
    "or": "|", "xor": "^",
}  # fmt: skip
OTHERS = {
    "neg": "−", "pos": "+", "abs": "abs()", "invert": "~", "round": "round()", "floor": "floor()",
    "ceil": "ceil()", "trunc": "int()", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "index": "range() or an index", "float": "float()", "int": "int()", "complex": "complex()",
    "iter": "a loop", "getitem": "[ ]",
}  # fmt: skip
AXIS = "ones(S) @ X adds the rows up, X @ ones(M) the columns, both of them all entries"
METHODS = {  # the names of NumPy, as methods and as functions: what to write instead
    "dot": "write A @ B",
    "matmul": "write A @ B",
    "inner": "write u @ v for vectors, inner(A, B) for matrices",
    "vdot": "write u @ v",
    "outer": "write outer(u, v), the name that comes with the derivations",
    "transpose": "write A.T",
    "diag": "write diag(v), the name that comes with the derivations",
    "trace": "write trace(A), the name that comes with the derivations",
    "inv": "write inverse(A), the name that comes with the derivations",
    "det": "write det(A), the name that comes with the derivations",
    "einsum": "write the indices, Sum(A[i, k] * B[k, j], (k, 1, M))",
    "multiply": "write A * B",
    "add": "write A + B",
    "subtract": "write A - B",
    "divide": "write A / B",
    "power": "write x ** 2, and A * A for an array",
    "square": "write x ** 2, and A * A for an array",
    "sqrt": "write sqrt(x), the name that comes with the derivations",
    "exp": "write exp(X), the name that comes with the derivations",
    "log": "write log(X), the name that comes with the derivations",
    "tanh": "write tanh(X), the name that comes with the derivations",
    "reshape": "shapes are given when an array is named",
    "max": "write Max(X[i, k], (k, 1, M)) for the largest of a row, maximum(A, B) for that of two",
    "argmax": "write argmax(X[i, k], (k, 1, M)), which is an index",
    "maximum": "write maximum(A, B), the name that comes with the derivations",
    "minimum": "write minimum(A, B), the name that comes with the derivations",
    "where": "write (X > 0) * A + (X < 0) * B",
    "sign": "write sign(x), the name that comes with the derivations",
    "absolute": "write abs(x)",
    "copy": "letters need no copies",
}
LETTER = (
    "is a letter of the derivations and no number; in NumPy, take sizes from the shape of an array"
)


def refusal(sign, cure):
    """A method that raises: what was tried, and what to write instead."""

    def refuse(self, *_, **__):
        raise DerivationError(f"{sign} does not work on letters such as {self}: {cure}")

    return refuse


class NoArithmetic:
    """Refuses every operator: for an index letter, or a function that is applied to nothing."""

    lesson = ""


def _no(sign):
    def refuse(self, *_):
        raise DerivationError(f"{sign} does not work on {self}: {self.lesson}")

    return refuse


for _name, _sign in OPERATORS.items():
    setattr(NoArithmetic, f"__{_name}__", _no(_sign))
    setattr(NoArithmetic, f"__r{_name}__", _no(_sign))
for _name, _sign in OTHERS.items():
    setattr(NoArithmetic, f"__{_name}__", _no(_sign))


class NotNumbers:
    """What stands for numbers that nobody knows: no loops, no order, none of NumPy's functions."""

    def __array__(self, *_, **__):
        raise DerivationError(f"{self} {LETTER}: np.array and NumPy's functions can't take it")

    def __array_ufunc__(self, function, method, *inputs, **options):
        self.__array_function__(function, (), inputs, options)

    def __array_function__(self, function, types, inputs, options):
        name = function.__name__
        if name in ("sum", "mean") and isinstance(inputs, tuple) and inputs[:1] == (self,):
            getattr(self, name)(*inputs[1:], **options)
        cure = METHODS.get(name, "write the formula with the names that come with the derivations")
        for one in inputs if isinstance(inputs, tuple) else ():
            self.check_operand(one)
        raise DerivationError(f"np.{name} does not work on letters such as {self}: {cure}")

    def check_operand(self, one):
        """Raises DerivationError for an array or a float of NumPy next to a letter."""
        if type(one).__module__ == "numpy":
            raise DerivationError(
                f"expected an expression or an exact number (int, Fraction), got {one!r}: "
                "numbers of NumPy are rounded, and can't be combined with letters"
            )

    def __getattr__(self, name):
        if name in METHODS:
            raise DerivationError(
                f".{name} does not work on letters such as {self}: {METHODS[name]}"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _sympy_(self):
        raise NotForSympy(
            f"SymPy's functions do not work on letters such as {self}: "
            "write exp(x) and the like, the names that come with the derivations"
        )

    def __bool__(self):
        return True  # or Python would ask for its length

    __iter__ = refusal("a loop", "write Sum(X[i, k], (i, 1, S)), and X[i, k] for an entry")
    __len__ = refusal("len()", 'write the letter of its axis, such as N in array("x", N)')
    __setitem__ = refusal("an assignment", "say what an array is in define={Y[i, j]: …}")
    __xor__ = __rxor__ = refusal("^", "write ** for a power, and .T for a transpose")
    __rpow__ = refusal("a power with a letter above", "write exp(x * log(2)) for 2 ** x")


PLAIN = "+, −, *, /, @ and ** are what there is"
for _name in ("le", "ge"):
    _order = "write X > 0, which is 0 or 1 for each entry; where both are equal there is a kink"
    setattr(NotNumbers, f"__{_name}__", refusal(OTHERS[_name], _order))
for _name in ("index", "float", "int", "complex", "round", "floor", "ceil", "trunc"):
    setattr(NotNumbers, f"__{_name}__", refusal(OTHERS[_name], f"it {LETTER}"))
for _name in ("floordiv", "mod", "divmod", "lshift", "rshift", "and", "or"):
    setattr(NotNumbers, f"__{_name}__", refusal(OPERATORS[_name], PLAIN))
    setattr(NotNumbers, f"__r{_name}__", refusal(OPERATORS[_name], PLAIN))
for _name in ("invert", "pos"):
    setattr(NotNumbers, f"__{_name}__", refusal(OTHERS[_name], PLAIN))
