#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fettlectl against a control server that says what a test wants."""
import fcntl
import json
import os
import pty
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import traceback

FETTLECTL = os.path.join(os.environ.get('builddir', '.'), 'src/fettlectl')
MANUAL = os.path.join(os.environ.get('srcdir', '.'), 'src/fettlectl.1')
DIR = tempfile.mkdtemp(prefix='fettlectl-')
PATIENCE = 60
tests = []


def test(function):
    tests.append(function)
    return function


class Daemon:
    """Answers one connection: a line for each request, then it leaves."""

    def __init__(self, *answers, path=None):
        self.answers = [a if isinstance(a, bytes) else
                        json.dumps(a).encode() + b'\n' for a in answers]
        self.path = path or os.path.join(DIR, 'control')
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.settimeout(PATIENCE)

    def __enter__(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        client, _ = self.listener.accept()
        with client, client.makefile('rb') as lines:
            for answer in self.answers:
                line = lines.readline()
                if not line:
                    return
                self.requests.append(json.loads(line))
                client.sendall(answer)

    def __exit__(self, *_):
        self.thread.join(PATIENCE)
        self.listener.close()
        os.unlink(self.path)


def environment(**more):
    env = {k: v for k, v in os.environ.items()
           if k not in ('FETTLE_SOCKET', 'XDG_RUNTIME_DIR', 'NO_COLOR')}
    env.update({'TERM': 'xterm', **more})
    return env


def run(*arguments, sock=True, stdout=subprocess.PIPE, **env):
    """Exit status, what it printed, what it complained of."""
    where = ['-s', os.path.join(DIR, 'control')] if sock else []
    done = subprocess.run([FETTLECTL, *where, *arguments], stdout=stdout,
                          stderr=subprocess.PIPE, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, env=environment(**env))
    return (done.returncode, (done.stdout or b'').decode(),
            done.stderr.decode())


def run_on_terminal(*arguments, rows=24, **env):
    """What arrives at a terminal of that many rows."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('4H', rows, 80, 0, 0))
    process = subprocess.Popen(
        [FETTLECTL, '-s', os.path.join(DIR, 'control'), *arguments],
        stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.DEVNULL,
        env=environment(**env))
    os.close(slave)
    text = b''
    try:
        while chunk := os.read(master, 65536):
            text += chunk
    except OSError:  # how a terminal says that nobody is there any more
        pass
    os.close(master)
    process.wait(PATIENCE)
    return text.decode().replace('\r\n', '\n')


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f'got\n{got}\nnot\n{wanted}')


def ago(minutes):
    """Half a minute more, so that a slow machine reads the same."""
    return time.time() - 60 * minutes - 30


def reader(label, **more):
    return {'label': label, 'plugin': label, 'roles': ['read'],
            'state': 'up', 'interval': 10.0, 'calls': 12, 'failures': 0,
            'streak': 0, 'last_run': ago(5),
            'duration': {'last': 0.00002, 'mean': 0.00002, 'max': 0.0001},
            'error': None, **more}


def status(**more):
    return {'ok': True, 'version': '0.1.0', 'host': 'web-1', 'pid': 17,
            'uptime': 93784.5, 'config': '/etc/fettle/fettle.yaml',
            'reloads': {'done': 1, 'failed': 0, 'error': None},
            'dispatch': {'queued': 0, 'lists': 123, 'series': 40, 'hosts': 1,
                         'dropped': {'queue': 0, 'series': 0, 'time': 0}},
            'readers': {'threads': 1, 'stuck': 0},
            'instances': [reader('cpu')], 'refused': [], **more}


def value_list(plugin='disk', instance='/home', interval=3600.0, **field):
    return {'host': 'web-1', 'plugin': plugin, 'instance': instance,
            'instance_name': 'mount', 'tags': {}, 'time': time.time(),
            'interval': interval,
            'fields': [{'name': 'percent', 'kind': 'gauge',
                        'unit': 'percent', 'help': None, 'value': 71.25,
                        'rate': None, **field}]}


@test
def status_of_a_daemon_that_is_well():
    with Daemon(status()) as daemon:
        equal(run('status'), (0, '''\
web-1: fettled 0.1.0, pid 17, up 1 d 2 h
1 host, 40 series, 123 value lists, 0 queued
configuration /etc/fettle/fettle.yaml, 1 reload, 0 failed

INSTANCE  STATE  LAST RUN   TOOK     FAILURES
cpu       up     5 min ago  20.0 µs  0
''', ''))
    equal(daemon.requests, [{'do': 'status'}])


@test
def status_of_a_daemon_that_is_not():
    answer = status(
        reloads={'done': 2, 'failed': 1, 'error': 'a.yaml:3:1: no'},
        readers={'threads': 2, 'stuck': 1},
        instances=[
            reader('cpu'),
            reader('nfs', plugin='disk', state='stuck', failures=3, streak=3,
                   error='read takes longer than 10 s'),
            reader('new', state='opening', last_run=None),
            reader('influx_eu', plugin='influxdb', state='retrying',
                   failures=4, error='503: try\nlater', queue={
                       'lists': 12, 'bytes': 3277, 'limit': 33554432,
                       'oldest': 40.0},
                   sent=100, retried=3,
                   dropped={'full': 10, 'refused': 2, 'too_large': 0})],
        refused=[{'plugin': 'x', 'file': '/lib/x.so',
                  'reason': 'undefined symbol: y'}])
    answer['dispatch']['dropped'] = {'queue': 2, 'series': 3, 'time': 0}
    with Daemon(answer):
        code, out, err = run('status')
    equal((code, err), (0, ''))
    lines = out.split('\n')
    columns = [line.index('STATE') for line in lines if 'STATE' in line]
    equal([line[columns[0]:][:8].strip() for line in lines
           if line[:3] in ('cpu', 'nfs', 'new', 'inf')],
          ['up', 'stuck', 'opening', 'retrying'])
    equal(re.sub(' {2,}', '  ', '\n'.join(lines[2:])), '''\
configuration /etc/fettle/fettle.yaml, 2 reloads, 1 failed
the last reload failed: a.yaml:3:1: no
dropped value lists: queue 2, series 3
readers: 2 threads, 1 stuck

INSTANCE  PLUGIN  STATE  LAST RUN  TOOK  FAILURES  QUEUE  SENT  DROPPED
cpu  -  up  5 min ago  20.0 µs  0  -  -  -
nfs  disk  stuck  5 min ago  20.0 µs  3, 3 in a row  -  -  -
  read takes longer than 10 s
new  -  opening  never  -  0  -  -  -
influx_eu  influxdb  retrying  5 min ago  20.0 µs  4  \
12 (3.2 KiB of 32.0 MiB, 40.0 s old)  100 (retried 3)  12 (full 10, refused 2)
  503: try\\x0alater
refused plugin 'x' (/lib/x.so): undefined symbol: y
''')


@test
def status_says_how_alerts_and_receivers_stand():
    alerts = {'rules': 2, 'silences': 1, 'late': 0, 'dead': 2,
              'states': {'ok': 12, 'no-data': 0, 'warning': 2, 'failure': 1},
              'store': {'state': 'degraded', 'why': 'No space\x07 left'}}
    answer = status(alerts=alerts, instances=[
        reader('slack', roles=['notify'], interval=0,
               notices={'sent': 17, 'failed': 2, 'pending': 3, 'streak': 0,
                        'next': None})])
    with Daemon(answer):
        lines = run('status')[1].split('\n')
    equal(lines[3:5], [
        'alerts: 1 failure, 2 warnings, 12 ok; 1 silence; '
        '2 notices given up',
        'in memory only, a restart forgets it: No space\\x07 left'])
    equal(re.split('  +', lines[6])[-2:], ['QUEUE', 'SENT'])
    equal(re.split('  +', lines[7])[-2:], ['3', '17 (failed 2)'])
    alerts.update(rules=0, states={}, silences=0, dead=0)
    with Daemon(answer):
        assert 'alerts' not in run('status')[1]


@test
def values_are_a_line_each():
    answer = {'ok': True, 'values': [
        value_list(),
        value_list('memory', None, name='total', unit='bytes',
                   value=13207024435),
        value_list('net', 'eth0', name='in', kind='counter', unit='bytes',
                   value=1 << 62, rate=1258291.2)]}
    answer['values'].append(dict(value_list(), time=ago(200)))
    with Daemon(answer) as daemon:
        equal(run('values'), (0, '''\
web-1:disk[/home].percent     71.2 %
web-1:memory.total          12.3 GiB
web-1:net[eth0].in         1.2 MiB/s
web-1:disk[/home].percent     71.2 %  3 h ago
''', ''))
    equal(daemon.requests, [{'do': 'values'}])


@test
def a_pattern_is_handed_on_as_it_is():
    with Daemon({'ok': True, 'values': []}) as daemon:
        equal(run('values', 'web-*:disk[/"\\*é]'),
              (0, 'no series matches; fettlectl values shows all of them\n',
               ''))
    equal(daemon.requests,
          [{'do': 'values', 'pattern': 'web-*:disk[/"\\*é]'}])


@test
def watched_values_come_again_until_the_daemon_leaves():
    # of an hour hence, so that it is not late on a slow machine
    values = dict(value_list(interval=0.2), time=time.time() + 3600)
    answer = {'ok': True, 'values': [values]}
    with Daemon(answer, answer, answer) as daemon:
        code, out, err = run('values', 'disk', '--watch')
    equal(code, 3)
    equal(out, 'web-1:disk[/home].percent  71.2 %\n\n' * 3)
    equal(err, 'fettlectl: no answer from fettled: '
          'Connection reset by peer\n')
    equal(daemon.requests, [{'do': 'values', 'pattern': 'disk'}] * 3)


@test
def hosts_say_when_they_were_seen():
    with Daemon({'ok': True, 'hosts': [
            {'host': 'web-1', 'last_seen': ago(3), 'series': 40,
             'tags': {'env': 'prod', 'rack': 'a 1'}},
            {'host': 'db', 'last_seen': ago(300), 'series': 1234,
             'tags': {}}]}) as daemon:
        equal(run('hosts'), (0, '''\
HOST   LAST SEEN  SERIES  TAGS
web-1  3 min ago      40  env=prod, rack=a 1
db       5 h ago    1234  -
''', ''))
    equal(daemon.requests, [{'do': 'hosts'}])


@test
def a_reload_prints_its_plan_and_notes():
    with Daemon({'ok': True, 'plan': [
            {'label': 'cpu', 'action': 'kept', 'why': None},
            {'label': 'influx_eu', 'action': 'changed', 'why': 'url'},
            {'label': 'disk', 'action': 'started', 'why': None}],
            'notes': ['a.yaml:1:2: note: replaces b.yaml:3:4']}) as daemon:
        equal(run('reload'), (0, '''\
cpu        kept
influx_eu  changed  url
disk       started
a.yaml:1:2: note: replaces b.yaml:3:4
''', ''))
    equal(daemon.requests, [{'do': 'reload'}])


@test
def a_reload_that_fails_prints_each_mistake():
    with Daemon({'error': 'the configuration has 2 mistakes',
                 'errors': ['a.yaml:1:2: no\033', 'a.yaml:3:4: neither']}):
        equal(run('reload'), (1, '', '''\
fettlectl: the configuration has 2 mistakes
a.yaml:1:2: no\\x1b
a.yaml:3:4: neither
'''))


@test
def flush_may_name_a_writer():
    with Daemon({'ok': True, 'flushed': 2}) as daemon:
        equal(run('flush'), (0, 'flushed 2 writers\n', ''))
    equal(daemon.requests, [{'do': 'flush'}])
    with Daemon({'ok': True, 'flushed': 1}) as daemon:
        equal(run('flush', 'influx_eu'), (0, 'flushed 1 writer\n', ''))
    equal(daemon.requests, [{'do': 'flush', 'writer': 'influx_eu'}])


def a_spool(**more):
    return {'writer': 'out', 'survive': 'none', 'state': 'none', 'why': None,
            'lists': 0, 'disk': 0, 'memory': 0, 'bytes': 0, 'oldest': 0,
            'entered': 0, 'sent': 0, 'dropped': {'full': 0}, 'dead': [],
            **more}


@test
def a_spool_says_what_waits_and_what_never_will():
    letter = {'time': time.time() - 125, 'why': 'refused', 'number': 17,
              'queue': '9f' * 16, 'reason': '400: no\x1b',
              'list': {'host': 'web-1', 'plugin': 'disk', 'instance': '/home',
                       'values': {}}}
    with Daemon({'ok': True, 'spools': [
            a_spool(),
            a_spool(writer='hub', survive='crash', state='degraded',
                    why='/x.db: Read-only file system', lists=120, disk=80,
                    oldest=90, bytes=1 << 20, max_size=64 << 20,
                    max_age=7 * 86400, sent=5,
                    dropped={'full': 2, 'age': 0, 'refused': 1},
                    dead=[letter])]}) as daemon:
        code, out, err = run('spool')
    equal((code, err), (0, ''))
    equal([re.split('  +', line.strip()) for line in out.splitlines()], [
        ['WRITER', 'SURVIVE', 'STATE', 'WAITING', 'OLDEST', 'ROOM', 'SENT',
         'DROPPED'],
        ['out', 'none', '-', '0', '-', '-', '0', '0'],
        ['hub', 'crash', 'degraded', '120 (80 only on disk)', '1 min 30 s',
         '1.0 MiB of 64.0 MiB, 7 d 0 h', '5', '3 (full 2, refused 1)'],
        ['/x.db: Read-only file system'],
        ['2 min ago, list 17, refused: web-1:disk[/home]: 400: no\\x1b']])
    equal(daemon.requests, [{'do': 'spool'}])


def a_process(**more):
    return {'pid': 17, 'name': 'nginx', 'uid': 33, 'user': 'www-data',
            'percent': 12.5, 'resident': 4 << 20, **more}


@test
def top_is_two_tables():
    answer = {'ok': True, 'label': 'processes', 'answer': {
        'age': 3.0, 'span': 10.0, 'hidden': True, 'cpu': [a_process()],
        'memory': [a_process(pid=4000, name='a b\033', uid=1000, user=None,
                             percent=0, resident=1 << 30),
                   a_process(uid=None, user=None)]}}
    with Daemon(answer) as daemon:
        equal(run('top'), (0, '''\
by cpu, in 10.0 s up to 3 s ago
PID  USER      NAME      CPU  RESIDENT
 17  www-data  nginx  12.5 %   4.0 MiB

by memory
 PID  USER  NAME        CPU  RESIDENT
4000  1000  a b\\x1b   0.0 %   1.0 GiB
  17  -     nginx    12.5 %   4.0 MiB

processes of other users are hidden from fettled
''', ''))
    equal(daemon.requests, [
        {'do': 'ask', 'label': 'processes', 'question': 'top'}])


@test
def top_may_be_of_another_instance_that_has_looked_once():
    answer = {'ok': True, 'label': 'p', 'answer': {
        'age': 3.0, 'span': None, 'hidden': False, 'cpu': [],
        'memory': [a_process(percent=None)]}}
    with Daemon(answer) as daemon:
        equal(run('top', 'p'), (0, '''\
by cpu, known after the next reading
none

by memory
PID  USER      NAME   RESIDENT
 17  www-data  nginx   4.0 MiB
''', ''))
    equal(daemon.requests, [
        {'do': 'ask', 'label': 'p', 'question': 'top'}])
    with Daemon({'error': "no instance is called 'processes'"}):
        equal(run('top'), (1, '', "fettlectl: no instance is called "
                           "'processes'\n"))


@test
def what_a_plugin_answers_is_shown_as_it_is():
    with Daemon({'ok': True, 'label': 'x',
                 'answer': {'a': ['\u202e', 1]}}) as daemon:
        equal(run('ask', 'x', 'what now'),
              (0, '{\n  "a": [\n    "\\u202E",\n    1\n  ]\n}\n', ''))
    equal(daemon.requests, [
        {'do': 'ask', 'label': 'x', 'question': 'what now'}])
    for few in ('ask',), ('ask', 'x'):
        equal(run(*few), (2, '', 'fettlectl: too few arguments, usage: '
                          'fettlectl ask LABEL QUESTION\n'))
    equal(run('ask', 'x', b'\xff')[0], 2)


@test
def what_was_typed_becomes_a_request():
    counts = {'failure': 0}
    for words, answer, request in (
            (['alerts'], {'counts': counts}, {'do': 'alerts'}),
            (['alerts', '--all'], {'counts': counts},
             {'do': 'alerts', 'all': True}),
            (['alerts', '--rules'], {'rules': []}, {'do': 'rules'}),
            (['explain', 'web-1:cpu.percent'], {'alerts': []},
             {'do': 'explain', 'what': 'web-1:cpu.percent'}),
            (['silence', 'disk[/a]', '--for', '1h30m', '--reason', 'é'],
             {'number': 1, 'until': 1}, {'do': 'silence',
              'pattern': 'disk[/a]', 'for': 5400.0, 'reason': 'é'}),
            (['--for=500ms', 'silence', '--reason=x', 'cpu'],
             {'number': 1, 'until': 1}, {'do': 'silence', 'pattern': 'cpu',
              'for': 0.5, 'reason': 'x'}),
            (['silences'], {'silences': []}, {'do': 'silences'}),
            (['unsilence', '17'], {'number': 17},
             {'do': 'unsilence', 'number': 17}),
            (['forget', 'cpu'], {'forgotten': 1},
             {'do': 'forget', 'pattern': 'cpu'}),
            (['test', 'slack'], {'receiver': 'slack', 'took': 0.084},
             {'do': 'test', 'receiver': 'slack'})):
        with Daemon({'ok': True, 'now': 1763800000, **answer}) as daemon:
            code, out, err = run(*words)
        equal((code, err, daemon.requests), (0, '', [request]))
        assert out != '', words


@test
def what_was_done_about_alerts_is_said():
    for words, answer, said in (
            (['test', 'slack'], {'receiver': 'slack', 'took': 0.084,
                                 'said': 'ok\x1b'},
             'slack took the test in 84.0 ms: ok\\x1b\n'),
            (['forget', 'cpu'], {'forgotten': 1, 'kept': True},
             'forgot 1 alert\n'),
            (['unsilence', '3'], {'number': 3, 'kept': False,
                                  'why': 'No space left on device'},
             'silence 3 has ended\nthis is in memory only, a restart '
             'forgets it: No space left on device\n')):
        with Daemon({'ok': True, **answer}):
            equal(run(*words), (0, said, ''))


@test
def a_silence_without_end_or_reason_is_exit_2():
    usage = 'usage: fettlectl silence PATTERN --for 2h --reason TEXT\n'
    lacks = f'fettlectl: a silence needs an end and a reason, {usage}'
    for words, error in (
            (['silence', 'cpu'], lacks),
            (['silence', 'cpu', '--for', '2h'], lacks),
            (['silence', 'cpu', '--reason', 'x'], lacks),
            (['silence', 'cpu', '--for', '2h', '--reason', ''], lacks),
            (['silence', '--for', '2h', '--reason', 'x'],
             f'fettlectl: too few arguments, {usage}'),
            (['silence', 'a', 'b', '--for', '2h', '--reason', 'x'],
             f'fettlectl: too many arguments, {usage}'),
            (['silence', 'cpu', '--for', '0', '--reason', 'x'],
             "fettlectl: --for '0': a silence takes some time\n"),
            (['silence', 'cpu', '--for', '367d', '--reason', 'x'],
             "fettlectl: --for '367d': a silence has an end, 366 days at "
             "most\n")):
        equal(run(*words), (2, '', error))
    code, out, err = run('silence', 'cpu', '--for', '2', '--reason', 'x')
    equal((code, out, err[:23]), (2, '', "fettlectl: --for '2': a"))


@test
def what_a_command_does_not_take_is_exit_2():
    for words, error in (
            (['alerts', '--for', '2h'], 'an option is not for this command, '
             'usage: fettlectl alerts [--watch]'),
            (['alerts', '--all', '--rules'], 'an option is not for this '
             'command, usage: fettlectl alerts [--watch]'),
            (['status', '--all'], 'an option is not for this command, '
             'usage: fettlectl status'),
            (['alerts', '--rules', '--watch'], "'alerts' cannot be watched"),
            (['explain'], 'too few arguments, usage: fettlectl explain SERIES|RULE'),
            (['unsilence'], 'too few arguments, usage: fettlectl unsilence NUMBER'),
            (['unsilence', 'x'], "'x' is not the number of a silence: see "
             'fettlectl silences'),
            (['unsilence', '0'], "'0' is not the number of a silence: see "
             'fettlectl silences')):
        equal(run(*words), (2, '', f'fettlectl: {error}\n'))


@test
def json_is_the_answer_as_it_came():
    line = b'{"ok":true, "x" : [1.50,\t"\\u001b\xc3\xa9"] }'
    with Daemon(line + b'\n'):
        equal(run('--json', 'status'), (0, line.decode() + '\n', ''))
    line = b'{"error":"no"}'
    with Daemon(line + b'\n'):
        equal(run('status', '--json'), (1, line.decode() + '\n', ''))


@test
def what_the_daemon_refuses_is_exit_1():
    with Daemon({'error': "no writer 'x\033[31m'"}):
        equal(run('flush', 'x'),
              (1, '', "fettlectl: no writer 'x\\x1b[31m'\n"))


@test
def a_wrong_command_line_is_exit_2():
    equal(run('stauts'), (2, '', "fettlectl: unknown command 'stauts', "
                          "did you mean 'status'?\n"))
    equal(run('qqq'), (2, '', "fettlectl: unknown command 'qqq', "
                       'see fettlectl --help\n'))
    equal(run(), (2, '', 'fettlectl: which command? see fettlectl --help\n'))
    equal(run('status', 'x'), (2, '', 'fettlectl: too many arguments, '
                               'usage: fettlectl status\n'))
    equal(run('flush', 'x', 'y'), (2, '', 'fettlectl: too many arguments, '
                                   'usage: fettlectl flush [WRITER]\n'))
    equal(run('hosts', '--watch'),
          (2, '', "fettlectl: 'hosts' cannot be watched\n"))
    equal(run('values', b'a\xff'),
          (2, '', "fettlectl: 'a\\xff' is not UTF-8\n"))
    for option in ('--hosts', '--scopes', '--for'):
        equal(run('status', option, 'x')[0], 2)
    for options in (['--watch'], ['--all'], ['--for', '1h']):
        equal(run('token', 'web-1', *options),
              (2, '', 'fettlectl: usage: fettlectl token NAME\n'))
    equal(run('--frobnicate', 'status')[0], 2)


@test
def no_daemon_is_exit_3():
    path = os.path.join(DIR, 'control')
    equal(run('status'), (3, '', f"fettlectl: cannot reach fettled at "
                          f"'{path}': No such file or directory; is it "
                          "running?\n"))
    left = socket.socket(socket.AF_UNIX)
    left.bind(path)
    left.close()
    equal(run('status'), (3, '', f"fettlectl: cannot reach fettled at "
                          f"'{path}': Connection refused; is it "
                          "running?\n"))
    os.unlink(path)
    equal(run('-s', '/' + 'a' * 107, 'status')[0], 3)


@test
def an_answer_that_is_none_is_exit_3():
    other = 'fettlectl: what answers does not speak the control protocol\n'
    gone = 'fettlectl: no answer from fettled: Connection reset by peer\n'
    for answer, error in ((b'HTTP/1.1 400 Bad Request\r\n', other),
                          (b'[1]\n', other), (b'\n', other),
                          (b'', gone), (b'{"ok":true}', gone)):
        with Daemon(answer):
            equal(run('status'), (3, '', error))


@test
def the_socket_is_found_by_the_environment():
    path = os.path.join(DIR, 'named')
    with Daemon({'ok': True, 'flushed': 0}, path=path):
        equal(run('flush', sock=False, FETTLE_SOCKET=path),
              (0, 'flushed 0 writers\n', ''))
    def default(**env):
        return run('--help', sock=False, **env)[1].split('(')[1].split(')')[0]

    equal(default(FETTLE_SOCKET=path), path)
    system = default()
    equal(os.path.isabs(system) and system.endswith('/fettle/control'), True)
    equal(default(XDG_RUNTIME_DIR=DIR), system if os.path.exists(system)
          else os.path.join(DIR, 'fettle/control'))
    own = f'/tmp/fettle-{os.geteuid()}'
    if not os.path.exists(system) and not os.path.exists(own):
        os.mkdir(own, 0o700)
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(own + '/control')
                equal(default(), own + '/control')
            os.unlink(own + '/control')
            with open(own + '/control', 'w'):
                equal(default(), system)
        finally:
            shutil.rmtree(own)


@test
def a_terminal_gets_colours_unless_it_wants_none():
    with Daemon(status()):
        text = run_on_terminal('status')
    assert '\033[32mup\033[0m' in text, text
    for env in {'NO_COLOR': '1'}, {'TERM': 'dumb'}:
        with Daemon(status()):
            equal('\033' in run_on_terminal('status', **env), False)
    with Daemon(status()):
        equal('\033' in run_on_terminal('status', NO_COLOR=''), True)


@test
def a_watching_terminal_is_drawn_over_and_never_overflows():
    answer = {'ok': True, 'values': [
        value_list(instance=f'/{i}', interval=0.2) for i in range(20)]}
    with Daemon(answer, answer):
        text = run_on_terminal('values', '--watch', rows=10, NO_COLOR='1')
    frames = text.split('\033[H')
    equal(frames[0], '\033[?7l')
    equal(frames[1], ''.join(
        f'web-1:disk[/{i}].percent{" " * (i < 10)}  71.2 %\033[K\n'
        for i in range(9)) + '\033[J\033[?7h\033[?7l')
    equal(len(frames), 3)


@test
def what_cannot_be_written_is_no_success():
    with Daemon({'ok': True, 'flushed': 1}), open('/dev/full', 'w') as full:
        equal(run('flush', stdout=full),
              (1, '', 'fettlectl: cannot write the answer\n'))


@test
def help_and_manual_name_every_command():
    code, out, err = run('--help')
    equal((code, err), (0, ''))
    with open(MANUAL, encoding='utf-8') as file:
        manual = file.read()
    names = [line.split()[0] for line in out.split('\n')
             if line.startswith('  ') and line[2].isalpha()]
    equal(names, ['status', 'values', 'hosts', 'alerts', 'alerts', 'alerts',
                  'explain', 'silence', 'silences', 'unsilence', 'forget',
                  'test', 'reload', 'spool', 'top', 'ask', 'flush', 'token'])
    requests = {'top': 'ask'}  # asks what another one does
    for name in names:
        assert f'.It Cm {name}' in manual, f'{name} is not in the manual'
    names.remove('token')  # asks nobody
    for name in [*names, 'rules']:
        assert f'"do": "{requests.get(name, name)}"' in manual, \
            f'no request {name} in it'
    code, out, _ = run('--version')
    equal((code, out.split()[0]), (0, 'fettlectl'))


def main():
    failed = 0
    print(f'1..{len(tests)}')
    for number, function in enumerate(tests, 1):
        try:
            function()
            print(f'ok {number} - {function.__name__}')
        except Exception:  # whatever it is, the others run
            failed += 1
            for line in traceback.format_exc().split('\n'):
                print('#', line)
            print(f'not ok {number} - {function.__name__}')
        sys.stdout.flush()
    shutil.rmtree(DIR)
    return failed > 0


sys.exit(main())
