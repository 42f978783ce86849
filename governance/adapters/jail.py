"""The jail that a worker enters before it renders, builds or validates what an agent wrote.

Three locks, each made by the kernel and none needing privileges: no sockets (seccomp), an empty
network (namespaces), and files only where they are needed (Landlock). Enter while the process has
one thread, before anything heavy is imported.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446

# Landlock rights on files, in the kernel's order of bits.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_FILES = (1 << 16) - 1
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL

# Denied system calls: sockets, ways around them, and looking into other processes.
_DENIED = {
    "x86_64": (
        0xC000003E,
        {"socket": 41, "ptrace": 101, "io_uring_setup": 425, "bpf": 321, "process_vm_readv": 310},
    ),
    "aarch64": (
        0xC00000B7,
        {"socket": 198, "ptrace": 117, "io_uring_setup": 425, "bpf": 280, "process_vm_readv": 270},
    ),
}

_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/shm")
_KERNEL = (
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/mounts",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use: seconds of wall clock and CPU, bytes of memory, per file and per answer."""

    seconds: float = 120.0
    memory: int = 4 << 30
    file_size: int = 1 << 30
    answer: int = 1 << 28


@dataclass(frozen=True, slots=True)
class Locks:
    """Which locks hold. `network` and `files` say whether the worker is cut off from each."""

    namespace: bool
    seccomp: bool
    landlock: int

    @property
    def network(self) -> bool:
        """No packet leaves: no sockets can be made, or there is no network to send on."""
        return self.seccomp or self.namespace

    @property
    def files(self) -> bool:
        """Only the scratch directory is writable, and private files are unreadable."""
        return self.landlock > 0

    @property
    def closed(self) -> bool:
        """Whether the jail holds as a whole."""
        return self.network and self.files


def enter(scratch: Path, limits: Limits = Limits(), readable: Iterable[Path] = ()) -> Locks:
    """Shut this process in: only `scratch` is writable; the interpreter and `readable` are readable."""
    _limit(limits)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    namespace = _leave_network(libc)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    landlock = _lock_files(libc, scratch, readable)
    return Locks(namespace, _forbid_sockets(libc), landlock)


def _limit(limits: Limits) -> None:
    cpu = int(limits.seconds * (os.cpu_count() or 1)) + 1
    for what, value in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def _leave_network(libc: ctypes.CDLL) -> bool:
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    except OSError:
        pass  # without a mapping files look like nobody's; the network is gone all the same
    return True


def _lock_files(libc: ctypes.CDLL, scratch: Path, readable: Iterable[Path]) -> int:
    """Apply Landlock; the ABI version that holds, 0 when the kernel has none."""
    abi: int = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if abi < 1:
        return 0
    handled = _BY_ABI.get(abi, _ALL_FILES)
    # size of the attribute grows with the ABI: files, then TCP (4), then scopes (6)
    attribute = struct.pack("QQQ", handled, 3, 3)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = libc.syscall(_LANDLOCK_CREATE, attribute, len(attribute), 0)
    if ruleset < 0:
        return 0
    read = _READ_FILE | _READ_DIR | _EXECUTE
    rights: dict[str, int] = {}
    for path in (*_interpreter(), *_SYSTEM, *_KERNEL, *map(str, readable)):
        rights[path] = read
    rights |= dict.fromkeys(_DEVICES, handled & ~_EXECUTE)
    for path in _import_roots():
        rights.setdefault(path, _READ_DIR)
    rights[str(scratch)] = handled & ~_EXECUTE
    for path, allowed in rights.items():
        _allow(libc, ruleset, path, allowed & handled)
    restricted = libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return abi if restricted else 0


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no permission
    if not os.path.isdir(path):
        rights &= _FILE_ONLY
    libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", rights, handle), 0)
    os.close(handle)


def _interpreter() -> set[str]:
    """Folders that hold Python itself, its packages, and this package; nothing of the user's."""
    package = str(Path(__file__).resolve().parents[1])
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    site = {entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
    return {package, os.path.realpath(sys.executable)} | prefixes | site


def _import_roots() -> set[str]:
    """Folders that imports list; their names may be seen, their files may not be read."""
    return {entry for entry in sys.path if os.path.isdir(entry)}


def _forbid_sockets(libc: ctypes.CDLL) -> bool:
    """Install a seccomp filter under which denied calls fail with EPERM."""
    known = _DENIED.get(platform.machine())
    if known is None:
        return False
    arch, calls = known
    numbers = sorted(calls.values())
    load, jump_equal, jump_above, answer = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    program = [(load, 0, 0, 4), (jump_equal, 1, 0, arch), (answer, 0, 0, kill), (load, 0, 0, 0)]
    # 0x40000000 marks the x32 calling convention, which would slip past the numbers below
    program.append((jump_above, len(numbers) + 1, 0, 0x40000000))
    program += [(jump_equal, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    program += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    return bool(libc.prctl(_PR_SET_SECCOMP, 2, header, 0, 0) == 0)
