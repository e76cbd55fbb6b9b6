//! Arguments over settings: what is asked for, with every default filled in.

use crate::args::{AskedArgs, InquiryArgs, LockArgs, PaceArgs, Pick, TargetArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::request::payload::PayloadParts;
use crate::request::quote::command_line;
use mcom_model::{Credentials, HostLock, PlanRequest, RunLimits, TreeShape, limits};
use std::io::Read;
use std::time::Duration;

/// Everything that a plan is made from, and nothing about how it is shown.
#[derive(Clone, Debug)]
pub struct Request {
    /// What was asked for.
    pub asked: PlanRequest,
    /// The rest of the payload.
    pub parts: PayloadParts,
    /// Shape and limits.
    pub settings: PlanSettings,
}

/// Credentials, shape and limits of a plan.
#[derive(Clone, Copy, Debug)]
pub struct PlanSettings {
    /// How parents reach their children.
    pub credentials: Credentials,
    /// The tree's shape.
    pub shape: TreeShape,
    /// Pace, time and size limits.
    pub limits: RunLimits,
}

impl AskedArgs {
    /// The request of `run` or `plan`.
    pub fn settle(&self, settings: &Settings) -> Result<Request, CliError> {
        let (command, args) = self.command_and_arguments()?;
        let asked = PlanRequest {
            parents: self.tree.parents.clone(),
            flat: self.tree.flat,
            user: self.ssh.user.clone(),
            command,
            script: self.payload.script.clone(),
            stdin: self.payload.stdin.clone(),
            reason: self.safety.reason.clone(),
            once: self.safety.once,
            lock: self.safety.lock.over(settings.lock_wait.value.map_or(HostLock::Take, wait_for)),
            ..targets(&self.targets)?
        };
        let env = self.payload.env.iter().map(|var| (var.key.clone(), var.value.clone())).collect();
        let parts = PayloadParts { args, env, cwd: self.payload.cwd.clone(), run_as: self.payload.run_as.run_as() };
        Ok(Request { asked, parts, settings: self.plan_settings(settings) })
    }

    /// What comes after `--` is the command, or a script's arguments.
    fn command_and_arguments(&self) -> Result<(Option<String>, Vec<String>), CliError> {
        let argv = &self.payload.argv;
        match (&self.payload.script, &self.payload.command) {
            (Some(_), _) => Ok((None, argv.clone())),
            (None, Some(_)) if !argv.is_empty() => {
                Err(CliError::new(ErrorKind::Usage, "a command is given with -c and again after --")
                    .hint("give it once: -c 'text for the shell', or -- CMD ARG..."))
            }
            (None, Some(text)) => Ok((Some(text.clone()), Vec::new())),
            (None, None) if argv.is_empty() => Ok((None, Vec::new())),
            (None, None) => Ok((Some(command_line(argv)), Vec::new())),
        }
    }

    fn plan_settings(&self, settings: &Settings) -> PlanSettings {
        let flat = self.tree.flat.then_some(1);
        // Without a limit a narrow width would make a tree as deep as there are hosts.
        let depth = flat.or(self.tree.depth).or(settings.depth.value).unwrap_or(limits::LEVELS);
        PlanSettings {
            credentials: self.ssh.credentials.credentials.unwrap_or(settings.credentials.value),
            shape: TreeShape { width: self.tree.width.unwrap_or(settings.width.value), depth: Some(depth) },
            limits: self.pace.over(limits_of(settings)),
        }
    }
}

impl PaceArgs {
    /// What was typed, laid over these limits.
    pub fn over(&self, limits: RunLimits) -> RunLimits {
        let fail_fast = self.fail_fast.then_some(0);
        RunLimits {
            fanout: self.fanout.unwrap_or(limits.fanout),
            connect_timeout_ms: self.connect_timeout.map_or(limits.connect_timeout_ms, millis),
            command_timeout_ms: self.command_timeout.map(millis).or(limits.command_timeout_ms),
            global_fanout: self.global_fanout.or(limits.global_fanout),
            deadline_ms: self.deadline.map(millis).or(limits.deadline_ms),
            max_fail: fail_fast.or(self.max_fail.map(u64::from)).or(limits.max_fail),
            ..limits
        }
    }
}

impl LockArgs {
    /// What was typed; `otherwise` where nothing was.
    pub fn over(&self, otherwise: HostLock) -> HostLock {
        match self.lock_wait {
            _ if self.no_lock => HostLock::Without,
            Some(time) => wait_for(time),
            None => otherwise,
        }
    }
}

fn limits_of(settings: &Settings) -> RunLimits {
    RunLimits {
        fanout: settings.fanout.value,
        opening: settings.opening.value,
        connect_timeout_ms: millis(settings.connect_timeout.value),
        command_timeout_ms: settings.command_timeout.value.map(millis),
        output_cap: settings.output_cap.value,
        global_fanout: settings.global_fanout.value,
        deadline_ms: settings.deadline.value.map(millis),
        max_fail: settings.max_fail.value,
        ..RunLimits::default()
    }
}

fn wait_for(time: Duration) -> HostLock {
    HostLock::Wait { ms: millis(time) }
}

impl InquiryArgs {
    /// The request of a plan that runs nothing.
    pub fn settle(&self, settings: &Settings) -> Result<Request, CliError> {
        let asked = AskedArgs {
            targets: self.targets.clone(),
            tree: self.tree.clone(),
            ssh: self.ssh.clone(),
            pace: PaceArgs { connect_timeout: self.connect_timeout, ..PaceArgs::default() },
            ..AskedArgs::default()
        };
        asked.settle(settings)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The part of a request that says which hosts.
pub fn targets(args: &TargetArgs) -> Result<PlanRequest, CliError> {
    Ok(PlanRequest {
        hosts: args.hosts.clone(),
        exclude: args.exclude.clone(),
        inventory: args.inventory.clone(),
        pick: args.pick.map(seeded).transpose()?.map(|pick| pick.to_string()),
        dc_from: args.dc_from.clone(),
        ..PlanRequest::default()
    })
}

/// The pick with a seed, a new one where none was typed.
fn seeded(pick: Pick) -> Result<Pick, CliError> {
    let seed = match pick.seed {
        Some(seed) => seed,
        // Sixteen bits are quickly typed again, and as good as more for choosing hosts.
        None => u32::from_le_bytes(random()?) & 0xffff,
    };
    Ok(Pick { seed: Some(seed), ..pick })
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], CliError> {
    let mut bytes = [0; N];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| CliError::unreadable("the source of randomness", "/dev/urandom", &error))?;
    Ok(bytes)
}
