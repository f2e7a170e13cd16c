# SPDX-License-Identifier: Apache-2.0
"""``python -m pilothouse``: the same as the ``pilothouse`` command."""

import sys

from pilothouse.faces.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
