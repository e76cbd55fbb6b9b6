//! The program `mcom-testbed`: brings a fleet up for a command, or until it is told to end.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ExitCode, ExitStatus};
use std::time::Duration;

use clap::{Parser, Subcommand};
use mcom_testbed::{Fleet, FleetError, Line, bring_down};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long the command may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(20);

/// Real sshd fleets on one machine.
#[derive(Debug, Parser)]
#[command(name = "mcom-testbed")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Brings a fleet up; runs a command with it where one is given, else waits for an interrupt.
    Up {
        /// How many datacenters: dc1, dc2, ….
        #[arg(long, default_value_t = 2)]
        dcs: usize,
        /// How many hosts in each: NAME1-dc1, NAME2-dc1, ….
        #[arg(long, default_value_t = 10)]
        hosts: usize,
        /// What the hosts are called.
        #[arg(long, default_value = "mail")]
        name: String,
        /// The folder of the fleet; it is made, and removed in the end.
        #[arg(long)]
        dir: Option<PathBuf>,
        /// A line for every host's sshd_config; may be repeated.
        #[arg(long, value_name = "LINE")]
        sshd_config: Vec<String>,
        /// A variable for every host's login environment; may be repeated.
        #[arg(long, value_name = "KEY=VALUE")]
        env: Vec<String>,
        /// Gives every host a network namespace of its own, behind a long link. Needs root.
        #[arg(long)]
        namespaces: bool,
        /// How late the long links are, one way, in milliseconds.
        #[arg(long, value_name = "MS", default_value_t = 0, requires = "namespaces")]
        delay: u64,
        /// How many bits a second the long links carry.
        #[arg(long, value_name = "BITS", requires = "namespaces")]
        rate: Option<u64>,
        /// A command to run; the fleet is brought down after it, and its exit code is passed on.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Ends a fleet and removes its folder.
    Down {
        /// The folder of the fleet.
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    match act(Arguments::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("mcom-testbed: {error}");
            ExitCode::from(1)
        }
    }
}

fn act(verb: Verb) -> Result<ExitCode, FleetError> {
    match verb {
        Verb::Up { dcs, hosts, name, dir, sshd_config, env, namespaces, delay, rate, command } => {
            // The fleet is not to outlive whoever asked for it.
            let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
            let mut builder = Fleet::builder().grid(&name, dcs, hosts);
            for line in sshd_config {
                builder = builder.with_all(|host| host.sshd_config(&line));
            }
            for (key, value) in env.iter().filter_map(|pair| pair.split_once('=')) {
                builder = builder.with_all(|host| host.env(key, value));
            }
            if namespaces {
                let delay = Duration::from_millis(delay);
                builder = builder.namespaces().line(Line { delay, bits_per_second: rate, ..Line::default() });
            }
            if let Some(dir) = dir {
                builder = builder.dir(&dir);
            }
            up(&builder.start()?, &command)
        }
        Verb::Down { dir } => bring_down(&dir).map(|()| ExitCode::SUCCESS),
    }
}

fn up(fleet: &Fleet, command: &[String]) -> Result<ExitCode, FleetError> {
    // Registered before the command starts, so that its end cannot be missed.
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGCHLD]);
    let mut signals = signals.map_err(|source| FleetError::File { path: "signals".into(), source })?;
    let Some((program, arguments)) = command.split_first() else {
        announce(fleet);
        wait_for_end(&mut signals);
        return Ok(ExitCode::SUCCESS);
    };
    let started = fleet.command(program).args(arguments).env("MCOM_TESTBED_DIR", fleet.dir()).spawn();
    let mut child = started.map_err(|source| FleetError::File { path: program.into(), source })?;
    let status = wait_for_command(&mut signals, &mut child);
    let status = status.map_err(|source| FleetError::File { path: program.into(), source })?;
    Ok(exit_code(status))
}

fn announce(fleet: &Fleet) {
    println!("fleet {}  {} hosts", fleet.dir().display(), fleet.names().count());
    let login = fleet.command("ssh");
    let words: Vec<_> =
        [login.get_program()].into_iter().chain(login.get_args()).map(|w| w.to_string_lossy()).collect();
    let first = fleet.names().next().unwrap_or("HOST");
    println!("log in:     {} -F {} {first}", words.join(" "), fleet.ssh_config().display());
    println!("use mcom:   export XDG_CONFIG_HOME={0}/config XDG_STATE_HOME={0}/state", fleet.dir().display());
    println!("inventory:  {}", fleet.inventory().display());
    println!("bring down: mcom-testbed down {}   (or interrupt this program)", fleet.dir().display());
}

fn wait_for_end(signals: &mut Signals) {
    for signal in signals.forever() {
        if signal != SIGCHLD {
            return;
        }
    }
}

/// An interrupt from the terminal reaches the command by itself, and what it means is the command's decision.
/// The other signals mean the end: the command is told, and has a while to clean up.
fn wait_for_command(signals: &mut Signals, child: &mut Child) -> std::io::Result<ExitStatus> {
    for signal in signals.forever() {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if signal == SIGTERM || signal == SIGHUP {
            return end_command(child);
        }
    }
    child.wait()
}

fn end_command(child: &mut Child) -> std::io::Result<ExitStatus> {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let until = std::time::Instant::now() + GRACE;
    while std::time::Instant::now() < until {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
