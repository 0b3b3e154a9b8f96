"""`python -m digitpad` is `digitpad`."""

import sys

from digitpad.cli.main import main

# A process that trains imports this file, too.
if __name__ == "__main__":
    sys.exit(main())
