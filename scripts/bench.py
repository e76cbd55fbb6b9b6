# Does the measuring for scripts/bench, on the fleet that `mcom-testbed up` has started around it.
#
# What counts as CPU at the admin host: every process that the measured command starts there, daemonised
# ones included. This program makes itself the reaper of orphans, so that each of them is waited for and
# gives its account. What hosts do is done by children of their sshd, and so never in that account.
import argparse
import ctypes
import dataclasses
import json
import os
import pathlib
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

DATACENTERS, HOSTS_EACH = 4, 50
FLEET_SIZE = DATACENTERS * HOSTS_EACH
PLAN_SIZE = 100_000
PEER_RUNS = 3
COLD_RUNS = 3
# How long orphans (ssh masters) may take to leave by themselves once the command has ended.
ORPHAN_GRACE = 3.0
DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin (scripts/bench run writes this part) -->", "<!-- figures: end -->"
BEGIN_CREDENTIALS = "<!-- credentials: begin (scripts/bench run writes this part) -->"
END_CREDENTIALS = "<!-- credentials: end -->"


def main():
    arguments = parse_arguments()
    become_reaper_of_orphans()
    bench = Bench(arguments)
    missed = []
    if not arguments.only_credentials:
        bench.check_peers()
        figures = bench.run()
        goals = judge(figures)
        publish(render(figures, goals, arguments.pairs), BEGIN, END, arguments)
        missed += [goal.name for goal in goals if not goal.met]
    figures = bench.run_credentials()
    goals = judge_credentials(figures)
    publish(render_credentials(figures, goals, arguments.pairs), BEGIN_CREDENTIALS, END_CREDENTIALS, arguments)
    missed += [goal.name for goal in goals if not goal.met]
    if missed:
        sys.exit("goals missed: " + "; ".join(missed))


def publish(text, begin, end, arguments):
    print(text)
    if not arguments.no_write:
        write_document(text, begin, end)
        note(f"written to {DOCUMENT}")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench run")
    parser.add_argument("--mcom", required=True, help="the mcom to measure")
    parser.add_argument("--clush", required=True)
    parser.add_argument("--pairs", type=int, default=9, help="interleaved pairs of mcom and its peer")
    parser.add_argument("--only-credentials", action="store_true", help="only what relay costs, without the peers")
    parser.add_argument("--no-write", action="store_true", help="only print the figures")
    return parser.parse_args()


@dataclasses.dataclass
class Measured:
    wall: float
    cpu: float
    resident_kib: int
    output: str


@dataclasses.dataclass
class Asked:
    children: int
    asked_for: int
    times: int
    refused: int


@dataclasses.dataclass
class Goal:
    name: str
    bound: str
    found: str
    met: bool


