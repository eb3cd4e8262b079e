"""A server that answers as it is told to, over TLS, and remembers what it was asked: for the faults that a real
API server cannot be made to have."""
import contextlib
import http.server
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import time
import typing


CA_CONFIG = """[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
certificate = {folder}/ca.crt
private_key = {folder}/ca.key
serial = {folder}/serial
default_md = sha256
policy = any
[any]
commonName = supplied
"""


CHECKS = "fieldSelector=metadata.name%3D-"  # a list of nothing: whether the server knows a version


class Certificates:
    """A CA, and server certificates signed by it."""

    def __init__(self, folder):
        self.folder = folder
        self._openssl("req", "-x509", *self._key("ca"), "-subj", "/CN=fake-ca", "-days", "2")

    def _key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.path(name + ".key"),
                "-out", self.path(name + ".crt"))

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, common_name, names, seconds=172800):
        """Writes NAME.crt and NAME.key, good for so long."""
        with open(self.path(name + ".ext"), "w") as file:
            file.write("subjectAltName=" + names)
        self._openssl("req", "-new", *self._key(name)[:-1], self.path(name + ".csr"), "-subj", "/CN=" + common_name)
        with open(self.path("ca.cnf"), "w") as file:
            file.write(CA_CONFIG.format(folder=self.folder))
        open(self.path("index.txt"), "w").close()
        until = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
        self._openssl("ca", "-batch", "-notext", "-config", self.path("ca.cnf"), "-create_serial", "-in", self.path(name + ".csr"),
                      "-startdate", "20200101000000Z", "-enddate", until, "-extfile", self.path(name + ".ext"), "-out",
                      self.path(name + ".crt"))


def thing(name, version, filler=""):
    return {"kind": "ConfigMap", "apiVersion": "v1", "data": {"filler": filler},
            "metadata": {"name": name, "namespace": "x", "resourceVersion": version}}


def event(kind, thing_or_status):
    return (json.dumps({"type": kind, "object": thing_or_status}, separators=(",", ":")) + "\n").encode()


def status(code, reason="", **details):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": reason, "reason": reason,
            "code": code, "details": details}


class Request(typing.NamedTuple):
    """What is remembered of one request. A handler serves all requests of its connection, so it is not kept."""
    path: str
    watches: bool
    body: bytes

    def version(self):
        found = re.search(r"resourceVersion=(\w+)", self.path)
        return found[1] if found else "unset"


class Asked(http.server.BaseHTTPRequestHandler):
    """One request. What `script` does with it is the answer."""
    protocol_version = "HTTP/1.1"

    def _run(self):
        length = int(self.headers.get("Content-Length", 0))
        self.body = self.rfile.read(length)
        self.watches = "watch=true" in self.path
        if "sendInitialEvents" in self.path and not self.server.watch_lists:
            self.server.refused.append(self.path)
            return self.answer(422, status(422, "Invalid"))
        if CHECKS in self.path and self.server.knows_versions:
            self.server.checked.append(self.path)
            return self.list(re.search(r"resourceVersion=(\w+)", self.path)[1])
        with self.server.lock:
            self.server.asked.append(Request(self.path, self.watches, self.body))
            self.number = sum(1 for each in self.server.asked if each.watches == self.watches)
        try:
            self.server.script(self)
        except (OSError, ssl.SSLError):
            self.close_connection = True  # the client has gone; the case says whether it should have

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _run

    def log_message(self, *_):
        pass

    def answer(self, code, value, **headers):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def list(self, version, *things, token=""):
        self.answer(200, {"kind": "ConfigMapList", "apiVersion": "v1", "items": list(things),
                          "metadata": {"resourceVersion": version, "continue": token}})

    def stream(self, kind="application/json"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def part(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def done(self):
        self.wfile.write(b"0\r\n\r\n")

    def caller(self):
        """(the name in the client's certificate, the port it comes from)"""
        subject = dict(pair for part in self.connection.getpeercert()["subject"] for pair in part)
        return subject["commonName"], self.client_address[1]

    def hold(self, seconds=30):
        """Leaves the answer open until the server stops or the time is over."""
        self.server.stopping.wait(seconds)


class Server(http.server.ThreadingHTTPServer):
    """Refuses watch-lists, as most servers of 2026 do, and says that it has got as far as any version, unless told otherwise; those are
    not in `asked`."""
    daemon_threads = True

    def __init__(self, certificates, name, script, watch_lists=False, address=("127.0.0.1", 0)):
        super().__init__(address, Asked)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context, self._folder = context, certificates.folder
        self.present(name)
        self._connections = set()
        self.script, self.asked, self.lock, self.stopping = script, [], threading.Lock(), threading.Event()
        self.watch_lists, self.refused = watch_lists, []
        self.knows_versions, self.checked = True, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def present(self, name, certificates=None):
        """From now on new connections see this certificate, of other `certificates` than those at the start where they are given."""
        folder = certificates.folder if certificates else self._folder
        self._context.load_cert_chain(f"{folder}/{name}.crt", f"{folder}/{name}.key")

    def ask_for_certificates(self):
        """From now on whoever connects has to show one of our CA."""
        self._context.load_verify_locations(f"{self._folder}/ca.crt")
        self._context.verify_mode = ssl.CERT_REQUIRED

    def finish_request(self, request, client_address):
        try:
            with self._context.wrap_socket(request, server_side=True) as secured:
                self._connections.add(secured)
                try:
                    super().finish_request(secured, client_address)
                finally:
                    self._connections.discard(secured)
        except (OSError, ssl.SSLError):
            pass  # a client that refuses us: the case looks at what it says

    def note_names(self):
        """A list to which each name is added that a client asks for as it connects (SNI)."""
        names = []
        self._context.sni_callback = lambda _socket, name, _context: names.append(name)
        return names

    def drop_connections(self):
        """Those that there are end; new ones are taken."""
        for each in list(self._connections):
            with contextlib.suppress(OSError):  # ended by itself meanwhile
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def shutdown_request(self, request):
        request.close()

    @property
    def port(self):
        return self.server_address[1]

    def kubeconfig(self, user, authority="ca.crt", host="127.0.0.1"):
        path = f"{self._folder}/config-{self.port}"
        with open(path, "w") as file:
            json.dump({"clusters": [{"name": "c", "cluster": {"server": f"https://{host}:{self.port}",
                                                              "certificate-authority": authority}}],
                       "users": [{"name": "u", "user": user}], "current-context": "x",
                       "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]}, file)
        return path

    def versions(self, watches):
        """The resourceVersions asked for, in order."""
        return [each.version() for each in list(self.asked) if each.watches == watches]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.shutdown()
        self.server_close()
