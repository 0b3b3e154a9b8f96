"""One command for each check: `nox -s NAME`, or `nox` for all of them; `nox -l` lists them.

The sessions use the environment that nox itself runs in, the one that README's second command
makes. `.ci/run`, the workflow on GitHub and the pre-commit hooks call these sessions too.
"""

from __future__ import annotations

import json
import os
import sysconfig
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2024.4"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "imports", "spelling", "docs", "coverage"]

_SCRIPTS = Path(sysconfig.get_path("scripts"))
_SUFFIX = ".exe" if os.name == "nt" else ""
_PROMISES = Path("tests/coverage.toml")
# Points of coverage: threads and processes do not take the same branches every time, and some tests
# need pen strokes that are not in the repository.
_SLACK = 5


def _run(session: nox.Session, tool: str, *arguments: str, **environment: str) -> None:
    """Run a tool of the environment that nox runs in, activated or not."""
    session.run(str(_SCRIPTS / f"{tool}{_SUFFIX}"), *arguments, env=environment, external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, on all processors."""
    _run(session, "pytest", "-n", "auto", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    _run(session, "ruff", "check", *session.posargs)
    _run(session, "ruff", "format", "--check", *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """Check types, over tests and benchmarks too."""
    _run(session, "mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Check which room imports from which."""
    _run(session, "lint-imports")


@nox.session
def spelling(session: nox.Session) -> None:
    """Look for common misspellings."""
    _run(session, "codespell", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Make the pages of the API from the docstrings, in build/api; a warning is an error."""
    # Only type checkers know that multiprocessing's Connection is generic, and the constructor of a
    # NamedTuple does not know the module in which pdoc could look up its types.
    ignored = [
        f"ignore:Error parsing type annotation {what}" for what in ("Connection", "ForwardRef")
    ]
    warnings = ",".join(["error", *ignored])
    arguments = ("digitpad", "--docformat", "numpy", "--output", "build/api")
    _run(session, "pdoc", *arguments, PYTHONWARNINGS=warnings, QT_QPA_PLATFORM="offscreen")


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests and check that each file is covered as tests/coverage.toml promises.

    A file without a promise is only a notice. `-- --no-tests` only checks what the last run
    measured; `-- --write` promises what was measured, less `_SLACK`, in multiples of it.
    """
    if "--no-tests" not in session.posargs:
        _run(session, "pytest", "-n", "auto", "--cov", "--cov-report=")
    report = Path(session.create_tmp()) / "coverage.json"
    _run(session, "coverage", "json", "--quiet", "-o", str(report))
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    measured = {
        name.replace(os.sep, "/"): int(file["summary"]["percent_covered"])
        for name, file in files.items()
    }
    if "--write" in session.posargs:
        lines = [
            f'"{name}" = {max(percent - _SLACK, 0) // _SLACK * _SLACK}\n'
            for name, percent in sorted(measured.items())
        ]
        header = _PROMISES.read_text(encoding="utf-8").split('"', 1)[0]
        _PROMISES.write_text(header + "".join(lines), encoding="utf-8", newline="\n")
    promised = tomllib.loads(_PROMISES.read_text(encoding="utf-8"))
    for name in sorted(measured.keys() - promised.keys()):
        session.warn(f"{name}: {measured[name]} % covered, no promise yet")
    broken = [
        f"{name}: {measured.get(name, 0)} % covered, {percent} % promised"
        for name, percent in promised.items()
        if measured.get(name, 0) < percent
    ]
    if broken:
        session.error(f"{_PROMISES} is not kept:\n" + "\n".join(broken))


@nox.session
def mutation(session: nox.Session) -> None:
    """Change the arithmetic in thousands of places and count what no test notices; takes hours.

    Needs mutmut, which runs on Linux and macOS. `-- NAME` runs some mutants only, such as
    `-- "digitpad.nn.functions*"`; `mutmut results` and `mutmut show NAME` say what survived.
    """
    _run(session, "mutmut", "run", *session.posargs, QT_QPA_PLATFORM="offscreen")


@nox.session
def lock(session: nox.Session) -> None:
    """Renew .ci/lock.txt, the versions that CI installs; needs uv."""
    command = "uv pip compile pyproject.toml --extra test --output-file .ci/lock.txt --upgrade"
    versions = "--universal --python-version 3.11 --generate-hashes"
    form = "--no-header --no-annotate --no-emit-index-url --quiet"
    session.run(*f"{command} {versions} {form}".split(), external=True)
