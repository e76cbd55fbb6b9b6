//! Interrupts typed at a terminal: nothing new starts, and the operator is asked what becomes of the rest.

use crate::support::{Bench, count, ended_as};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The key that interrupts.
const INTERRUPT: &[u8] = b"\x03";

/// A program in the foreground of a terminal of its own.
pub struct AtTerminal {
    child: Child,
    keys: File,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl AtTerminal {
    /// Begins a run.
    fn begin(bench: &Bench, args: &[&str]) -> Self {
        Self::of(&bench.command(args))
    }

    /// Begins a program; `setsid` gives it the terminal.
    pub fn of(program: &Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let screen_of = || File::options().read(true).write(true).open(Path::new(name.to_str().unwrap())).unwrap();
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program.get_program()).args(program.get_args()).env("TERM", "xterm");
        command.envs(program.get_envs().filter_map(|(key, value)| Some((key, value?))));
        if let Some(folder) = program.get_current_dir() {
            command.current_dir(folder);
        }
        let child = command.stdin(screen_of()).stdout(screen_of()).stderr(screen_of()).spawn().unwrap();
        let keys = File::from(master);
        let (mut shown, screen) = (keys.try_clone().unwrap(), Arc::default());
        let kept: Arc<Mutex<Vec<u8>>> = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // The end of the last process at the terminal is an error of the reader.
            while let Ok(len @ 1..) = shown.read(&mut piece) {
                kept.lock().unwrap().extend_from_slice(&piece[..len]);
            }
        });
        Self { child, keys, screen }
    }

    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    pub fn key(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
    }

    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let since = Instant::now();
        while !self.screen().contains(text) {
            assert!(since.elapsed() < Duration::from_secs(60), "never shown: {text}\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end, and checks the exit code.
    #[track_caller]
    pub fn expect(mut self, code: i32) -> String {
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{}", self.screen());
        self.screen()
    }
}

/// A payload that runs until the file `go` is there.
fn until_go(bench: &Bench) -> String {
    format!("echo ran >>runs; until test -e {}; do sleep 0.1; done", bench.path("go").display())
}

fn wait_until(bench: &Bench, key: &str, value: &str, times: usize) {
    let since = Instant::now();
    while count(&bench.events(), key, value) < times {
        assert!(since.elapsed() < Duration::from_secs(60), "never {times} times {value}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sorted(bench: &Bench) -> Vec<String> {
    let mut kinds: Vec<String> = ended_as(&bench.events()).into_values().collect();
    kinds.sort();
    kinds
}

#[test]
fn after_the_first_interrupt_nothing_starts_and_what_runs_is_waited_for() {
    let bench = Bench::grid(1, 2);
    let mut run = AtTerminal::begin(&bench, &["-h", "*", "-f", "1", "-c", &until_go(&bench)]);
    wait_until(&bench, "said", "started", 1);
    run.key(INTERRUPT);
    run.wait_for("interrupted: nothing new starts");
    run.key(b"what?\n");
    wait_until(&bench, "event", "halted", 1);
    run.key(b"\n");
    run.wait_for("waiting for what runs");
    std::fs::write(bench.path("go"), "").unwrap();
    let screen = run.expect(130);
    assert!(screen.contains("that is no answer here: Enter (wait), c (cancel) or d (detach)"), "{screen}");
    assert_eq!(sorted(&bench), ["not-run", "ok"]);
    // The operator waited for the end, so that the run is finished as it is.
    bench.mcom(&["resume"]).expect(3);
    bench.mcom(&["retry"]).expect(0);
}

#[test]
fn what_runs_when_the_operator_detaches_goes_on_and_resume_does_the_rest() {
    let bench = Bench::grid(1, 2);
    let mut run = AtTerminal::begin(&bench, &["-h", "*", "-f", "1", "-c", &until_go(&bench)]);
    wait_until(&bench, "said", "started", 1);
    run.key(INTERRUPT);
    wait_until(&bench, "event", "halted", 1);
    run.key(b"d\n");
    let screen = run.expect(16);
    assert!(screen.contains("carry the run on: mcom resume"), "{screen}");
    std::fs::write(bench.path("go"), "").unwrap();
    bench.mcom(&["resume"]).expect(0);
    assert_eq!(sorted(&bench), ["ok", "ok"]);
    for name in bench.fleet.names() {
        assert_eq!(std::fs::read_to_string(bench.fleet.home(name).unwrap().join("runs")).unwrap(), "ran\n", "{name}");
    }
}

#[test]
fn the_second_interrupt_cancels_and_the_third_leaves() {
    let bench = Bench::grid(1, 1);
    let mut run = AtTerminal::begin(&bench, &["-h", "*", "-c", "trap '' TERM; sleep 60"]);
    wait_until(&bench, "said", "started", 1);
    run.key(INTERRUPT);
    wait_until(&bench, "event", "halted", 1);
    run.key(INTERRUPT);
    wait_until(&bench, "event", "cancel-asked", 1);
    run.key(INTERRUPT);
    let screen = run.expect(16);
    assert!(screen.contains("carry the run on: mcom resume"), "{screen}");
    bench.mcom(&["resume"]).expect(130);
    assert_eq!(sorted(&bench), ["killed"]);
}

#[test]
fn cancel_is_one_of_the_answers() {
    let bench = Bench::grid(1, 2);
    let mut run = AtTerminal::begin(&bench, &["-h", "*", "-c", "sleep 60"]);
    wait_until(&bench, "said", "started", 2);
    run.key(INTERRUPT);
    wait_until(&bench, "event", "halted", 1);
    run.key(b"c\n");
    run.expect(130);
    assert_eq!(sorted(&bench), ["killed", "killed"]);
}