class Bench:
    def __init__(self, arguments):
        self.pairs = arguments.pairs
        self.fleet = pathlib.Path(os.environ["MCOM_TESTBED_DIR"])
        self.work = pathlib.Path(tempfile.mkdtemp(dir=self.fleet))
        self.ssh_config = self.fleet / "ssh_config"
        self.targets = f"mail[1-{HOSTS_EACH}]-dc[1-{DATACENTERS}]"
        dcs = "|".join(f"dc{number}" for number in range(1, DATACENTERS + 1))
        self.mcom = [arguments.mcom, "-h", f"mail[1-{HOSTS_EACH}]-({dcs})", f"--yes={FLEET_SIZE}", "-c", "hostname"]
        self.mcom_one = [arguments.mcom, "-h", "mail7-dc2", "--", "true"]
        self.ssh_one = ["ssh", "-F", str(self.ssh_config), "-n", "mail7-dc2", "true"]
        each = PLAN_SIZE // DATACENTERS
        self.mcom_plan = [arguments.mcom, "plan", "-h", f"mail[1-{each}]-({dcs})", "-c", "true"]
        self.pdsh = ["pdsh", "-R", "ssh", "-f", str(FLEET_SIZE), "-w", self.pdsh_targets(), "hostname"]
        options = f"-F {self.ssh_config}"
        clush = [arguments.clush, "-q", "-f", str(FLEET_SIZE), "-o", options, "-w", self.targets]
        self.clush_flat = [*clush, "hostname"]
        self.clush_tree = [*clush, f"--topology={self.write_topology()}", "hostname"]
        self.env = self.environment(arguments.clush)

    def pdsh_targets(self):
        return ",".join(f"mail[1-{HOSTS_EACH}]-dc{dc}" for dc in range(1, DATACENTERS + 1))

    def write_topology(self):
        """One gateway in each datacenter, as mcom has one parent."""
        lines = ["[routes]", f"{socket.gethostname().split('.')[0]}: mail1-dc[1-{DATACENTERS}]"]
        lines += [f"mail1-dc{dc}: mail[2-{HOSTS_EACH}]-dc{dc}" for dc in range(1, DATACENTERS + 1)]
        path = self.work / "topology.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def environment(self, clush):
        self.gateway_logs = self.work / "gateways"
        self.gateway_logs.mkdir()
        empty = self.work / "clustershell"
        empty.mkdir()
        return {
            **os.environ,
            "PDSH_SSH_ARGS_APPEND": f"-F {self.ssh_config}",
            # No configuration of this machine's is to count.
            "CLUSTERSHELL_CFGDIR": str(empty),
            "CLUSTERSHELL_GW_PYTHON_EXECUTABLE": str(pathlib.Path(clush).parent / "python"),
            "CLUSTERSHELL_GW_LOG_DIR": str(self.gateway_logs),
            "CLUSTERSHELL_GW_LOG_LEVEL": "INFO",
        }

    def check_peers(self):
        """Every peer must answer for itself, and clush must truly go through its gateways."""
        for name, command in (("pdsh", ["pdsh", "-V"]), ("clush", [self.clush_flat[0], "--version"])):
            if subprocess.run(command, capture_output=True).returncode != 0:
                sys.exit(f"{name} does not run: install it, then run this again")
        before = {dc: self.logins(f"mail1-dc{dc}") for dc in range(1, DATACENTERS + 1)}
        self.fleet_run("clush tree", self.clush_tree)
        for dc, count in before.items():
            # One for the gateway's channel, one for its own turn as a target.
            if self.logins(f"mail1-dc{dc}") - count != 2:
                sys.exit(f"clush did not use its gateway mail1-dc{dc}: the figures would mean nothing")
        # A gateway opens its log when it starts, and has nothing to say in it when all is well.
        if not any(self.gateway_logs.iterdir()):
            sys.exit("no gateway of clush's has started: the figures would mean nothing")

    def logins(self, host):
        log = (self.fleet / "h" / host / "sshd.log").read_text()
        return sum(line.startswith("Accepted publickey") for line in log.splitlines())

    def fleet_run(self, name, command):
        """A run that must have had an answer from every host."""
        measured = measure(name, command, self.env)
        answers = len([line for line in measured.output.splitlines() if line.strip()])
        if answers != FLEET_SIZE:
            sys.exit(f"{name}: {answers} answers from {FLEET_SIZE} hosts")
        note(f"{name:12} wall {measured.wall:6.2f} s  cpu {measured.cpu:6.2f} s  peak {measured.resident_kib // 1024} MiB")
        return measured

    def run(self):
        figures = {"cold": [self.cold_run() for _ in range(COLD_RUNS)]}
        figures["mcom"], figures["pdsh"] = [], []
        for _ in range(self.pairs):
            figures["mcom"].append(self.fleet_run("mcom", self.mcom))
            figures["pdsh"].append(self.fleet_run("pdsh", self.pdsh))
        figures["clush flat"], figures["clush tree"] = [], []
        for _ in range(PEER_RUNS):
            figures["clush flat"].append(self.fleet_run("clush flat", self.clush_flat))
            figures["clush tree"].append(self.fleet_run("clush tree", self.clush_tree))
        figures["mcom one"], figures["ssh one"] = [], []
        measure("warm-up", self.mcom_one, self.env)
        for _ in range(self.pairs):
            figures["mcom one"].append(measure("mcom one", self.mcom_one, self.env))
            figures["ssh one"].append(measure("ssh one", self.ssh_one, self.env))
        figures["plan"] = [measure("plan", self.mcom_plan, self.env) for _ in range(PEER_RUNS)]
        return figures

    def run_credentials(self):
        """The same run with relay and with the parents' own keys, in turns."""
        figures = {"relay": [], "own": []}
        for way in figures:
            self.fleet_run(f"{way}, first", [*self.mcom, "--credentials", way])
        figures["asked"] = [self.asked()]
        for _ in range(self.pairs):
            figures["relay"].append(self.fleet_run("relay", [*self.mcom, "--credentials", "relay"]))
            figures["asked"].append(self.asked())
            figures["own"].append(self.fleet_run("own", [*self.mcom, "--credentials", "own"]))
        return figures

    def asked(self):
        """How often each child's parent asked the coordinator in the newest run with relay, and how often it was refused."""
        state = pathlib.Path(os.environ.get("XDG_STATE_HOME", pathlib.Path.home() / ".local/state"))
        runs = sorted((state / "mcom" / "runs").iterdir(), reverse=True)
        heads = ((run, json.loads((run / "run.json").read_text())) for run in runs if (run / "run.json").exists())
        run, head = next((run, head) for run, head in heads if head["spec"]["credentials"] == "relay")
        events = [json.loads(line) for line in (run / "events.ndjson").read_text().splitlines()]
        asked = [event for event in events if event["event"] == "asked"]
        children = {event["host"] for event in asked}
        refused = sum(event["verdict"] == "refused" for event in asked)
        return Asked(head["hosts"] - DATACENTERS, len(children), len(asked), refused)

    def cold_run(self):
        """With no node in place: the spools are emptied, as on hosts that mcom has never been on."""
        for spool in self.fleet.glob("h/*/spool"):
            subprocess.run(["find", str(spool), "-mindepth", "1", "-delete"], check=True)
        return self.fleet_run("mcom, cold", self.mcom)


