#!/usr/bin/python3
"""Runs commands where the lab's namespaces live: on this machine, or inside the virtual machine.

usage: agent_server.py ADDRESS PORT   (the token is the environment variable LAB_TOKEN)

One JSON object a line in, one a line out. Every request carries the token. Programs it spawned die with it.
A thread enters the wanted network namespace itself and then spawns, which spares an exec: under emulation each
costs up to 170 ms.
"""
import ctypes
import hmac
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
HOME = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
TOKEN = os.environ.pop("LAB_TOKEN", "")
PROGRAMS = {}


class Namespace:
    """Moves the calling thread into a namespace and back."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        if self.name:
            fd = os.open("/run/netns/" + self.name, os.O_RDONLY | os.O_CLOEXEC)
            failed = LIBC.setns(fd, CLONE_NEWNET)
            os.close(fd)
            if failed:
                raise OSError(ctypes.get_errno(), "setns " + self.name)

    def __exit__(self, *_):
        if self.name and LIBC.setns(HOME, CLONE_NEWNET):
            os._exit(3)


def run(request):
    with Namespace(request.get("netns")):
        begun = time.monotonic_ns()
        child = subprocess.Popen(request["argv"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, errors="replace")
    try:
        out, err = child.communicate(request.get("stdin", ""), timeout=request.get("timeout", 60))
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        err += "\ntimed out"
    return {"rc": child.returncode, "out": out, "err": err, "t0": begun, "t1": time.monotonic_ns()}


def spawn(request):
    name = request["name"]
    if name in PROGRAMS and PROGRAMS[name].poll() is None:
        raise RuntimeError(name + " is running already")
    environment = dict(os.environ, **request.get("env", {}))
    with open(request["log"], "ab") as log, Namespace(request.get("netns")):
        PROGRAMS[name] = subprocess.Popen(
            request["argv"], stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT if not request.get("errlog") else open(request["errlog"], "ab"),
            env=environment, start_new_session=True)
    return {"pid": PROGRAMS[name].pid, "t0": time.monotonic_ns()}


def stop(request):
    """Sends a signal to a program spawned here; t0 is just before it was sent."""
    program = PROGRAMS[request["name"]]
    begun = time.monotonic_ns()
    if program.poll() is None:
        program.send_signal(request["signal"])
    return {"t0": begun, "t1": time.monotonic_ns()}


def wait(request):
    try:
        return {"rc": PROGRAMS[request["name"]].wait(request.get("timeout", 30))}
    except subprocess.TimeoutExpired:
        return {"rc": None}


def read(request):
    with open(request["path"], "rb") as file:
        file.seek(request.get("offset", 0))
        block = file.read(request.get("limit", 1 << 20))
    # Whole lines only, unless this is all there is.
    if request.get("lines", True):
        block = block[:block.rfind(b"\n") + 1]
    return {"text": block.decode(errors="replace"), "next": request.get("offset", 0) + len(block)}


def write(request):
    os.makedirs(os.path.dirname(request["path"]), exist_ok=True)
    with Namespace(request.get("netns")):
        if request["path"].startswith("/proc/"):
            with open(request["path"], "w") as file:
                file.write(request["text"])
            return {}
    descriptor = os.open(request["path"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, request.get("mode", 0o600))
    with os.fdopen(descriptor, "w") as file:
        file.write(request["text"])
    return {}


def clock(_):
    return {"monotonic": time.monotonic_ns(), "wall": time.time_ns()}


def leave(_):
    threading.Thread(target=lambda: (time.sleep(0.1), os.kill(os.getpid(), signal.SIGTERM))).start()
    return {}


OPERATIONS = {f.__name__: f for f in (run, spawn, stop, wait, read, write, clock, leave)}


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            try:
                request = json.loads(line)
                if not TOKEN or not hmac.compare_digest(str(request.get("token", "")), TOKEN):
                    return
                answer = OPERATIONS[request["op"]](request)
            except Exception as problem:  # told to the caller, who decides
                answer = {"error": f"{type(problem).__name__}: {problem}"}
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server((sys.argv[1], int(sys.argv[2])), Conversation) as server:
        try:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            while True:
                signal.pause()
        finally:
            for program in PROGRAMS.values():
                if program.poll() is None:
                    program.kill()
                    program.wait()


if __name__ == "__main__":
    main()
