# SPDX-License-Identifier: MIT
"""The programs that fettle stands beside, each configured to do the same."""

import json
import os
import socket
from contextlib import contextmanager

import bench
from bench import harness

TYPES = "/usr/share/collectd/types.db"


# --- collectd ----------------------------------------------------------------

def need_collectd():
    bench.need_program("collectd", "collectd-core")


def collectd_reads(mounts):
    """The configuration for what cpu, memory and disk read."""
    points = "".join(f'MountPoint "{m}"\n' for m in mounts)
    return "LoadPlugin cpu\nLoadPlugin memory\nLoadPlugin df\n" \
        f"<Plugin df>\n{points}</Plugin>\n"


def collectd_command(path, config):
    """Writes the configuration; what starts it in the foreground."""
    file = bench.write(path, "collectd.conf", text=f"""\
Hostname "bench"
FQDNLookup false
BaseDir "{path}"
PIDFile "{path}/pid"
TypesDB "{TYPES}"
Interval 1
{config}""")
    return [bench.need_program("collectd", "collectd-core"), "-f", "-C", file]


@contextmanager
def collectd(config):
    with bench.directory() as path, \
            bench.running(collectd_command(path, config), path) as process:
        yield process


# --- servers: each is a context of (port, pid) ------------------------------

TOKEN = "a-token-of-some-length"


def need_hub():
    need_wrk()
    bench.need_plugin("ringbuffer_http")


@contextmanager
def hub(cpu, ring=None, **plugins):
    """fettled; as with all others, anybody here may read.  ring: more of what
    is said to ringbuffer_http."""
    port = harness.free_port()
    with bench.fettled({"plugins": {"ringbuffer_http": {
            "listen": f"127.0.0.1:{port}", "records": 1000,
            "open_read": True, "token_file": "token", **(ring or {})},
            **plugins}}, cpu, files={"token": TOKEN}) as d:
        yield port, d.pid


def wait_for_port(port, process):
    def there():
        assert process.poll() is None, "the server has ended"
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    harness.wait_until(there, what=f"port {port}")


@contextmanager
def server(command, path, port, cpu):
    with bench.running(command, path, cpu) as process:
        wait_for_port(port, process)
        yield port, process.pid


def need_fastapi():
    bench.need_modules("fastapi", "uvicorn")


@contextmanager
def fastapi(cpu, app="fastapi_hub"):
    port = harness.free_port()
    with bench.directory() as path, server(
            [bench.PYTHON, "-B", "-m", "uvicorn", f"{app}:app",
             "--app-dir", bench.HERE, "--port", str(port),
             "--log-level", "warning", "--no-access-log"],
            path, port, cpu) as running:
        yield running


def need_nginx():
    bench.need_program("nginx", "nginx-light")


# By sendfile it would be slower: files that are in memory are copied faster.
NGINX = """\
daemon off;
pid {path}/pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    sendfile off;
    output_buffers 2 512k;
    keepalive_requests 1000000000;
    default_type application/json;
    client_body_temp_path {path}/body;
    proxy_temp_path {path}/proxy;
    fastcgi_temp_path {path}/fastcgi;
    uwsgi_temp_path {path}/uwsgi;
    scgi_temp_path {path}/scgi;
    server {{ listen 127.0.0.1:{port}; root {path}/root; }}
}}
"""


@contextmanager
def nginx(cpu, files):
    """Serves files, name -> text."""
    port = harness.free_port()
    with bench.directory() as path:
        os.mkdir(os.path.join(path, "root"))
        for name, text in files.items():
            bench.write(path, "root", name, text=text)
        config = bench.write(path, "nginx.conf",
                             text=NGINX.format(path=path, port=port))
        with server([bench.need_program("nginx", "nginx-light"), "-p", path,
                     "-e", "stderr", "-c", config],
                    path, port, cpu) as (port, pid):
            harness.wait_until(lambda: len(family(pid)) > 1, what="a worker")
            yield port, pid


def need_influxdb():
    bench.need_program("influxd", "influxdb")


INFLUXDB = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{path}/meta"
[data]
  dir = "{path}/data"
  wal-dir = "{path}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[logging]
  level = "error"
"""


@contextmanager
def influxdb(cpu):
    port, rpc = harness.free_port(), harness.free_port()
    with bench.directory() as path:
        config = bench.write(path, "influxdb.conf", text=INFLUXDB.format(
            path=path, port=port, rpc=rpc))
        with server([bench.need_program("influxd", "influxdb"),
                     "-config", config], path, port, cpu) as running:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            harness.post(port, "/query", b"q=CREATE DATABASE metrics",
                         headers=form)
            yield running


def need_victoria():
    bench.need_program("victoria-metrics", "victoria-metrics")


@contextmanager
def victoria(cpu):
    port = harness.free_port()
    with bench.directory() as path, server(
            [bench.need_program("victoria-metrics", "victoria-metrics"),
             "-storageDataPath", path, "-httpListenAddr",
             f"127.0.0.1:{port}", "-loggerLevel", "ERROR"],
            path, port, cpu) as running:
        yield running


# --- wrk ---------------------------------------------------------------------

def need_wrk():
    bench.need_program("wrk", "wrk")


def family(pid):
    """A process and its children, which do the work of some."""
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [pid, *map(int, children.read().split())]


def wrk(port, pid, path, script, connections=32, threads=1, seconds=3, **env):
    """Runs a script of wrk on the clients' processor; what the script prints
    in the end, and the processor time that the server took.  Every answer must
    be good."""
    servers = family(pid)
    before = bench.cpu_seconds(*servers)
    said = bench.output(
        "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
        "-s", os.path.join(bench.HERE, script),
        f"http://127.0.0.1:{port}{path}", cpu=bench.CLIENT_CPU,
        env={**env, "LUA_PATH": os.path.join(bench.HERE, "?.lua")})
    answer = json.loads(said.splitlines()[-1])
    assert answer["failed"] == 0 and answer["requests"] > 0, said
    return {**answer, "cpu": bench.cpu_seconds(*servers) - before}


def rates(answer):
    """Requests a second, and a second of the server's processor time."""
    return answer["requests"] / answer["seconds"], \
        answer["requests"] / answer["cpu"]