def measure(name, command, env):
    """Runs a command to its end and accounts for every process that it started; a failure ends the benchmark."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
        )
        resident = PeakResident(process.pid)
        # Read to the end first: a full pipe would hold the command up. An orphan may keep the pipe open.
        reader = Reader(process.stdout)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime + reap_orphans()
        output = reader.text()
        if process.returncode != 0:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace")[-2000:]
            sys.exit(f"{name}: {' '.join(command)} ended with {process.returncode}: {said}")
    return Measured(wall, cpu, resident.kib(), output)


class Reader(threading.Thread):
    """Reads a stream to its end."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.bytes = stream, b""
        self.start()

    def run(self):
        self.bytes = self.stream.read()

    def text(self):
        self.join()
        return self.bytes.decode(errors="replace")


class PeakResident(threading.Thread):
    """Follows the peak resident memory of one process. Not `ru_maxrss`, which counts the parent's memory at the fork."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status, self.peak = f"/proc/{pid}/status", 0
        self.start()

    def run(self):
        while True:
            try:
                with open(self.status) as file:
                    found = [line for line in file if line.startswith("VmHWM:")]
            except OSError:
                return
            if not found:
                return
            self.peak = max(self.peak, int(found[0].split()[1]))
            time.sleep(0.01)

    def kib(self):
        self.join()
        return self.peak


def become_reaper_of_orphans():
    PR_SET_CHILD_SUBREAPER = 36
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("this kernel has no child subreaper: processes that detach could not be counted")


def reap_orphans():
    """Waits for what the command left behind, ends what stays, and returns the CPU seconds of it all."""
    seconds, until = 0.0, time.monotonic() + ORPHAN_GRACE
    while True:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return seconds
        if pid:
            seconds += usage.ru_utime + usage.ru_stime
        elif time.monotonic() < until:
            time.sleep(0.01)
        else:
            for child in pathlib.Path("/proc/thread-self/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
            time.sleep(0.01)


def judge(figures):
    cpu = {name: statistics.median(run.cpu for run in runs) for name, runs in figures.items()}
    walls = ratios(figures["mcom"], figures["pdsh"])
    ones = ratios(figures["mcom one"], figures["ssh one"])
    plan = statistics.median(run.wall for run in figures["plan"])
    resident = max(run.resident_kib for run in figures["mcom"] + figures["cold"]) / 1024
    share = cpu["mcom"] / cpu["pdsh"]
    goals = [
        ("CPU at the admin host, of flat pdsh's", "at most 1/12", f"1/{1 / share:.1f}", share <= 1 / 12),
        ("CPU at the admin host, of clush tree's", "at most 1", f"{cpu['mcom'] / cpu['clush tree']:.2f}", cpu["mcom"] <= cpu["clush tree"]),
        (f"wall of pdsh -f {FLEET_SIZE}'s", "at most 1.15, aiming below 1", spread(walls), statistics.median(walls) <= 1.15),
        ("`mcom -h one -- true`, of `ssh one true`", "at most 1.3", spread(ones), statistics.median(ones) <= 1.3),
        (f"planning {PLAN_SIZE:,} hosts", "under 1 s", f"{plan:.2f} s", plan < 1),
        (f"resident memory of the coordinator, {FLEET_SIZE} hosts", "under 30 MB", f"{resident:.1f} MiB", resident * 1.048576 < 30),
    ]
    return [Goal(*goal) for goal in goals]


def judge_credentials(figures):
    cpu = {way: statistics.median(run.cpu for run in figures[way]) for way in ("relay", "own")}
    children = figures["asked"][0].children
    each = (cpu["relay"] - cpu["own"]) / children * 1000
    once = all(asked.children == asked.asked_for == asked.times and asked.refused == 0 for asked in figures["asked"])
    times = max(asked.times / asked.children for asked in figures["asked"])
    walls = ratios(figures["relay"], figures["own"])
    goals = [
        ("round trips of the tree for each child", "at most 1", f"{times:.2f} ({children} children)", once),
        ("CPU at the admin host for each child, beyond own's", "at most 2 ms", f"{each:.2f} ms", each <= 2),
        ("wall of own's", "stated, not bounded", spread(walls), True),
    ]
    return [Goal(*goal) for goal in goals]


def render_credentials(figures, goals, pairs):
    lines = [
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())} on {machine()}.",
        "",
        "| | runs | wall, s | CPU at the admin host, s |",
        "|---|---|---|---|",
    ]
    for way in ("relay", "own"):
        runs = figures[way]
        wall, cpu = spread([run.wall for run in runs]), spread([run.cpu for run in runs])
        lines.append(f"| `--credentials {way}` | {len(runs)} | {wall} | {cpu} |")
    lines += ["", f"| relay | bound | found ({pairs} interleaved pairs) | met |", "|---|---|---|---|"]
    lines += [f"| {goal.name} | {goal.bound} | {goal.found} | {'yes' if goal.met else '**no**'} |" for goal in goals]
    return "\n".join(lines)


def ratios(ours, theirs):
    return [mine.wall / other.wall for mine, other in zip(ours, theirs, strict=True)]


def spread(values, unit=""):
    return f"{statistics.median(values):.2f}{unit} ({min(values):.2f}–{max(values):.2f})"


def render(figures, goals, pairs):
    rows = [
        ("mcom, node in place", "mcom"),
        ("mcom, cold: node not on the hosts", "cold"),
        (f"pdsh -R ssh -f {FLEET_SIZE}", "pdsh"),
        (f"clush -f {FLEET_SIZE}, flat", "clush flat"),
        (f"clush -f {FLEET_SIZE}, tree with {DATACENTERS} gateways", "clush tree"),
    ]
    lines = [
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())} on {machine()}; {versions()}.",
        "",
        f"`hostname` on {FLEET_SIZE} hosts in {DATACENTERS} datacenters: median (least–most) of the runs.",
        "",
        "| | runs | wall, s | CPU at the admin host, s | peak memory of the started process, MiB |",
        "|---|---|---|---|---|",
    ]
    for title, key in rows:
        runs = figures[key]
        wall, cpu = spread([run.wall for run in runs]), spread([run.cpu for run in runs])
        resident = max(run.resident_kib for run in runs) / 1024
        lines.append(f"| {title} | {len(runs)} | {wall} | {cpu} | {resident:.1f} |")
    one, ssh, plan = (spread([run.wall * 1000 for run in figures[key]]) for key in ("mcom one", "ssh one", "plan"))
    lines += [
        "",
        f"One host, {pairs} interleaved pairs: `mcom -h one -- true` {one} ms, `ssh one true` {ssh} ms. "
        f"`mcom plan` for {PLAN_SIZE:,} hosts: {plan} ms.",
        "",
        f"| goal | bound | found ({pairs} interleaved pairs for ratios of wall) | met |",
        "|---|---|---|---|",
    ]
    lines += [f"| {goal.name} | {goal.bound} | {goal.found} | {'yes' if goal.met else '**no**'} |" for goal in goals]
    return "\n".join(lines)


def machine():
    model = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = model[0] if model else platform.machine()
    return f"{os.cpu_count()} cores ({processor}), {memory:.0f} GiB, Linux {platform.release()}"


def versions():
    def first_line(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).strip().splitlines()[0]

    pdsh = first_line("pdsh", "-V").split(" ")[0]
    clush = first_line(str(pathlib.Path(sys.executable).parent / "clush"), "--version")
    return f"{first_line('ssh', '-V').split(',')[0]}, {pdsh}, {clush}"


INTRODUCTION = f"""# Benchmarks

