//! Timers: both ends of a link say something often enough, and each gives the other up when it is silent for too
//! long; a cancel and a run have their deadlines.
//!
//! A parent pings at a steady pace, whatever else it says, so a child can tell that its parent lives. What is heard
//! costs nothing: the timer of a link looks at when something was last heard, and puts itself off.

use crate::tree::effect::LinkId;
use crate::tree::input::TimerReason;
use crate::tree::run::TreeRun;
use mcom_model::limits::HEARTBEAT_MS;
use mcom_model::{Reason, ReasonKind, RunClock};
use mcom_wire::Down;
use std::time::Duration;

/// A timer that comes so late says that this process was stopped or held up, not that a link was silent: what came in
/// the meantime has not been looked at yet.
const LATE: Duration = Duration::from_secs(1);

impl TreeRun {
    pub(super) fn timeout(&mut self) {
        while let Some(&(at, why)) = self.timers.first()
            && at <= self.now
            && !self.over
        {
            self.timers.pop_first();
            let late = self.now.since(at) > LATE;
            if late {
                self.held_up = Some(self.now);
            }
            match why {
                TimerReason::Heartbeat(link) => self.heartbeat(link),
                TimerReason::LinkDead(link) => self.link_dead(link),
                TimerReason::NoAssignment => self.no_assignment(),
                TimerReason::ParentSilent => self.parent_silent(),
                TimerReason::OutputStalled => self.output_stalled(late),
                TimerReason::AskAgain(group) => self.ask_again(group),
                TimerReason::Deadline => self.deadline(),
                TimerReason::CancelDeadline => self.cancel_deadline(),
            }
        }
    }

    /// Watches over a link that has just opened.
    pub(super) fn watch_link(&mut self, id: LinkId) {
        self.timers.insert((self.now.after(self.heartbeat_time()), TimerReason::Heartbeat(id)));
        self.timers.insert((self.now.after(self.dead_time()), TimerReason::LinkDead(id)));
    }

    fn heartbeat(&mut self, id: LinkId) {
        if self.links.get(id).is_some() {
            self.send_down(id, Down::Ping { seq: self.now.as_micros() });
            self.timers.insert((self.now.after(self.heartbeat_time()), TimerReason::Heartbeat(id)));
        }
    }

    fn link_dead(&mut self, id: LinkId) {
        let Some(heard) = self.links.get(id).map(|link| link.heard) else { return };
        match self.silent_since(heard) {
            Some(look) => {
                self.timers.insert((look, TimerReason::LinkDead(id)));
            }
            None => self.lose_link(id, &self.silence(), true),
        }
    }

    /// Watches over the link upwards, from the assignment on (node).
    pub(super) fn watch_parent(&mut self) {
        self.timers.insert((self.now.after(self.dead_time()), TimerReason::ParentSilent));
    }

    /// Whoever wanted this node is gone, or nobody wanted it: a parent that lives says at once what is to be done.
    fn no_assignment(&mut self) {
        if self.spec.is_none() {
            self.leave();
        }
    }

    /// A node that hears nothing from above can do nothing that counts: it leaves, and touches no work. Somebody else
    /// asks its hosts.
    fn parent_silent(&mut self) {
        let Some(heard) = self.node_mut().map(|node| node.heard) else { return };
        match self.silent_since(heard) {
            Some(look) => {
                self.timers.insert((look, TimerReason::ParentSilent));
            }
            None => self.leave(),
        }
    }

    /// When to look again at a link that was last heard then; none where it was silent for too long.
    fn silent_since(&self, heard: RunClock) -> Option<RunClock> {
        let dead = heard.after(self.dead_time());
        // After a hold-up here, the answer still gets its time.
        let look = self.held_up.map_or(dead, |held_up| dead.max(held_up.after(self.heartbeat_time())));
        (look > self.now).then_some(look)
    }

    fn silence(&self) -> Reason {
        Reason::new(ReasonKind::LinkLost, format!("no answer for {} s", self.dead_time().as_secs_f64()))
    }

    pub(super) fn heartbeat_time(&self) -> Duration {
        Duration::from_millis(self.spec.as_ref().map_or(HEARTBEAT_MS, |spec| spec.timers.heartbeat_ms))
    }

    fn dead_time(&self) -> Duration {
        Duration::from_millis(self.run_spec().timers.dead_ms)
    }
}
