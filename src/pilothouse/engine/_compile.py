# SPDX-License-Identifier: Apache-2.0
"""The one door to the compiler: loops over arrays that run as machine code where Numba is.

A kernel is a plain function over numbers and numpy arrays, marked with ``@kernel``. Nothing is
imported or compiled until it is first called; where Numba is missing it runs as it stands, slowly
and with the same results. Compiled code is kept on disk, in a folder named after the sources of
all kernels, so that a changed helper never meets code that was compiled with the old one.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, update_wrapper
from pathlib import Path
from types import FunctionType
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

SOURCES = "kernels*.py"
"""Where kernels live: in files of this name, in any room."""
_LOCK = threading.RLock()
_UNCOMPILED = threading.Event()
_TOLD: list[Callable[[], None]] = []
_MARK = "complete"
_TRUSTED: set[str] = set()
"""How the names begin that the compiler gives to kernels that borrow."""


class Kernel(Generic[P, T]):
    """A function that is compiled when it is first called, with the kernels that it calls."""

    def __init__(
        self, function: Callable[P, T], *, inline: bool = False, borrows: bool = False
    ) -> None:
        self.function = function
        self._inline, self._borrows = inline, borrows
        self._compiled: Callable[P, T] | None = None
        self._plain: Callable[P, T] | None = None
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return (self._compiled or self.compiled())(*args, **kwargs)

    def compiled(self) -> Callable[P, T]:
        """What runs: Numba's dispatcher, or the function as it stands without a compiler."""
        with _LOCK:
            if self._compiled is None:
                self._compiled = self._compile()
            return self._compiled

    def plain(self) -> Callable[P, T]:
        """The function with the plain functions of the kernels that it calls."""
        with _LOCK:
            if self._plain is None:
                self._plain = self._naming(Kernel.plain)
            return self._plain

    def _naming(self, of: Callable[[Kernel[..., Any]], Callable[..., Any]]) -> Callable[P, T]:
        """The function with something else where its source names other kernels."""
        function = self.function
        assert isinstance(function, FunctionType)
        names = dict(function.__globals__)
        for name in function.__code__.co_names:
            if isinstance(value := names.get(name), Kernel):
                names[name] = of(value)
        seen = FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, None
        )
        seen.__module__, seen.__qualname__ = function.__module__, function.__qualname__
        return seen

    def _as_it_stands(self, *args: P.args, **kwargs: P.kwargs) -> T:
        function: Callable[..., T] = self.plain()
        with _silence():
            if self._borrows:
                return function(*map(_viewed, args), **kwargs)
            return function(*args, **kwargs)

    def _compile(self) -> Callable[P, T]:
        numba = None if _UNCOMPILED.is_set() else _numba()
        if numba is None:
            return self._as_it_stands
        # The compiler must see its own dispatchers where the source names other kernels.
        seen = self._naming(Kernel.compiled)
        options: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}
        options["no_cfunc_wrapper"] = True
        options["no_cpython_wrapper"] = self.function.__name__.startswith("_")
        if self._borrows:
            options["_nrt"] = False
            parts = f"{self.function.__module__}.{self.function.__qualname__}".split(".")
            _TRUSTED.add("_ZN" + "".join(f"{len(part)}{part}" for part in parts))
        if self._inline:
            options = {"nogil": True, "inline": "always"}
        compiled = numba.njit(**options)(seen)
        _share_code(numba, compiled)
        found: Callable[P, T] = compiled
        return found


def kernel(function: Callable[P, T]) -> Kernel[P, T]:
    """Mark a function over arrays as one to compile.

    It may use numbers, numpy arrays, tuples of them, and other kernels; division by zero gives
    infinity or NaN, as in numpy. It must not be a closure. Several threads may run it at once.
    """
    return Kernel(function)


def borrowing(function: Callable[P, T]) -> Kernel[P, T]:
    """A kernel that makes no arrays and gives none back.

    It reads and writes arrays of one dimension cell by cell, and never counts from the end: a
    number below 0 reads outside of the array. ``NUMBA_BOUNDSCHECK=1`` finds those that do. The
    arrays are not counted in and out at its calls, which makes those with many arrays, or with
    tuples of them, several times faster.
    """
    return Kernel(function, borrows=True)


