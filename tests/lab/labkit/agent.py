"""The other end of agent_server.py."""
import json
import os
import secrets
import signal
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class LabError(Exception):
    """The lab itself failed: no measurement, no verdict."""


class Answer:
    """What a command left: rc, out, err, and when it ran (t0, t1: monotonic ns where it ran)."""

    def __init__(self, fields):
        self.rc, self.out, self.err = fields["rc"], fields["out"], fields["err"]
        self.t0, self.t1 = fields["t0"], fields["t1"]


class Agent:
    def __init__(self, port, token):
        self.port, self.token = port, token
        self._local = threading.local()

    def call(self, op, patience=90, **fields):
        stream = getattr(self._local, "stream", None)
        if stream is None:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=patience)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
            stream = self._local.stream = connection.makefile("rwb")
        try:
            self._local.connection.settimeout(patience)
            stream.write(json.dumps(dict(fields, op=op, token=self.token)).encode() + b"\n")
            stream.flush()
            line = stream.readline()
        except BaseException as problem:
            # Whatever interrupts a conversation leaves its answer behind: never read it as the next one's.
            self._local.stream = None
            if not isinstance(problem, OSError):
                raise
            raise LabError(f"the lab's agent does not answer ({op}): {problem}") from problem
        if not line:
            self._local.stream = None
            raise LabError(f"the lab's agent hung up ({op})")
        answer = json.loads(line)
        if "error" in answer:
            raise LabError(f"{op} {fields.get('argv') or fields.get('name') or fields.get('path')}: {answer['error']}")
        return answer

    def run(self, argv, netns=None, stdin="", timeout=60, check=True):
        answer = Answer(self.call("run", patience=timeout + 30, argv=argv, netns=netns, stdin=stdin, timeout=timeout))
        if check and answer.rc != 0:
            raise LabError(f"{' '.join(argv)} in {netns or 'the root namespace'}: exit {answer.rc}: "
                           f"{(answer.err or answer.out).strip()}")
        return answer

    def spawn(self, name, argv, log, netns=None, env=None, errlog=None):
        return self.call("spawn", name=name, argv=argv, log=log, netns=netns, env=env or {}, errlog=errlog)["pid"]

    def signal(self, name, number=signal.SIGTERM):
        """Sends the signal; the monotonic time just before it was sent."""
        return self.call("stop", name=name, signal=int(number))["t0"]

    def wait(self, name, timeout=30):
        return self.call("wait", patience=timeout + 30, name=name, timeout=timeout)["rc"]

    def read(self, path, offset=0, lines=True):
        answer = self.call("read", path=path, offset=offset, lines=lines)
        return answer["text"], answer["next"]

    def read_all(self, path):
        parts, offset = [], 0
        while True:
            text, after = self.read(path, offset, lines=False)
            if after == offset:
                return "".join(parts)
            parts.append(text)
            offset = after

    def write(self, path, text, mode=0o600, netns=None):
        self.call("write", path=path, text=text, mode=mode, netns=netns)

    def clock(self):
        """Monotonic ns where the namespaces are, and this machine's wall clock in ns at that moment."""
        return self.call("clock")["monotonic"], time.time_ns()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connect(port, token, seconds, alive):
    """Waits until an agent answers; alive() says whether there is still hope."""
    agent, limit = Agent(port, token), time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            agent.call("clock", patience=2)
            return agent
        except (LabError, OSError):
            if not alive():
                break
            time.sleep(0.1)
    raise LabError("the lab's agent did not come up")


def start_here(log):
    """An agent on this machine: (agent, process)."""
    port, token = free_port(), secrets.token_hex(16)
    with open(log, "ab") as out:
        process = subprocess.Popen(["/usr/bin/python3", HERE + "/agent_server.py", "127.0.0.1", str(port)],
                                   env=dict(os.environ, LAB_TOKEN=token), stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=out, start_new_session=True)
    return connect(port, token, 20, lambda: process.poll() is None), process


def start_in_guest(log, memory="1536M", seconds=7200):
    """Boots the virtual machine with an agent in it: (agent, process of vm/run)."""
    port, token = free_port(), secrets.token_hex(16)
    with open(log, "ab") as out:
        process = subprocess.Popen(
            [os.path.dirname(HERE) + "/vm/run", "--mem", memory, "--timeout", str(seconds), "--env", "LAB_TOKEN",
             "--forward", f"{port}:7000", "--", "/usr/bin/python3", HERE + "/agent_server.py", "10.0.2.15", "7000"],
            env=dict(os.environ, LAB_TOKEN=token), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True)
    return connect(port, token, 120, lambda: process.poll() is None), process
