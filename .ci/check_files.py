"""Check files for what no other tool looks at: `python .ci/check_files.py [FILE …]`.

A text file ends with exactly one newline and no line ends with blanks; no file is larger than
12 MB, so that a clone stays small. Without arguments: all files that git tracks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MAX_BYTES = 12_000_000


def problems(path: Path) -> list[str]:
    """Return what is wrong with a file, as sentences."""
    found = []
    content = path.read_bytes()
    if len(content) > MAX_BYTES:
        found.append(f"{path}: larger than {MAX_BYTES:,} bytes")
    if not content or b"\0" in content[:8000]:  # empty or binary
        return found
    if not content.endswith(b"\n") or content.endswith(b"\n\n"):
        found.append(f"{path}: does not end with exactly one newline")
    for number, line in enumerate(content.splitlines(), start=1):
        if line.endswith((b" ", b"\t")):
            found.append(f"{path}:{number}: blanks at the end of the line")
    return found


def main() -> int:
    """Print what is wrong and return 1 if anything is."""
    names = sys.argv[1:]
    if not names:
        command = ["git", "ls-files", "-z"]
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        names = [name for name in listed.split("\0") if name]
    found = [problem for name in names if Path(name).is_file() for problem in problems(Path(name))]
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
