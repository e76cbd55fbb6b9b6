//! Timers: a silent link is asked whether it lives, and given up when it does not answer; a cancel has its deadline.
//!
//! A link has one timer, which looks at when something was last heard and puts itself off: hearing something costs
//! nothing.

use crate::tree::effect::LinkId;
use crate::tree::input::TimerReason;
use crate::tree::run::TreeRun;
use mcom_model::limits::{HEARTBEAT_MS, LINK_DEAD_MS};
use mcom_model::{Reason, ReasonKind};
use mcom_wire::Down;
use std::time::Duration;

const ASK: Duration = Duration::from_millis(HEARTBEAT_MS);
const DEAD: Duration = Duration::from_millis(LINK_DEAD_MS);
/// A timer that comes so late says that this process was stopped or held up, not that a link was silent: what came in
/// the meantime has not been looked at yet.
const LATE: Duration = Duration::from_secs(1);

impl TreeRun {
    pub(super) fn timeout(&mut self) {
        while let Some(&(at, why)) = self.timers.first()
            && at <= self.now
        {
            self.timers.pop_first();
            match why {
                TimerReason::Heartbeat(link) => self.heartbeat(link),
                TimerReason::LinkDead(link) => self.link_dead(link, self.now.since(at) > LATE),
                TimerReason::CancelDeadline => self.cancel_deadline(),
                TimerReason::ParentSilent | TimerReason::AskAgain(_) | TimerReason::Deadline => {}
            }
        }
    }

    fn heartbeat(&mut self, id: LinkId) {
        let Some(heard) = self.links.get(id).map(|link| link.heard) else { return };
        if heard.after(ASK) > self.now {
            self.timers.insert((heard.after(ASK), TimerReason::Heartbeat(id)));
        } else {
            self.send_down(id, Down::Ping { seq: heard.as_micros() });
            // After a hold-up here, the answer still gets its time.
            let dead = heard.after(DEAD).max(self.now.after(ASK));
            self.timers.insert((dead, TimerReason::LinkDead(id)));
        }
    }

    fn link_dead(&mut self, id: LinkId, late: bool) {
        let Some(heard) = self.links.get(id).map(|link| link.heard) else { return };
        if late || heard.after(DEAD) > self.now {
            self.heartbeat(id);
        } else {
            let text = format!("no answer for {} s", DEAD.as_secs());
            self.lose_link(id, &Reason::new(ReasonKind::LinkLost, text), true);
        }
    }
}