def inlined(function: Callable[P, T]) -> Kernel[P, T]:
    """A small kernel whose code is put in the place of each call from another kernel."""
    return Kernel(function, inline=True)


def is_compiling() -> bool:
    """Whether kernels run as machine code here."""
    return not _UNCOMPILED.is_set() and _numba() is not None


def run_uncompiled() -> None:
    """Let kernels that were not called yet run as they stand, in a process that must stay small.

    The compiler and what it compiled take 150 MB.
    """
    _UNCOMPILED.set()


def on_compiling(tell: Callable[[], None]) -> None:
    """Have ``tell`` called when this process first has to compile what is not kept on disk."""
    if tell not in _TOLD:
        _TOLD.append(tell)


def is_kept() -> bool:
    """Whether everything that ``keep`` was called for lies on disk; False without a compiler."""
    return importlib.util.find_spec("numba") is not None and (_folder() / _MARK).is_file()


def keep() -> None:
    """Note that all kernels of these sources have been compiled."""
    if _numba() is not None:
        (_folder() / _MARK).touch()


def _silence() -> AbstractContextManager[Any]:
    """Let numbers wrap around and be divided by zero in silence, as compiled loops do."""
    numpy = sys.modules.get("numpy")
    return nullcontext() if numpy is None else numpy.errstate(all="ignore")


def _viewed(value: Any) -> Any:
    """An array, or a tuple of them, as something that plain Python reads cell by cell faster."""
    if isinstance(value, tuple):
        cells = map(_viewed, value)
        return value._make(cells) if hasattr(value, "_make") else tuple(cells)
    return memoryview(value) if hasattr(value, "__array_interface__") and value.ndim else value


def _share_code(numba: Any, compiled: Any) -> None:
    """Let calls from other kernels with whole numbers of any kind run the same code.

    Numba would compile the function anew for 32 bits, for 64, and for every number that is
    written in a call. Its arithmetic is of 64 bits anyway.
    """
    template, types = compiled.get_call_template, numba.types

    def common(kind: Any) -> Any:
        kind = types.unliteral(kind)
        return types.int64 if kind in types.signed_domain else kind

    def found(args: Any, kws: Any) -> Any:
        return template(tuple(map(common, args)), {name: common(kws[name]) for name in kws})

    compiled.get_call_template = found


@cache
def _numba() -> Any:
    if importlib.util.find_spec("numba") is None:
        return None
    numba = importlib.import_module("numba")
    if not os.environ.get("NUMBA_CACHE_DIR"):
        numba.config.CACHE_DIR = str(_folder())
    _listen()
    _trust_indices()
    return None if numba.config.DISABLE_JIT else numba


def _trust_indices() -> None:
    """Let kernels that borrow read cells without asking whether a number counts from the end.

    Numba asks at each cell of an array for every number that has a sign, which takes a sixth of
    the time of such loops and has no switch. Should its insides change, they are left as they are.
    """
    arrays: Any = importlib.import_module("numba.np.arrayobj")
    position = importlib.import_module("numba.core.types").intp
    general = getattr(arrays, "fix_integer_index", None)
    if general is None:
        return

    def fix_integer_index(context: Any, builder: Any, kind: Any, index: Any, size: Any) -> Any:
        if builder.function.name.startswith(tuple(_TRUSTED)):
            return context.cast(builder, index, kind, position)
        return general(context, builder, kind, index, size)

    arrays.fix_integer_index = fix_integer_index


def _listen() -> None:
    """Tell those who want to know of the first compilation."""
    event = importlib.import_module("numba.core.event")

    class First(event.Listener):  # type: ignore[name-defined, misc] # known only at run time
        def on_start(self, _: Any) -> None:
            while _TOLD:
                _TOLD.pop()()

        def on_end(self, _: Any) -> None:
            """Nothing to do."""

    event.register("numba:compile", First())


def _folder() -> Path:
    """Where compiled code of these sources is kept: with the user's caches, else temporarily."""
    version = importlib.import_module("importlib.metadata").version
    engine = Path(__file__).resolve().parent
    versions = f"{sys.version_info} {version('numba')}"
    told = hashlib.sha256(f"{versions} {Path(__file__).read_text()}".encode())
    for source in sorted(engine.rglob(SOURCES)):
        told.update(source.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(home) / "pilothouse" / f"kernels-{told.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="pilothouse-kernels-"))
