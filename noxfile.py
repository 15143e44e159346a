"""The sessions of this repository; they have the same names on a laptop and in CI.

Needs:   nox and pip. Every session installs what else it needs, pinned by constraints.txt.
Ignores: how a job is scheduled; `.ci/run` only lists sessions.
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import nox

ROOT = Path(__file__).parent
CORE = nox.project.load_toml(ROOT / "packages/penstock/pyproject.toml")
GROUPS = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(CORE)
PACKAGES = sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("packages/*/pyproject.toml"))
EXAMPLES = sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("examples/*/pack/pyproject.toml"))

nox.options.sessions = ["tests", "lint", "types", "arrows", "docs"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False
nox.options.error_on_external_run = True


def install(session: nox.Session, *groups: str, packages: bool = True) -> None:
    """Install the named dependency groups and, unless told otherwise, our own packages and example packs from the tree."""
    wanted = sorted({name for group in groups for name in nox.project.dependency_groups(GROUPS, group)})
    pinned = ("--quiet", "--constraint", "constraints.txt")
    if packages:
        build = nox.project.dependency_groups(GROUPS, "build")
        session.install(*pinned, *build)
        editable = [word for path in (*PACKAGES, *EXAMPLES) for word in ("--editable", path)]
        session.install(*pinned, "--no-build-isolation", *editable, *wanted)
    else:
        session.install(*pinned, *wanted)


def pytest(session: nox.Session, *arguments: str, profile: str = "quick", limit: int = 600) -> None:
    """Run pytest; a single test that takes more than `limit` seconds has hung, and fails with its stack."""
    words = (f"--timeout={limit}", *arguments, *session.posargs)
    session.run("python", "-m", "pytest", *words, env={"HYPOTHESIS_PROFILE": profile})


def in_parallel() -> tuple[str, ...]:
    """The arguments that spread tests over processes; PENSTOCK_TEST_WORKERS says how many, 0 is none."""
    return ("-n", os.environ.get("PENSTOCK_TEST_WORKERS", "2"), "--dist=worksteal")


OTHERS = ("--ignore=tests/arrows", "--ignore=tests/docs")  # tests with sessions of their own


@nox.session
def demo(session: nox.Session) -> None:
    """Run the site-safety example, with its kill in the middle, and print the proof."""
    install(session)
    session.run("python", "examples/site-safety/demo.py", *session.posargs)


@nox.session(name="contracts-demo", default=False)
def contracts_demo(session: nox.Session) -> None:
    """Change the event contract of the site-safety example, and print what the gate says and the proof of it."""
    install(session)
    session.run("python", "examples/contract-gate/demo.py", *session.posargs)


@nox.session(name="policies-demo", default=False)
def policies_demo(session: nox.Session) -> None:
    """Run the site-safety example with a dead uplink under three policy files, and exchange one while it runs."""
    install(session)
    session.run("python", "examples/site-safety/policies_demo.py", *session.posargs)


@nox.session(name="trust-demo", default=False)
def trust_demo(session: nox.Session) -> None:
    """Sign, verify and install a pack, run a graph with it, then attack it in five ways and show five refusals; all on loopback."""
    install(session)
    session.run("python", "examples/trust/demo.py", *session.posargs)


@nox.session(name="pack-demo", default=False)
def pack_demo(session: nox.Session) -> None:
    """Make a pack, test, build and run it, bring a newer template to it, and catch the bad nodes of the zoo."""
    install(session, "test")
    session.run("python", "examples/new-pack/demo.py", *session.posargs)


@nox.session(name="compat-demo", default=False)
def compat_demo(session: nox.Session) -> None:
    """Find out where two packs work, publish it, ask questions of it, and find the dependency that broke one; all offline."""
    install(session, "test")
    session.run("python", "examples/compat/demo.py", *session.posargs)


@nox.session(default=False)
def compat(session: nox.Session) -> None:
    """Run the matrix of our own packages and write compat/reports; `-- --small` runs little of it and compares."""
    install(session, "test", "build")
    session.run("python", "compat/own.py", *session.posargs)


@nox.session(name="compat-browser", default=False)
def compat_browser(session: nox.Session) -> None:
    """Open the page of a compatibility report in the Chromium of this machine, and use it as people do."""
    install(session, "browser")
    pytest(session, "packages/penstock-compat/tests/report/test_in_a_browser.py")


def quick_tests(session: nox.Session) -> None:
    """Run every quick test of the packages and of what joins them."""
    install(session, "test")
    pytest(session, *in_parallel(), *OTHERS)


nox.session(quick_tests, name="tests")
for version in PYTHONS:
    nox.session(quick_tests, name=f"tests-{version}", python=version, default=False)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    install(session, "lint", packages=False)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of every package, strictly."""
    install(session, "types")
    session.run("mypy")


