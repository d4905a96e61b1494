"""The Python model, changed one place at a time: run in a child process and played to."""

import ast
import copy
import importlib
import importlib.util
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from hardware.gate import limits
from hardware.gate.mutants.change import Change
from hardware.gate.mutants.tape import Tape, differs

FILES = ("interlock.py", "leaf.py", "memory.py", "model.py", "session.py", "supervision.py")
HERE = Path(limits.__file__).parent
PATIENCE_S = 300  # for what never ends
_FIRST = 12
Written = tuple[Tape, tuple[bytes, ...]]
_BENCH_ONLY = {"pack", "image"}  # what writes a new EEPROM is no part of a controller
_COMPARE: dict[type[ast.cmpop], tuple[ast.cmpop, ...]] = {
    ast.Lt: (ast.LtE(), ast.GtE()),
    ast.LtE: (ast.Lt(), ast.Gt()),
    ast.Gt: (ast.GtE(), ast.LtE()),
    ast.GtE: (ast.Gt(), ast.Lt()),
    ast.Eq: (ast.NotEq(),),
    ast.NotEq: (ast.Eq(),),
    ast.Is: (ast.IsNot(),),
    ast.IsNot: (ast.Is(),),
    ast.In: (ast.NotIn(),),
    ast.NotIn: (ast.In(),),
}
_BINARY: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
    ast.LShift: ast.RShift(),
    ast.RShift: ast.LShift(),
    ast.Mod: ast.FloorDiv(),
    ast.FloorDiv: ast.Mult(),
}


def changes(files: Sequence[str] = FILES) -> Iterator[Change]:
    for file in files:
        yield from python_changes(file, (HERE / file).read_text())


def python_changes(file: str, text: str) -> Iterator[Change]:
    tree = ast.parse(text)
    counts: dict[tuple[str, str, str], int] = {}
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        if function.name in _BENCH_ONLY:
            continue
        for statement in _statements(function.body):
            was = _shown(statement)
            for changed in _changed(statement):
                becomes = _shown(changed)
                nth = counts[function.name, was, becomes] = counts.get((function.name, was, becomes), 0) + 1
                source = ast.unparse(ast.fix_missing_locations(_with(tree, statement, changed)))
                yield Change(file, function.name, was, becomes, nth, source)


def _shown(statement: ast.stmt) -> str:
    return ast.unparse(statement).splitlines()[0]


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        for name in ("body", "orelse"):
            yield from _statements(getattr(statement, name, ()))
        for case in getattr(statement, "cases", ()):
            yield from _statements(case.body)


def _with(tree: ast.Module, old: ast.stmt, new: ast.stmt) -> ast.Module:
    class Exchange(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else super().generic_visit(node)

        visit = generic_visit

    memo = {id(old): old}  # the one node that stays itself
    changed: ast.Module = Exchange().generic_visit(copy.deepcopy(tree, memo))  # type: ignore[assignment]
    return changed


def _changed(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statement without its blocks, in every other way."""
    if isinstance(statement, ast.Assign | ast.AugAssign) or _is_call(statement):
        yield ast.Pass()
    for at, node in enumerate(_own(statement)):
        for new in _others(node):
            twin = copy.deepcopy(statement)
            yield _replaced(twin, list(_own(twin))[at], new)


def _is_call(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def _own(statement: ast.stmt) -> Iterator[ast.expr]:
    """Its expressions, but not those of the statements inside it, nor what only types are told with."""
    for name, value in ast.iter_fields(statement):
        if name in ("body", "orelse", "annotation", "cases"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.expr):
                yield from (node for node in ast.walk(part) if isinstance(node, ast.expr))


def _replaced(statement: ast.stmt, old: ast.expr, new: ast.expr) -> ast.stmt:
    class Exchange(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(node)

    Exchange().visit(statement)
    return statement


def _others(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left, kinds, right):
            for at, kind in enumerate(kinds):
                yield from (
                    ast.Compare(left, [*kinds[:at], other, *kinds[at + 1 :]], right) for other in _COMPARE[type(kind)]
                )
        case ast.BoolOp(kind, values):
            yield ast.BoolOp(ast.Or() if isinstance(kind, ast.And) else ast.And(), values)
        case ast.BinOp(left, kind, right) if type(kind) in _BINARY:
            yield ast.BinOp(left, _BINARY[type(kind)], right)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case _:
            yield from _other_values(node)


def _other_values(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Name(name) | ast.Attribute(_, name) if name.endswith("_MS") and name.isupper():
            yield from (ast.BinOp(node, kind, ast.Constant(1)) for kind in (ast.Add(), ast.Sub()))


# --- play -----------------------------------------------------------------------------------------------------------


def survives(change: Change, tapes: Sequence[Written], noticed: Counter[int] | None = None) -> bool:
    """In a child, which ends whatever the change does to it.

    noticed: how often each tape noticed a change; those that did most are played first.
    """
    noticed = Counter() if noticed is None else noticed
    first = [number for number, _ in noticed.most_common(_FIRST)]
    order = [*first, *(number for number in range(len(tapes)) if number not in first)]
    told, tells = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE_S)
        status = 1  # whatever a broken model raises is noticed
        try:
            number = _noticing(change, tapes, order)
            status = 0 if number is None else 1
            os.write(tells, b"" if number is None else str(number).encode())
        finally:
            os._exit(status)
    os.close(tells)
    _, status = os.waitpid(child, 0)
    if said := os.read(told, 16):
        noticed[int(said)] += 1
    os.close(told)
    return status == 0


def _noticing(change: Change, tapes: Sequence[Written], order: Sequence[int]) -> int | None:
    """The first tape of which the changed model makes something else."""
    begin = _changed_model(change).GateModel
    return next((number for number in order if differs(begin, *tapes[number])), None)


def _changed_model(change: Change) -> ModuleType:
    for file in (*FILES, "lane.py"):
        sys.modules.pop(f"hardware.gate.{file.removesuffix('.py')}", None)
    name = f"hardware.gate.{change.file.removesuffix('.py')}"
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(change.source, change.file, "exec"), vars(module))
    return importlib.import_module("hardware.gate.model")
