//! What nodes are told whose hosts are only asked: no lock, no pace, and to be quick.

use crate::config::Settings;
use crate::error::CliError;
use crate::run::{run_id, spec_of};
use mcom_model::{HostLock, OutputMode, Payload, Plan, RunLimits, RunSpec, Timers};

/// All hosts at once, under a run id that no ledger knows.
pub(super) fn quick(plan: &Plan, payload: Payload, settings: &Settings) -> Result<RunSpec, CliError> {
    let at_once = u32::try_from(plan.hosts.len()).unwrap_or(u32::MAX);
    let connect_timeout_ms = plan.limits.connect_timeout_ms;
    let limits = RunLimits { fanout: at_once, opening: at_once, connect_timeout_ms, ..RunLimits::default() };
    let spec = spec_of(plan, run_id()?, payload, OutputMode::AtEnd, settings);
    Ok(RunSpec {
        reason: None,
        limits: limits.for_hosts(plan.hosts.len() as u64),
        once: false,
        lock: HostLock::Without,
        // Nothing is at stake in a host that does not answer: it is not asked again for long.
        timers: Timers { ask_ms: spec.timers.heartbeat_ms, ..spec.timers },
        ..spec
    })
}
