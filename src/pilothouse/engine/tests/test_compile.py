# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

import numpy as np

from pilothouse.engine._compile import is_compiling, kernel


@kernel
def doubled(number):
    return 2 * number


@kernel
def total(numbers):
    found = 0
    for number in numbers:
        found += doubled(number)
    return found


def test_a_kernel_calls_another_and_gives_what_the_function_gives():
    numbers = np.arange(1, 11)

    assert total(numbers) == total.function(numbers) == 110
    assert is_compiling()
    assert hasattr(total.compiled(), "py_func")


def run(words, **more):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}
    command = [sys.executable, "-c", words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()


def test_without_a_compiler_kernels_run_as_they_stand():
    words = (
        "import numpy as np\n"
        "from pilothouse.engine._compile import is_compiling, kernel\n"
        "total = kernel(lambda numbers: sum(numbers))\n"
        "print(is_compiling(), total(np.arange(4)))"
    )

    assert run(words, NUMBA_DISABLE_JIT="1") == ["False", "6"]


def test_a_process_that_must_stay_small_runs_kernels_as_they_stand():
    words = (
        "import sys\n"
        "from pilothouse.engine._compile import is_compiling, run_uncompiled\n"
        "from pilothouse.engine.schedule import warm\n"
        "run_uncompiled()\n"
        "warm()\n"
        "print(is_compiling(), 'numba' in sys.modules, 'numpy' in sys.modules)"
    )

    assert run(words) == ["False", "False", "True"]


def test_without_a_compiler_numbers_wrap_around_in_silence():
    words = (
        "import warnings; warnings.simplefilter('error')\n"
        "import numpy as np\n"
        "from pilothouse.engine._compile import kernel\n"
        "double = kernel(lambda number: number * np.uint64(2))\n"
        "print(double(np.uint64(2**63)))"
    )

    assert run(words, NUMBA_DISABLE_JIT="1") == ["0"]


def test_importing_the_package_loads_no_compiler_and_no_solver():
    words = (
        "import sys, pkgutil, importlib, pilothouse.engine as engine\n"
        "for found in pkgutil.walk_packages(engine.__path__, 'pilothouse.engine.'):\n"
        "    if '.tests' not in found.name: importlib.import_module(found.name)\n"
        "print(*(name in sys.modules for name in ('numba', 'ortools', 'pandas')))"
    )

    assert run(words) == ["False", "False", "False"]


def test_compiled_code_is_kept_by_the_sources(tmp_path):
    words = (
        "import numpy as np, numba\n"
        "from pilothouse.engine._compile import _numba\n"
        "print(_numba().config.CACHE_DIR)"
    )

    kept = run(words, XDG_CACHE_HOME=str(tmp_path))[0]

    assert kept.startswith(str(tmp_path / "pilothouse" / "kernels-"))
    assert run(words, XDG_CACHE_HOME=str(tmp_path))[0] == kept


def test_the_first_compilation_is_told_and_what_is_kept_is_known(tmp_path):
    words = (
        "import numpy as np\n"
        "from pilothouse.engine import _compile\n"
        "from pilothouse.engine.network.topology import build_topology\n"
        "_compile.on_compiling(lambda: print('compiling'))\n"
        "build_topology([-1, -1], [0], [1])\n"
        "print(_compile.is_kept())\n"
        "_compile.keep()\n"
        "print(_compile.is_kept())"
    )

    assert run(words, XDG_CACHE_HOME=str(tmp_path)) == ["compiling", "False", "True"]
    assert run(words, XDG_CACHE_HOME=str(tmp_path)) == ["True", "True"]


def test_a_borrowing_kernel_never_counts_from_the_end(tmp_path):
    script = tmp_path / "kernels_cells.py"
    script.write_text(
        "import numpy as np\n"
        "from pilothouse.engine._compile import borrowing, kernel\n"
        "@kernel\n"
        "def wrapping(cells, number):\n"
        "    return cells[number]\n"
        "@borrowing\n"
        "def plain(cells, number):\n"
        "    return cells[number]\n"
        "print(wrapping(np.arange(3), -1))\n"
        "try:\n"
        "    print(plain(np.arange(3), -1))\n"
        "except IndexError:\n"
        "    print('refused')\n"
    )
    words = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import kernels_cells"

    # With that switch the compiler refuses what it else would read outside of the array.
    more = {"NUMBA_BOUNDSCHECK": "1", "XDG_CACHE_HOME": str(tmp_path)}
    assert run(words, **more) == ["2", "refused"]


def test_calls_with_whole_numbers_of_any_kind_share_their_code(tmp_path):
    script = tmp_path / "kernels_counts.py"
    script.write_text(
        "from pilothouse.engine._compile import kernel\n"
        "@kernel\n"
        "def counted(number):\n"
        "    return number + 1\n"
        "@kernel\n"
        "def counts(numbers):\n"
        "    return counted(numbers[0]) + counted(len(numbers)) + counted(3)\n"
    )
    words = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import numpy as np\n"
        "from kernels_counts import counted, counts\n"
        "print(counts(np.array([5, 6], np.int32)), len(counted.compiled().signatures))"
    )

    # What is kept on disk is not compiled again, so this looks at a process that keeps nothing yet.
    assert run(words, XDG_CACHE_HOME=str(tmp_path)) == [str(6 + 3 + 4), "1"]
