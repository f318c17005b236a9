# SPDX-License-Identifier: MIT
"""One browser for all that looks at the dashboard: t/50-dashboard.py, and
contrib/screenshots/make.

What drives it, t/dashboard/*.mjs, and what that takes from npm lie in
builddir/t/dashboard; pictures are put into builddir/t/artefacts."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

from harness import BUILDDIR, SRCDIR, STAGE, clean_environment, \
    die_with_parent

WWW = os.path.join(STAGE, "share", "fettle", "dashboard")
PICTURES = os.path.join(BUILDDIR, "t", "artefacts")
PLACE = os.path.join(BUILDDIR, "t", "dashboard")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def missing():
    """What cannot be done without, as a sentence; None: nothing."""
    if not CHROMIUM:
        return "chromium is missing"
    if not shutil.which("npm"):
        return "npm is missing"
    if not os.path.exists(os.path.join(WWW, "index.html")):
        return "fettle was built without the dashboard"
    return None


def content(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return None


def prepare():
    """The driver of the browser, from npm, beside the scenarios; what is
    there already is not asked for again."""
    os.makedirs(PLACE, exist_ok=True)
    sources = os.path.join(SRCDIR, "plugins/write/ringbuffer_http/dashboard")
    for path in (os.path.join(sources, "package.json"),
                 os.path.join(sources, "package-lock.json"),
                 *glob.glob(os.path.join(SRCDIR, "t/dashboard/*.mjs"))):
        target = os.path.join(PLACE, os.path.basename(path))
        if os.path.realpath(path) != os.path.realpath(target):
            shutil.copyfile(path, target)
    lock = content(os.path.join(PLACE, "package-lock.json"))
    installed = os.path.join(PLACE, "node_modules", "installed")
    if content(installed) == lock:
        return
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit",
                    "--no-fund"], cwd=PLACE, check=True,
                   stdin=subprocess.DEVNULL, stdout=sys.stderr)
    with open(installed, "wb") as f:
        f.write(lock)


class Browser:
    """Is started once and plays scenarios of t/dashboard/scenarios.mjs."""

    def __init__(self):
        prepare()
        os.makedirs(PICTURES, exist_ok=True)
        self.home = tempfile.TemporaryDirectory(prefix="fettle-")
        env = clean_environment(self.home.name, {
            "CHROMIUM": CHROMIUM, "HOME": self.home.name,
            "PICTURES": PICTURES})
        self.process = subprocess.Popen(
            ["node", "drive.mjs"], cwd=PLACE, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            preexec_fn=die_with_parent)

    def say(self, what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def look(self, d, scenario, *args, steps=()):
        """Plays a scenario at the hub d; steps: functions that it calls by
        their names."""
        named = {step.__name__: step for step in steps}
        self.say([scenario, f"http://127.0.0.1:{d.port}/", *args])
        for line in self.process.stdout:
            answer = json.loads(line)
            if "please" not in answer:
                assert answer.get("ok"), answer["wrong"]
                return
            what, *more = answer["please"]
            named[what](*more)
            self.say("done")
        raise AssertionError("the browser has ended")

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(30)
        self.home.cleanup()
        assert code == 0, f"the browser ended with {code}"
