//! A look at hosts: something small is run there and leaves no trace, neither there nor in the ledger. It goes on inside
//! the caller's own loop.

use crate::config::Settings;
use crate::error::CliError;
use crate::inquire::findings::{Finding, Findings};
use crate::inquire::quick::quick;
use crate::run::{Operator, Reach, now_ms, reach};
use bytes::Bytes;
use mcom_driver::run::{Authority, Control, Order, Start, coordinate};
use mcom_ledger::LongLinks;
use mcom_model::{Payload, Plan, RunSpec, RunStart, limits};
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

/// A check has little time and prints little, and leaves no history.
fn spec(probe: &Probe<'_>) -> Result<RunSpec, CliError> {
    let mut spec = quick(probe.plan, probe.payload.clone(), probe.settings)?;
    spec.limits.command_timeout_ms = Some(probe.timeout_ms);
    spec.limits.output_cap = limits::BODY_INLINE;
    spec.looks = true;
    Ok(spec)
}