`scripts/bench run` measures mcom beside its peers on one fleet and writes the figures below; it fails when a peer is
missing or a goal is missed.

- The fleet is {FLEET_SIZE} real sshd processes on loopback, each with its own address and key and sshd's defaults
  (`MaxStartups 10:30:100` too: no tool is helped by a wider door). There is no distance between them: what a long link
  costs is not in these figures, and the work of all {FLEET_SIZE} sshds is in every wall time, on the same cores.
- CPU at the admin host counts every process that the command started there, daemonised ssh masters included, until
  they have ended. What runs on the hosts is not in it, and that is where a tree puts its work.
- mcom and pdsh run in turns, so that a slow minute of the machine slows both sides of a pair; the ratio is taken pair
  by pair, and the median of the ratios is judged.
- clush's tree has one gateway in each datacenter, as mcom has one parent; the script checks that they were used.

"""

CREDENTIALS = """## Credentials

What relay costs beside parents that use their own keys, on the same fleet, in turns; `scripts/bench run
--only-credentials` measures this part alone. Each child costs one question up the tree and one answer down it, counted
in the run's ledger. CPU at the admin host holds everything that mcom and its children do there: reading ssh's
configuration and known_hosts, judging, and signing.

"""


def write_document(text, begin, end):
    empty = f"{INTRODUCTION}{BEGIN}\n{END}\n\n{CREDENTIALS}{BEGIN_CREDENTIALS}\n{END_CREDENTIALS}\n"
    document = DOCUMENT.read_text() if DOCUMENT.exists() else empty
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def note(text):
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
