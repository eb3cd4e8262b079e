"""Drives tests/support/api_client, the small program around lib/apiserver, and what stands between it and a
server: a relay that can be cut."""
import os
import re
import socket
import subprocess
import threading
import time

from patience import SLOW

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release") + "/support/api_client"


class Client:
    """One running api_client. Its lines are kept; `wait` returns each of them once, in whatever order they are asked
    for: answers and events overtake each other."""

    def __init__(self, kubeconfig, servers="", rate="50", burst="100", prefix=()):
        self._child = subprocess.Popen([*prefix, PROGRAM, kubeconfig, servers, rate, burst], text=True, bufsize=1,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines, self._taken, self._news = [], set(), threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._child.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()

    def __enter__(self):
        self.wait("^READY$")
        return self

    def __exit__(self, *_):
        self.quit()

    def do(self, command):
        self._child.stdin.write(command + "\n")

    def wait(self, pattern, seconds=10):
        """The first line not yet returned that matches, or None when the time is over."""
        end = time.monotonic() + seconds * SLOW
        with self._news:
            while True:
                for at, line in enumerate(self.lines):
                    if at not in self._taken and re.search(pattern, line):
                        self._taken.add(at)
                        return line
                if time.monotonic() >= end:
                    return None
                self._news.wait(max(0.01, end - time.monotonic()))

    def answer(self, command, seconds=20):
        """Sends a request and waits for what became of it."""
        method, path = command.split()[1:3] if command.startswith("send") else ("apply", command.split()[1])
        self.do(command)
        return self.wait(rf"^(ANSWER|FAILED) {method} {re.escape(path)} ", seconds) or "nothing"

    def count(self, pattern):
        return sum(1 for line in list(self.lines) if re.search(pattern, line))

    def metric(self, series):
        """The value of a series, written without its prefix and with its labels in order of their names."""
        start = len(self.lines)
        self.do("metrics")
        self.wait("^METRICS END$")
        for line in reversed(self.lines[start:]):
            if line.startswith(f"METRIC fairlead_{series} "):
                return float(line.split()[-1])
        return 0.0

    @property
    def pid(self):
        return self._child.pid

    def alive(self):
        return self._child.poll() is None

    def resident_megabytes(self):
        """The most memory it ever had."""
        with open(f"/proc/{self._child.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) // 1024

    def quit(self):
        """Exit code; asks first, kills after five seconds (SLOW)."""
        if self.alive():
            try:
                self.do("quit")
            except BrokenPipeError:
                pass  # it has just ended by itself; the code tells
        try:
            return self._child.wait(5 * SLOW)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()


class Relay:
    """Passes TCP through to a server, until it is cut: then every connection is reset and new ones are refused."""

    def __init__(self, host, port):
        self._target, self._pairs, self._listener = (host, port), [], None
        self.port = 0
        self.open()

    def open(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # closed by cut()
            far = socket.create_connection(self._target)
            self._pairs += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        try:
            while part := source.recv(65536):
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # cut, or one side has gone: the other is told by its own socket

    def cut(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._pairs:
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already
            each.close()
        self._pairs = []
