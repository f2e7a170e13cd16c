# SPDX-License-Identifier: Apache-2.0
"""The side process: what it runs, what it may use, and how it is ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from pilothouse.engine.errors import FormatError

CONVERTER = "org.mpxj.sample.MpxjConvert"
SECONDS = 60
MEMORY_MEGABYTES = 512
FILE_MEGABYTES = 200
"""Largest file that the process may write."""
_OUT_OF_MEMORY = 3

_NOT_NEEDED = ("sqlite-jdbc", "jackcess", "junit", "opentest4j", "apiguardian", "jgoodies")
"""Jars of MPXJ for data bases, tests and windows; they stay out of the process."""

_OPTIONS = (
    f"-Xmx{MEMORY_MEGABYTES}m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxMetaspaceSize=128m",
    "-XX:CompressedClassSpaceSize=64m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    # XML that refers to something outside gets nothing.
    "-Djavax.xml.accessExternalDTD=",
    "-Djavax.xml.accessExternalSchema=",
    "-Djavax.xml.accessExternalStylesheet=",
    "-Djdk.xml.entityExpansionLimit=1",
    # Where the network cannot be taken away, every connection leads to a closed door.
    "-DsocksProxyHost=127.0.0.1",
    "-DsocksProxyPort=9",
    "-Djava.net.useSystemProxies=false",
)


@dataclass(frozen=True, slots=True)
class Converter:
    """A Java runtime and the folder with the jars of MPXJ."""

    java: Path
    jars: Path

    def convert(self, source: Path, target: Path, *, seconds: float = SECONDS) -> None:
        """Turn a file into Microsoft Project XML.

        Parameters
        ----------
        source, target : Path
            In one folder, which is also the home and the place for temporary files.
        seconds : float
            Of the clock, after which the process is killed.

        Raises
        ------
        FormatError
            ``mpxj.too_slow``, ``mpxj.memory``, ``mpxj.unreadable``.
        """
        folder = source.parent
        java = (
            str(self.java),
            *_OPTIONS,
            f"-Djava.io.tmpdir={folder}",
            f"-Duser.home={folder}",
            "-cp",
            os.pathsep.join(map(str, self._class_path())),
            CONVERTER,
            str(source),
            str(target),
        )
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 (our own arguments, no shell text of others)
                [*_walls(), *java],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={"LC_ALL": "C.UTF-8", "HOME": str(folder)},
                start_new_session=True,
            )
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                raise FormatError(
                    "mpxj.too_slow",
                    f"The file takes longer than {seconds:g} seconds to convert; save the plan as "
                    "Microsoft Project XML and read that.",
                ) from None
            finally:
                _end(process)
        if code == _OUT_OF_MEMORY:
            raise FormatError(
                "mpxj.memory",
                f"The file needs more than {MEMORY_MEGABYTES} MB of memory to convert; save the "
                "plan as Microsoft Project XML and read that.",
            )
        if code != 0 or not target.is_file():
            _refuse_unreadable(folder / "said")

    def _class_path(self) -> list[Path]:
        return sorted(
            jar for jar in self.jars.glob("*.jar") if not jar.name.startswith(_NOT_NEEDED)
        )


def find_converter() -> Converter:
    """The Java runtime on the path and the jars of the package ``mpxj``.

    Raises
    ------
    FormatError
        ``mpxj.no_java``, ``mpxj.no_jars``: what to install.
    """
    java = shutil.which("java")
    if java is None:
        raise FormatError(
            "mpxj.no_java",
            "This kind of file needs a Java runtime, and there is none here. Install Java 11 or "
            "newer (on Debian: apt-get install default-jre-headless), or save the plan as "
            "Microsoft Project XML.",
        )
    spec = find_spec("mpxj")
    for folder in (spec and spec.submodule_search_locations) or ():
        jars = Path(folder) / "lib"
        if (jars / "mpxj.jar").is_file():
            return Converter(Path(java), jars)
    raise FormatError(
        "mpxj.no_jars",
        "This kind of file needs MPXJ, which is not installed. Install it with: pip install "
        "'pilothouse[mpp]', or save the plan as Microsoft Project XML.",
    )


@cache
def _walls() -> tuple[str, ...]:
    """What stands before the command: bounds of the system, and no network where it can be."""
    shell, apart = shutil.which("sh"), shutil.which("unshare")
    if shell is None:
        return ()
    bounds = "; ".join(
        f"ulimit {bound} 2>/dev/null"
        for bound in (f"-t {2 * SECONDS}", f"-f {FILE_MEGABYTES * 2048}", "-c 0")
    )
    walls = (shell, "-c", f'{bounds}; exec "$@"', "convert")
    alone = (apart or "", "--map-root-user", "--net")
    if apart and _works((*alone, "true")):
        return (*walls, *alone)
    return walls


def _works(command: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 (our own arguments)
            command, capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process with all it started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


def _refuse_unreadable(said: Path) -> NoReturn:
    lines = said.read_bytes()[:100_000].decode("utf-8", "replace").splitlines()
    told = next((line for line in lines if "Exception" in line), "")
    reason = told.rpartition(": ")[2].strip()[:200] if ": " in told else ""
    raise FormatError(
        "mpxj.unreadable",
        "MPXJ cannot read this file: it is damaged, protected by a password or of a kind that it "
        f"does not know{f' ({reason})' if reason else ''}. Save the plan as Microsoft Project XML "
        "and read that.",
    )
