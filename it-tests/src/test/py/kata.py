"""What Kata Containers does with a QEMU and its mediated device: cold plug without an id, a monitor on a path, hot plug."""
import json
import os
import signal
import socket
import subprocess
import sys
import time

EMULATOR, HERE, UUID = sys.argv[1:4]
MDEV = "/sys/bus/mdev/devices/" + UUID


def status():
    with open("/sys/devices/ap/card05/05.0004/status") as file:
        return file.read().strip()


def soon(wanted, what):
    """Waits for a minute until something is as it is wanted, then tells what it is."""
    for _ in range(600):
        if what() == wanted:
            break
        time.sleep(0.1)
    return what()


def console():
    with open(HERE + "/kata.console") as file:
        lines = file.read().splitlines()
    return " ".join(line.split()[0] if line[:1] == "0" else "none" for line in lines if line.startswith(("05.", "lszcrypt: No")))


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(600):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.1)
        self.lines = self.socket.makefile("r")
        json.loads(self.lines.readline())
        self.ask("qmp_capabilities")

    def ask(self, command, passed=(), **arguments):
        message = json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n"
        if passed:
            socket.send_fds(self.socket, [message], passed)
        else:
            self.socket.sendall(message)
        while True:
            answer = json.loads(self.lines.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                return answer["error"]["class"] + ": " + answer["error"]["desc"]


def words(*more):
    return [EMULATOR, "-name", "kata", "-machine", "s390-ccw-virtio,accel=kvm", "-cpu", "host", "-m", "512M",
            "-kernel", HERE + "/vmlinuz", "-initrd", HERE + "/initrd.gz", "-append", "console=ttysclp0 quiet",
            "-chardev", "file,id=console,path=" + HERE + "/kata.console", "-device", "sclpconsole,chardev=console",
            "-display", "none", "-nodefaults", "-no-user-config", "-qmp", "unix:/run/kata.sock,server=on,wait=off", *more]


cold = subprocess.Popen(words("-device", "vfio-ap,sysfsdev=" + MDEV, "-S"), stderr=subprocess.DEVNULL)
monitor = Monitor("/run/kata.sock")
print("cold:", status())
second = subprocess.run(words("-device", "vfio-ap,sysfsdev=" + MDEV), capture_output=True, text=True)
print("second:", second.returncode, second.stderr.strip())
monitor.ask("cont")
print("guest:", soon("05.0004", console))
monitor.ask("stop")
print("stopped:", monitor.ask("query-status")["status"])
monitor.ask("cont")
print("continued:", monitor.ask("query-status")["status"])
print("unplug:", monitor.ask("device_del", id="/machine/peripheral-anon/device[1]"), status())
print("guest:", soon("05.0004 none", console))
print("plug:", monitor.ask("device_add", driver="vfio-ap", id="hot", sysfsdev=MDEV), status())
print("again:", monitor.ask("device_add", driver="vfio-ap", id="other", sysfsdev=MDEV))
print("guest:", soon("05.0004 none 05.0004", console))
read, write = os.pipe()
print("descriptor:", monitor.ask("getfd", passed=[write], fdname="one"), monitor.ask("closefd", fdname="one"),
      monitor.ask("closefd", fdname="one"))
children = subprocess.run(["pgrep", "-P", str(cold.pid)], capture_output=True, text=True).stdout.split()
cold.send_signal(signal.SIGKILL)
cold.wait()
print("killed:", soon("assigned", status), len(children), soon(False, lambda: os.path.exists("/proc/" + children[0])))

os.unlink(HERE + "/kata.console")
hot = subprocess.run(words("-daemonize", "-pidfile", "/run/kata.pid", "-S"), capture_output=True, text=True)
print("daemonized:", hot.returncode, hot.stdout, hot.stderr.replace("\n", " "))
monitor = Monitor("/run/kata.sock")
print("plug:", monitor.ask("device_add", driver="vfio-ap", id="hot", sysfsdev=MDEV), status())
with open("/run/kata.pid") as file:
    pid = int(file.read())
os.kill(pid, signal.SIGKILL)
print("ended:", soon("assigned", status))
