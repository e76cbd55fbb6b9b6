//! The record of a rollout that begins, made in one step with the look whether another one holds its hosts.

use crate::config::Settings;
use crate::error::CliError;
use crate::rollout::held::{held_still, refuse_held};
use crate::rollout::lay::Laid;
use crate::run::now_ms;
use mcom_ledger::{RolloutHead, RolloutRecord, rollouts_dir};
use mcom_rollout::{Effect, Input, Machine, RolloutSpec};
use std::sync::Arc;

/// Records a rollout whose hosts no other one holds. It has begun when this returns.
pub fn begin(laid: Laid, settings: &Settings) -> Result<(RolloutHead, RolloutRecord, Machine), CliError> {
    let Laid { spec, window, blobs, links, leave_out, .. } = laid;
    let rollouts = rollouts_dir(&settings.state_home.value);
    let _held = held_still(&spec.who, settings)?;
    let hosts: Vec<&str> = spec.plan.hosts.iter().map(|host| host.name.as_str()).collect();
    refuse_held(&hosts, &spec.id, leave_out, settings)?;
    // A question may have waited for its answer: the window, and the time that everything takes, count from here.
    let spec = RolloutSpec { started_ms: now_ms(), ..spec };
    let version = concat!("mcom ", env!("CARGO_PKG_VERSION"));
    let head = RolloutHead::new(spec, version, std::env::args().collect(), links);
    let mut record = RolloutRecord::create(&rollouts, &head)?;
    let mut begin = || {
        blobs.iter().try_for_each(|(blob, bytes)| record.store_blob(&blob.digest, bytes))?;
        let mut machine = Machine::new(Arc::new(head.spec.clone()), window.clone());
        machine.handle(head.spec.started_ms, Input::CarryOn { who: head.spec.who.clone() });
        // With its first event on the disk it holds its hosts.
        match machine.poll_effect() {
            Some(Effect::Record(event)) => record.append(&event)?,
            _ => unreachable!("every rollout begins with an event"),
        }
        Ok(machine)
    };
    match begin() {
        Ok(machine) => Ok((head, record, machine)),
        Err(error) => {
            // It has not begun, and nobody is to wonder what it is.
            let _ = std::fs::remove_dir_all(record.dir());
            Err(error)
        }
    }
}
