//! The reader that writes a run's events as JSON.

use super::object::object;
use crate::bodies::Bodies;
use crate::ready::{Ready, ended};
use crate::state::RunView;
use mcom_model::{HostId, RunEvent};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes events as they come. The end of a host is held back until its output is here, so that one object holds
/// both.
#[derive(Debug, Default)]
pub struct JsonEvents {
    ready: Ready,
    held: BTreeMap<HostId, RunEvent>,
}

impl JsonEvents {
    /// A reader of a run's events from their beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next event; `view` has it already.
    pub fn event(
        &mut self,
        view: &RunView,
        event: &RunEvent,
        bodies: &dyn Bodies,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let is_last = matches!(event.what, mcom_model::What::RunEnded { .. });
        let ready = self.ready.event(event);
        match ended(event) {
            Some((host, _)) => {
                self.held.insert(host, event.clone());
            }
            None if is_last => {
                self.finish(view, bodies, out)?;
                write(view, event, bodies, out)?;
            }
            None => write(view, event, bodies, out)?,
        }
        self.release(view, ready, bodies, out)
    }

    /// Takes in an event that was written before. The end of a host whose output had not come is still held back.
    pub(crate) fn past_event(&mut self, event: &RunEvent) {
        if let Some((host, _)) = ended(event) {
            self.held.insert(host, event.clone());
        }
        for host in self.ready.event(event) {
            self.held.remove(&host);
        }
    }

    /// Writes what is still held back, when there are no more events.
    pub fn finish(&mut self, view: &RunView, bodies: &dyn Bodies, out: &mut dyn Write) -> io::Result<()> {
        let rest = self.ready.rest();
        self.release(view, rest, bodies, out)
    }

    fn release(
        &mut self,
        view: &RunView,
        hosts: Vec<HostId>,
        bodies: &dyn Bodies,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for host in hosts {
            if let Some(event) = self.held.remove(&host) {
                write(view, &event, bodies, out)?;
            }
        }
        Ok(())
    }
}

fn write(view: &RunView, event: &RunEvent, bodies: &dyn Bodies, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &object(view, event, bodies)?)?;
    out.write_all(b"\n")
}
