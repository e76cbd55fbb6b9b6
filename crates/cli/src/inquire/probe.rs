//! A look at hosts: something small is run there and leaves no trace, neither there nor in the ledger. It goes on inside
//! the caller's own loop.

use crate::config::Settings;
use crate::error::CliError;
use crate::inquire::findings::{Finding, Findings};
use crate::run::{Operator, Reach, inner_links, now_ms, reach, run_id, timers, who};
use bytes::Bytes;
use mcom_driver::run::{Authority, Control, Order, Start, coordinate};
use mcom_ledger::LongLinks;
use mcom_model::{HostLock, OutputMode, Payload, Plan, RunLimits, RunSpec, RunStart, Timers, limits};
use std::cell::RefCell;
use tokio::sync::mpsc::Receiver;

/// What is run, and where.
pub struct Probe<'a> {
    /// The hosts, and through whom.
    pub plan: &'a Plan,
    /// What is run.
    pub payload: Payload,
    /// Its bytes.
    pub blobs: Vec<Bytes>,
    /// How links are made from here.
    pub links: &'a LongLinks,
    /// Milliseconds that it may take on each host.
    pub timeout_ms: u64,
    /// The settings.
    pub settings: &'a Settings,
}

/// Looks at every host, each once. A word ends it early. An error means that no host was asked.
pub async fn probe(
    probe: Probe<'_>,
    operator: &RefCell<Operator>,
    mut control: Receiver<Control>,
) -> Result<Vec<Finding>, CliError> {
    let spec = spec(&probe)?;
    let Probe { plan, blobs, links, settings, .. } = probe;
    let Reach { client, connector, mut authority } = reach(links, plan, &spec, settings, &mut operator.borrow_mut())?;
    let start = RunStart { run: spec.run.clone(), started_ms: now_ms(), hosts: plan.hosts.len() as u64 };
    let order = Order { plan, spec, start: Start::New(start), blobs, password: None };
    let mut findings = Findings::of(plan.hosts.len());
    let authority = authority.as_mut().map(|authority| authority as &mut dyn Authority);
    coordinate(connector, order, authority, &mut findings, &mut control).await;
    client.close();
    Ok(findings.finish())
}

/// What nodes are told: no lock, no pace, no history, and to be quick.
fn spec(probe: &Probe<'_>) -> Result<RunSpec, CliError> {
    let hosts = probe.plan.hosts.len() as u64;
    let at_once = u32::try_from(hosts).unwrap_or(u32::MAX);
    let limits = RunLimits {
        fanout: at_once,
        opening: at_once,
        connect_timeout_ms: probe.plan.limits.connect_timeout_ms,
        command_timeout_ms: Some(probe.timeout_ms),
        output_cap: limits::BODY_INLINE,
        ..RunLimits::default()
    };
    let timers = timers();
    Ok(RunSpec {
        run: run_id()?,
        attempt: 1,
        who: who(),
        reason: None,
        payload: probe.payload.clone(),
        limits: limits.for_hosts(hosts),
        shape: probe.plan.shape,
        output: OutputMode::AtEnd,
        credentials: probe.plan.credentials,
        inner: inner_links(probe.settings),
        once: false,
        lock: HostLock::Without,
        undoes: None,
        looks: true,
        // A host that does not answer is asked again in the next round.
        timers: Timers { ask_ms: timers.heartbeat_ms, ..timers },
    })
}
