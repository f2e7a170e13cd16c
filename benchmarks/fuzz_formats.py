# SPDX-License-Identifier: Apache-2.0
"""Spoil valid files of every own format and read them: 180,000 inputs as it stands.

    python benchmarks/fuzz_formats.py --inputs 20000 --seed 1

Each input is read, and a plan that is read is written in every format. Whatever is neither a
result nor an error of the engine, or takes more than five seconds of the processor, is a fault;
faults are written to ``--keep FOLDER`` and make the exit status 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pilothouse.engine.formats.tests.fuzzing import run, subjects


def main() -> int:
    """Print one line a format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000, help="of each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="one format by name")
    parser.add_argument("--keep", type=Path, help="folder for inputs that are faults")
    options = parser.parse_args()
    faults = inputs = 0
    print(
        f"{'format':10} {'inputs':>8} {'read':>7} {'refused':>8} {'codes':>6} "
        f"{'slowest ms':>11} {'cpu s':>7} {'faults':>7}"
    )
    for subject in subjects():
        if options.only not in ("", subject.name):
            continue
        begin = time.process_time()
        outcome = run(subject, options.inputs, options.seed)
        spent = time.process_time() - begin
        print(
            f"{subject.name:10} {outcome.inputs:8,} {outcome.read:7,} "
            f"{sum(outcome.codes.values()):8,} {len(outcome.codes):6} "
            f"{outcome.slowest * 1000:11.0f} {spent:7.1f} {len(outcome.faults):7}",
            flush=True,
        )
        inputs += outcome.inputs
        faults += len(outcome.faults)
        for number, (data, reason) in enumerate(outcome.faults[:20]):
            print(f"  {reason[:160]}")
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{subject.name}-{number}").write_bytes(data)
    print(f"{inputs:,} inputs with seed {options.seed}: {faults} faults.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
