"""A guest that can sleep (ACPI S3). Its whole root is in its memory: virtio-fs, on which tests/lab/vm/run has its root, refuses to
("virtio-fs: suspend/resume not yet supported"), and a kernel whose device refuses does not sleep. It runs fairlead-node as node a
from a checkpoint, on eth1 with 192.0.2.1. A line on its console is a state for /sys/power/state: mem."""
import os
import re
import shutil
import socket
import subprocess
import threading

from world import BUILD, TREE, wait_for

PREPARE = TREE + "/tests/lab/vm/prepare"
MODULES = ("virtio_pci", "virtio_net", "nf_tables", "nft_fib_netdev")
NODE = os.path.realpath(BUILD + "/node/fairlead-node")
INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
$B mount -t tmpfs run /run
exec </dev/ttyS0 >/dev/ttyS0 2>&1
for m in $($B cat /mods/order); do $B insmod "/mods/$m"; done
while [ ! -e /sys/class/net/eth0 ]; do $B usleep 50000; done
$B ip link set lo up
$B ip link set eth0 name eth1
$B ip link set eth1 up
$B ip address add 192.0.2.1/24 dev eth1
NODE --node-name a --state-dir /a/state --kubeconfig /a/kubeconfig </dev/null &
echo "it can sleep: $($B cat /sys/power/state), mem is $($B cat /sys/power/mem_sleep)"
while read -r state; do
  read -r before _ </proc/uptime
  echo "$state" >/sys/power/state
  code=$?
  read -r after _ </proc/uptime
  echo "slept: exit $code, uptime $before to $after"
done
"""


def libraries(program):
    """The files that the loader takes for it, itself among them."""
    shown = subprocess.run(["ldd", program], text=True, stdout=subprocess.PIPE, check=True).stdout
    return re.findall(r"(/\S+) \(0x", shown)


def put(tree, path):
    to = tree + path
    os.makedirs(os.path.dirname(to), exist_ok=True)
    shutil.copyfile(path, to)
    os.chmod(to, 0o755)


def initramfs(folder, kernel_tree, release, node_folder):
    """The archive's path. `node_folder`: what twonodes_daemons.Daemon wrote for node a."""
    tree, out = folder + "/tree", folder + "/initramfs.cpio"
    for name in ("mods", "proc", "sys", "dev", "run", "tmp", "bin", "etc"):
        os.makedirs(f"{tree}/{name}")
    shutil.copyfile(shutil.which("busybox"), tree + "/bin/busybox")
    os.chmod(tree + "/bin/busybox", 0o755)
    for program in (NODE, shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin")):
        for path in (program, *libraries(program)):
            put(tree, path)
    shutil.copytree(node_folder, tree + "/a", copy_function=shutil.copy2)
    order = []
    for module in MODULES:
        shown = subprocess.run(["modprobe", "-d", kernel_tree, "-S", release, "--show-depends", module], text=True,
                               stdout=subprocess.PIPE, check=True).stdout
        order += [x.split()[1] for x in shown.splitlines() if x.startswith("insmod ") and x.split()[1] not in order]
    for path in order:
        shutil.copy(path, tree + "/mods")
    with open(tree + "/mods/order", "w") as file:
        file.write("\n".join(map(os.path.basename, order)) + "\n")
    with open(tree + "/init", "w") as file:
        file.write(INIT.replace("NODE", NODE))
    os.chmod(tree + "/init", 0o755)
    with open(out, "wb") as file:
        subprocess.run("find . | cpio -o -H newc --quiet", shell=True, cwd=tree, stdout=file, check=True)
    shutil.rmtree(tree)
    return out


class Sleeper:
    """In `folder`, for short: guest and host (its wire), qmp, console."""

    def __init__(self, folder, node_folder):
        kernel_tree = subprocess.run([PREPARE], text=True, stdout=subprocess.PIPE, check=True).stdout.strip() + "/kernel"
        release = os.listdir(kernel_tree + "/lib/modules")[0]
        self.said = ""
        self.child = subprocess.Popen([
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-M", "q35", "-global", "ICH9-LPC.disable_s3=0",
            "-accel", "tcg,thread=multi,tb-size=128", "-cpu", "max,la57=off", "-m", "512M", "-smp", "1", "-display", "none", "-monitor", "none",
            "-chardev", f"socket,id=con,path={folder}/console,server=on,wait=off", "-serial", "chardev:con",
            "-kernel", f"{kernel_tree}/boot/vmlinuz-{release}",
            "-initrd", initramfs(folder, kernel_tree, release, node_folder),
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr edd=off cryptomgr.notests "
                       "initcall_blacklist=init_kprobe_trace tsc=reliable",
            "-netdev", f"dgram,id=wire,local.type=unix,local.path={folder}/guest,remote.type=unix,remote.path={folder}/host",
            "-device", "virtio-net-pci,netdev=wire,mac=02:00:00:00:00:01",
            "-qmp", f"unix:{folder}/qmp,server=on,wait=off"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if not wait_for(lambda: os.path.exists(folder + "/console") and os.path.exists(folder + "/qmp"), 20):
            raise RuntimeError("QEMU does not come up")
        self.console = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.console.connect(folder + "/console")
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            piece = self.console.recv(4096)
            if not piece:
                return
            self.said += piece.decode(errors="replace")

    def tell(self, state):
        self.console.sendall(state.encode() + b"\n")

    def lines(self, word):
        return [x.strip() for x in self.said.splitlines() if word in x]

    def end(self):
        self.child.kill()
        self.child.wait(20)
