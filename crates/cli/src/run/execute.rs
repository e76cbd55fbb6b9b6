//! Begins a run: its head, its record, and what every node is told.

use crate::args::PasswordArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::request::Planned;
use crate::run::carry_out::Recorded;
use crate::run::conduct::Ready;
use crate::run::identity::{now_ms, run_id};
use crate::run::means::Shown;
use crate::run::told::spec_of;
use bytes::Bytes;
use mcom_driver::run::Start;
use mcom_ledger::{Ledger, LongLinks, RunHead, runs_dir};
use mcom_model::{Payload, Plan, RunSpec, RunStart};

/// Everything about a run that is not in its plan.
#[derive(Clone)]
pub struct Execution<'a> {
    /// How long links are made.
    pub links: LongLinks,
    /// The settings.
    pub settings: &'a Settings,
    /// How the run is shown.
    pub shown: Shown<'a>,
    /// What sudo wants to know.
    pub password: PasswordArgs,
    /// The run whose payload is tried again, with all that its nodes were told.
    pub retry_of: Option<&'a RunHead>,
}

/// Carries a plan out and returns the exit code. An error means that no host was touched.
pub fn execute(planned: Planned, payload: Payload, how: Execution<'_>) -> Result<u8, CliError> {
    let Planned { plan, blobs, .. } = planned;
    let spec = spec(&plan, payload, &how)?;
    let head = head(plan, spec, &how);
    let ready = Ready::new(&head, how.password, how.settings, how.shown)?;
    let ledger = created(&head, &blobs, how.settings)?;
    let start = Start::New(start_of(&head));
    let carried_on_by = format!("mcom resume {}", head.run);
    let run = Recorded { head: &head, ledger, start, blobs, patience: None, first: None, carried_on_by };
    ready.conduct(run, how.shown)
}

/// The record of a new run, with the bytes of its payload.
pub(super) fn created(head: &RunHead, blobs: &[Bytes], settings: &Settings) -> Result<Ledger, CliError> {
    let mut ledger = Ledger::create(&runs_dir(&settings.state_home.value), head)?;
    store_blobs(&mut ledger, head, blobs)?;
    Ok(ledger)
}

/// Keeps the bytes of a run's payload beside its record.
pub(super) fn store_blobs(ledger: &mut Ledger, head: &RunHead, blobs: &[Bytes]) -> Result<(), CliError> {
    head.spec
        .payload
        .blobs()
        .zip(blobs)
        .try_for_each(|(blob, bytes)| ledger.store_blob(&blob.digest, bytes).map_err(CliError::from))
}

/// The first event of a run.
pub(super) fn start_of(head: &RunHead) -> RunStart {
    RunStart { run: head.run.clone(), started_ms: head.started_ms, hosts: head.hosts }
}

fn head(plan: Plan, spec: RunSpec, how: &Execution<'_>) -> RunHead {
    let version = concat!("mcom ", env!("CARGO_PKG_VERSION"));
    let retry_of = how.retry_of.map(|head| head.run.clone());
    let head = RunHead::new(plan, spec, now_ms(), version, std::env::args().collect());
    RunHead { retry_of, ssh: how.links.clone(), ..head }
}

fn spec(plan: &Plan, payload: Payload, how: &Execution<'_>) -> Result<RunSpec, CliError> {
    let new = spec_of(plan, run_id()?, payload, how.shown.display.mode, how.settings);
    let Some(head) = how.retry_of else { return Ok(new) };
    let RunSpec { run, who, reason, lock, timers, output, limits, credentials, .. } = new;
    Ok(RunSpec { run, who, reason, lock, timers, output, limits, credentials, ..head.spec.clone() })
}
