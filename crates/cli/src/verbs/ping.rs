//! `mcom ping`: whether hosts are there, and which way they are reached.

use crate::args::PingArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::inquire::{Question, Seen, ask};
use crate::learn::learn;
use crate::output::print_bytes;
use crate::request::build;
use crate::resolve::StandardInput;
use crate::verbs::who::answer_options;
use mcom_model::{Credentials, HostId, Inquiry, Plan};
use mcom_report::{Answer, Measured, write_pings};
use std::collections::BTreeSet;

/// Asks the hosts and prints what came of it. Returns the exit code.
pub fn ping(args: &PingArgs, settings: &Settings) -> Result<u8, CliError> {
    if args.asked.targets.hosts.is_empty() {
        return Err(CliError::new(ErrorKind::Usage, "ping asks hosts whether they are there, and none were given")
            .hint("mcom ping -h 'mail[1-100]-(dc1|dc2)'")
            .hint("mcom ping -h @web"));
    }
    let planned = build(args.asked.settle(settings)?, settings, &StandardInput::default())?;
    if args.learn {
        return learn(&planned.plan, args, settings);
    }
    let question = Question { inquiry: Inquiry::Ping, run_as: args.asked.run_as.run_as() };
    let asked = ask(&planned.plan, &question, &args.asked.ssh, settings)?;
    let hosts = planned.plan.host_ids().zip(asked.answers.iter().zip(&asked.seen));
    let heads = heads(&planned.plan, &asked.seen);
    let measured: Vec<Measured> =
        hosts.map(|(id, (answer, seen))| measured(&planned.plan, heads.contains(&id), id, answer, seen)).collect();
    let mut text = Vec::new();
    write_pings(&asked.answers, &measured, &answer_options(args.json, settings), &mut text)
        .expect("memory can be written");
    print_bytes(&text)?;
    Ok(asked.code)
}

/// What was seen of a host while it was asked, in words and numbers.
fn measured(plan: &Plan, leads: bool, id: HostId, (_, answer): &Answer, seen: &Seen) -> Measured {
    let clock = answer.as_ref().ok().and_then(|answer| answer.pong.as_ref()).map(|pong| pong.clock_ms);
    Measured {
        way: way(plan, leads, id, seen),
        shipped: seen.shipped,
        round_trip: seen.round_trip,
        skew_ms: clock.zip(seen.said_at).map(|(clock, at)| skew_ms(clock, at, seen)),
    }
}

/// The hosts that were linked from here before any other of their datacenter: not through one of them.
fn heads(plan: &Plan, seen: &[Seen]) -> BTreeSet<HostId> {
    let from_here = |id: &HostId| seen[id.0 as usize].linked && seen[id.0 as usize].by.is_none();
    let place = |id: &HostId| seen[id.0 as usize].place;
    let firsts = plan.datacenters.iter().flat_map(|dc| match plan.shape.depth {
        Some(1) => dc.members.clone(),
        _ => dc.members.iter().copied().filter(from_here).min_by_key(place).into_iter().collect(),
    });
    firsts.collect()
}

/// How far a host's clock is ahead: it was read half a round trip before the word of it came here.
fn skew_ms(clock_ms: u64, heard_ms: u64, seen: &Seen) -> i64 {
    let back = seen.round_trip.map_or(0, |time| time.as_millis() / 2);
    let (clock, then) = (i128::from(clock_ms), i128::from(heard_ms) - i128::try_from(back).unwrap_or(0));
    i64::try_from(clock - then).unwrap_or(if clock > then { i64::MAX } else { i64::MIN })
}

fn way(plan: &Plan, leads: bool, id: HostId, seen: &Seen) -> String {
    let way = match plan.credentials_of(id) {
        Credentials::Auto | Credentials::Relay => "by relay",
        Credentials::Certificate => "by certificate",
        Credentials::Own => "with its parent's own key",
        Credentials::Transit => "by transit",
    };
    match (seen.linked, seen.by) {
        (false, _) => String::new(),
        (true, Some(parent)) => format!("{way} through {}", plan.host(parent).name),
        (true, None) if seen.transit || (!leads && plan.credentials_of(id) == Credentials::Transit) => {
            "by transit through its parent's sshd".to_owned()
        }
        (true, None) => "from here".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_is_read_half_a_round_trip_before_it_is_heard() {
        let seen = Seen { round_trip: Some(Duration::from_millis(100)), ..Seen::default() };
        assert_eq!(skew_ms(10_000, 10_050, &seen), 0);
        assert_eq!(skew_ms(13_000, 10_050, &seen), 3000);
        assert_eq!(skew_ms(0, 10_050, &seen), -10_000);
        assert_eq!(skew_ms(u64::MAX, 0, &seen), i64::MAX);
    }
}
