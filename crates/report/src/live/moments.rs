//! What concerns many hosts at once, told when it happens: a parent that is lost and the one that takes its place,
//! a halt, another coordinator.

use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::{RunView, TermEnd, Turn};
use crate::style::{Line, Tone};
use crate::words::turn_line;
use mcom_model::{HostEvent, HostId, RunEvent, What};

/// The line for an event that the view has taken in, where it is worth one.
pub(crate) fn moment_line(view: &RunView, event: &RunEvent) -> Option<Line> {
    match &event.what {
        What::Host { host, said: HostEvent::ParentLost { .. } } => parent_lost(view, event, *host),
        What::Host { host, said: HostEvent::Chosen { .. } } => place_taken(view, event, *host),
        // What the operator at the run's own terminal has typed is answered there.
        What::CancelAsked { by: None } => None,
        What::Halted { .. } | What::CancelAsked { .. } | What::Resumed { .. } => {
            let (at, turn) = view.turns().last()?;
            let mut line = turn_line(view.info(), *at, turn);
            if matches!(turn, Turn::Halted { .. }) {
                line.push(Tone::Doubtful, "; nothing new starts");
            }
            Some(line)
        }
        _ => None,
    }
}

/// `dc2: parent mail1-dc2 lost +20.1s (no answer for 15 s), 74 hosts are asked again`.
fn parent_lost(view: &RunView, event: &RunEvent, host: HostId) -> Option<Line> {
    let term = view.dc_of(host)?.parents.last_of(host)?;
    let Some((at, TermEnd::Lost(reason))) = &term.until else { return None };
    if *at != event.at {
        return None;
    }
    let (at, reason) = (format::moment(*at), sanitise_line(reason.text.as_bytes()));
    let mut text = format!("parent {} lost {at} ({reason}), ", view.info().name(host));
    text += &match term.open {
        0 => "all below it had ended".to_owned(),
        1 => "1 host is asked again".to_owned(),
        open => format!("{} are asked again", format::hosts(open)),
    };
    Some(of_dc(view, host, text))
}

/// `dc2: 74 hosts go to mail2-dc2 +23.3s, 3.2s after mail1-dc2 was lost`.
fn place_taken(view: &RunView, event: &RunEvent, host: HostId) -> Option<Line> {
    let terms = &view.dc_of(host)?.parents;
    let term = terms.last_of(host).filter(|term| term.since == event.at)?;
    let before = terms.all().get(term.after?)?;
    let Some((lost, TermEnd::Lost(_))) = before.until else { return None };
    let go = if term.below == 1 { "goes" } else { "go" };
    let (hosts, at) = (format::hosts(term.below), format::moment(event.at));
    let after = format::duration(event.at.since(lost));
    let (to, from) = (view.info().name(host), view.info().name(before.host));
    Some(of_dc(view, host, format!("{hosts} {go} to {to} {at}, {after} after {from} was lost")))
}

fn of_dc(view: &RunView, host: HostId, text: String) -> Line {
    let dc = view.info().dc_of(host).map_or("?", |dc| view.info().dcs()[dc].name.as_str());
    Line::new().add(Tone::Strong, dc).add(Tone::Doubtful, format!(": {text}"))
}
