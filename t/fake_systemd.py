# SPDX-License-Identifier: MIT
"""A bus of one's own, and systemd on it as far as fettle asks for it:
org.freedesktop.systemd1 with a few units.

    with fake_systemd.bus(folder) as address: ...

The file is a program as well, which plays systemd on the bus at ADDRESS:

    fake_systemd.py ADDRESS
"""

import os
import subprocess
import sys
from contextlib import contextmanager

from harness import die_with_parent

try:
    import dbus
    import dbus.mainloop.glib
    import dbus.service
    from gi.repository import GLib
except ImportError as error:
    MISSING = f"python3-dbus and python3-gi: {error}"
else:
    MISSING = ""

BUS = """\
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def address(folder):
    return f"unix:path={folder}/bus"


@contextmanager
def started(*command, ready):
    """A program, from when it has said that it is ready on."""
    with subprocess.Popen(command, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL,
                          preexec_fn=die_with_parent) as process:
        try:
            assert ready in process.stdout.readline(), command
            yield
        finally:
            process.kill()


@contextmanager
def bus(folder, systemd=True):
    """The bus at address(folder), for as long as the block lasts."""
    config = os.path.join(folder, "bus.conf")
    with open(config, "w") as file:
        file.write(BUS.format(socket=os.path.join(folder, "bus")))
    with started("dbus-daemon", f"--config-file={config}", "--nofork",
                 "--nopidfile", "--print-address", ready=b"unix:"):
        if not systemd:
            yield address(folder)
            return
        with started(sys.executable, "-B", __file__, address(folder),
                     ready=b"ready"):
            yield address(folder)


# --- the program -------------------------------------------------------------

MANAGER = "org.freedesktop.systemd1.Manager"
ROOT = "/org/freedesktop/systemd1"
UNKNOWN = 2**64 - 1

# name: ActiveState, loaded, properties of its type
UNITS = {
    "nginx.service": ("active", True, {
        "Type": "notify", "Restart": "on-failure",
        "ExecStart": ["/usr/sbin/nginx"], "RemainAfterExit": False,
        "NRestarts": "u2", "MemoryCurrent": 5 << 20, "TasksCurrent": 5,
        "CPUUsageNSec": 1_500_000_000, "MainPID": "u4711"}),
    "broken.service": ("failed", True, {
        "NRestarts": "u5", "MemoryCurrent": UNKNOWN, "TasksCurrent": UNKNOWN,
        "CPUUsageNSec": UNKNOWN}),
    "starting.service": ("activating", True, {"NRestarts": "u0"}),
    "dev-disk\\x2da.mount": ("active", True, {"MemoryCurrent": 4096}),
    "daily.timer": ("active", True, {}),
    "asleep.service": ("inactive", False, {
        "NRestarts": "u0", "MemoryCurrent": UNKNOWN}),
}


def path_of(name):
    letters = (c if c.isalnum() else f"_{ord(c):02x}" for c in name)
    return f"{ROOT}/unit/{''.join(letters)}"


def row(name):
    """What ListUnits has of a unit; one that there is none of is not found."""
    state = UNITS[name][0] if name in UNITS else "inactive"
    load = "loaded" if name in UNITS else "not-found"
    return (name, f"What {name} does", load, state, "sub", "", path_of(name),
            0, "", "/")


def typed(value):
    """Numbers of 64 bits, those of 32 written with a u, and others."""
    if isinstance(value, bool):
        return dbus.Boolean(value)
    if isinstance(value, int):
        return dbus.UInt64(value)
    if isinstance(value, list):
        return dbus.Array(value, signature="s")
    return dbus.UInt32(value[1:]) if value[1:].isdigit() else value


def play(where):
    class Manager(dbus.service.Object):
        @dbus.service.method(MANAGER, out_signature="a(ssssssouso)")
        def ListUnits(self):
            return [row(name) for name in UNITS if UNITS[name][1]]

        @dbus.service.method(MANAGER, in_signature="as",
                             out_signature="a(ssssssouso)")
        def ListUnitsByNames(self, names):
            return [row(name) for name in names if "." in name]

    class Unit(dbus.service.Object):
        def __init__(self, connection, name):
            super().__init__(connection, path_of(name))
            self.type = name.rpartition(".")[2].title()
            self.properties = {
                k: typed(v) for k, v in UNITS[name][2].items()}

        @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s",
                             out_signature="a{sv}")
        def GetAll(self, interface):
            assert interface == f"org.freedesktop.systemd1.{self.type}"
            return self.properties

    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    connection = dbus.bus.BusConnection(where)
    kept = [Manager(connection, ROOT)]
    kept += [Unit(connection, name) for name in UNITS]
    kept.append(dbus.service.BusName("org.freedesktop.systemd1", connection))
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    play(sys.argv[1])
