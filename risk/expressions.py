"""The small language in which staff write rules: ``total > 300 and visitor_is_new == 1``.

Names are the facts of an order, numbers and texts are themselves; there are comparisons, ``and``,
``or``, ``not``, ``in``, plain arithmetic, ``min``, ``max`` and ``abs``. Nothing else is
understood, so a rule can neither loop, nor call, nor reach anything but the facts it is given.
"""

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

MAX_LENGTH, MAX_NODES = 500, 120
Facts = Mapping[str, float | str]
Value = float | str | bool | tuple
Step = Callable[[Facts], Value]

ARITHMETIC: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type, Callable] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, many: value in many,
    ast.NotIn: lambda value, many: value not in many,
}
FUNCTIONS: dict[str, Callable] = {"min": min, "max": max, "abs": abs}


class ExpressionError(ValueError):
    """The text is no rule; the message says where and what to write instead."""


class CannotTell(Exception):
    """The rule is sound but these facts do not let it be answered (a missing one, x / 0)."""


@dataclass(frozen=True)
class Expression:
    """A rule that was understood; call it with the facts of an order."""

    text: str
    names: frozenset[str]
    step: Step

    def __call__(self, facts: Facts) -> bool:
        """Whether the rule holds. Raises CannotTell when the facts do not say."""
        try:
            return bool(self.step(facts))
        except (KeyError, ZeroDivisionError, TypeError, OverflowError, ValueError) as error:
            raise CannotTell(f"{type(error).__name__}: {error}") from error


def parse(text: str, names: Collection[str]) -> Expression:
    """Understand a rule over ``names``; raise ExpressionError otherwise."""
    if not text.strip():
        raise ExpressionError(_("The rule is empty."))
    if len(text) > MAX_LENGTH:
        raise ExpressionError(_("A rule has at most %(most)s characters.") % {"most": MAX_LENGTH})
    try:
        tree = ast.parse(" ".join(text.split()), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        place = getattr(error, "offset", None) or 1
        raise ExpressionError(
            _("Not understood near character %(place)s. Write for example: %(example)s")
            % {"place": place, "example": "total > 300 and visitor_is_new == 1"}
        ) from error
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise ExpressionError(_("The rule is too long. Split it into two rules."))
    used = frozenset(
        node.id for node in nodes if isinstance(node, ast.Name) and node.id not in FUNCTIONS
    )
    for name in sorted(used - set(names)):
        close = get_close_matches(name, names, 1)
        hint = _(" Did you mean %(name)s?") % {"name": close[0]} if close else ""
        raise ExpressionError(_("Unknown fact: %(name)s.") % {"name": name} + hint)
    return Expression(text, used, _compile(tree.body))


def _compile(node: ast.AST) -> Step:
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.Name) and node.id not in FUNCTIONS:
        name = node.id
        return lambda facts: facts[name]
    if isinstance(node, ast.Tuple | ast.List):
        parts = [_compile(part) for part in node.elts]
        return lambda facts: tuple(part(facts) for part in parts)
    if isinstance(node, ast.BoolOp):
        return _bool(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        inner = _compile(node.operand)
        change: Callable = operator.not_ if isinstance(node.op, ast.Not) else operator.neg
        return lambda facts: change(inner(facts))
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        return _pair(ARITHMETIC[type(node.op)], node.left, node.right, numbers=True)
    if isinstance(node, ast.Compare) and all(type(op) in COMPARISONS for op in node.ops):
        return _compare(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node)
    raise ExpressionError(
        _("This is not allowed in a rule: %(what)s.") % {"what": ast.unparse(node)[:40]}
    )


def _constant(value: object) -> Step:
    if not isinstance(value, int | float | str) or (isinstance(value, str) and len(value) > 100):
        raise ExpressionError(_("A rule knows numbers and short texts only."))
    return lambda facts: value


def _bool(node: ast.BoolOp) -> Step:
    parts = [_compile(part) for part in node.values]
    if isinstance(node.op, ast.And):
        return lambda facts: all(part(facts) for part in parts)
    return lambda facts: any(part(facts) for part in parts)


def _pair(act: Callable, left: ast.AST, right: ast.AST, *, numbers: bool = False) -> Step:
    one, two = _compile(left), _compile(right)

    def step(facts: Facts) -> Value:
        first, second = one(facts), two(facts)
        # Text times a number would let a short rule fill the memory.
        if numbers and not (isinstance(first, int | float) and isinstance(second, int | float)):
            raise TypeError("arithmetic is for numbers")
        return act(first, second)

    return step


def _compare(node: ast.Compare) -> Step:
    sides = [node.left, *node.comparators]
    links = [
        _pair(COMPARISONS[type(op)], left, right)
        for op, left, right in zip(node.ops, sides[:-1], sides[1:], strict=True)
    ]
    return lambda facts: all(link(facts) for link in links)


def _call(node: ast.Call) -> Step:
    name = getattr(node.func, "id", "")
    if name not in FUNCTIONS or not node.args:
        raise ExpressionError(_("Unknown function: %(name)s.") % {"name": name})
    act, parts = FUNCTIONS[name], [_compile(part) for part in node.args]
    return lambda facts: act(*(part(facts) for part in parts))