@nox.session
def arrows(session: nox.Session) -> None:
    """Check who imports whom, and what else the tree promises about itself."""
    install(session, "arrows")
    session.run("lint-imports", "--no-cache")
    pytest(session, "tests/arrows")


@nox.session
def docs(session: nox.Session) -> None:
    """Run the examples in the documentation and compare generated pages with the code."""
    install(session, "docs")
    pytest(session, "tests/docs")


@nox.session(default=False)
def deep(session: nox.Session) -> None:
    """Run the long tests, and every law with many more examples."""
    install(session, "test")
    pytest(session, *in_parallel(), *OTHERS, "-m", "deep or hypothesis", profile="deep", limit=7200)


@nox.session(name="contracts-suite", default=False)
def contracts_suite(session: nox.Session) -> None:
    """Ask the contracts engine about every pair of schemas of the official JSON-Schema-Test-Suite, and draw from each; bars are the programs'."""
    install(session, "test")
    fetched = Path(session.create_tmp())
    source = ("--no-binary", "jsonschema", "--no-deps", "--constraint", "constraints.txt")
    session.run("python", "-m", "pip", "download", "--quiet", *source, "--dest", str(fetched), "jsonschema")
    (archive,) = fetched.glob("jsonschema-*.tar.gz")  # the suite is in it, and in no wheel
    with tarfile.open(archive) as packed:
        packed.extractall(fetched, filter="data")
    suite = fetched / archive.name.removesuffix(".tar.gz") / "json"
    session.run("python", "packages/penstock-contracts/tests/laws/suite.py", str(suite), *session.posargs)
    session.run(
        "python", "packages/penstock-contracts/tests/strategies/suite_instances.py", str(suite), *session.posargs
    )


@nox.session(default=False)
def conformance(session: nox.Session) -> None:
    """Verify the real bundles in the sdists of pypi-attestations, offline, against the roots in that of sigstore."""
    install(session, "test")
    fetched = Path(session.create_tmp())
    sources = ("--no-binary", "sigstore,pypi-attestations", "--no-deps", "--constraint", "constraints.txt")
    asked = ("sigstore", "pypi-attestations")
    session.run("python", "-m", "pip", "download", "--quiet", *sources, "--dest", str(fetched), *asked)
    folders = []
    for name in ("sigstore", "pypi_attestations"):
        (archive,) = fetched.glob(f"{name}-*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(fetched, filter="data")
        folders.append(str(fetched / archive.name.removesuffix(".tar.gz")))
    session.run("python", "packages/penstock-trust/tests/conformance/run.py", *folders, *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Run the benchmarks, or those that are named after `--`, all of them before it is said which missed a bar."""
    install(session, "bench")
    others = {"soak.py"}  # it takes an hour, and has a session of its own
    paths = (path for path in ROOT.glob("benchmarks/*.py") if path.name not in others)
    chosen = session.posargs or sorted(str(path.relative_to(ROOT)) for path in paths)
    missed = []
    for path in chosen:
        try:
            session.run("python", path)
        except nox.command.CommandFailed:
            missed.append(path)
    if missed:
        session.error(f"bars were missed in {', '.join(missed)}")


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Let a graph run for an hour among kills and slow consumers (`-- --minutes N`); nothing may grow or get lost."""
    install(session, "bench")
    session.run("python", "benchmarks/soak.py", *session.posargs)


@nox.session(default=False)
def certify(session: nox.Session) -> None:
    """Try the store: 20,000 states after power cuts at each level, 2,000 killed processes; print the grade card."""
    install(session, "test")
    how_much = session.posargs or ("--states", "20000", "--kills", "2000")
    session.run("penstock", "store", "certify", *how_much)


@nox.session(default=False)
def news(session: nox.Session) -> None:
    """Print the news of every package as the next release would tell them."""
    install(session, "news", packages=False)
    for path in PACKAGES:
        project = nox.project.load_toml(ROOT / path / "pyproject.toml")["project"]
        told = ("--name", project["name"], "--version", project["version"])
        session.run("towncrier", "build", "--draft", "--config", "pyproject.toml", "--dir", path, *told)
