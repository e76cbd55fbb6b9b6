//! Whether an event can be one of a rollout: a record that was damaged may hold others.

use crate::event::{Happened, HostsEnded, RolloutEvent, RunOf};
use mcom_model::HostRanges;

impl RolloutEvent {
    /// Whether it can be one of a rollout of so many hosts and stages. Only those may be taken into its state.
    pub fn fits(&self, hosts: usize, stages: usize) -> bool {
        let has = |stage: u32| (stage as usize) < stages;
        let all = |ranges: &HostRanges| {
            // The length first: a damaged range may have four billion hosts.
            ranges.len() <= hosts && ranges.iter().all(|host| (host.0 as usize) < hosts)
        };
        match &self.what {
            Happened::Became { stage, .. } => *stage as usize <= stages,
            Happened::Asked(_) | Happened::CarriedOn { .. } => true,
            Happened::RunBegun { of, hosts, .. } => {
                let RunOf::Stage(stage) = of else { return all(hosts) };
                has(*stage) && all(hosts)
            }
            Happened::RunEnded(HostsEnded { ends, signalled, boots, .. }) => {
                let mut booted = boots.iter().map(|(host, _)| host.0 as usize);
                ends.iter().all(|(_, hosts)| all(hosts)) && all(signalled) && booted.all(|host| host < hosts)
            }
            Happened::Checked(round) => [&round.healthy, &round.inconclusive, &round.sick].into_iter().all(all),
            Happened::Sick { hosts } | Happened::Rebooted { hosts } | Happened::Accepted { hosts } => all(hosts),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::RolloutEvent;

    #[test]
    fn events_of_other_hosts_and_stages_do_not_fit() {
        let fits = |event: &str| serde_json::from_str::<RolloutEvent>(event).unwrap().fits(3, 2);
        for (event, does) in [
            (r#"{"at_ms":1,"event":"became","state":"running","stage":2}"#, true),
            (r#"{"at_ms":1,"event":"became","state":"running","stage":3}"#, false),
            (r#"{"at_ms":1,"event":"run-begun","run":"8f3kabcd","of":{"stage":1},"hosts":[[0,2]]}"#, true),
            (r#"{"at_ms":1,"event":"run-begun","run":"8f3kabcd","of":{"stage":2},"hosts":[[0,2]]}"#, false),
            (r#"{"at_ms":1,"event":"run-begun","run":"8f3kabcd","of":"undo","hosts":[[0,4294967295]]}"#, false),
            (r#"{"at_ms":1,"event":"run-ended","run":"8f3kabcd","ends":[["ok",[[3,3]]]]}"#, false),
            (r#"{"at_ms":1,"event":"run-ended","run":"8f3kabcd","ends":[],"boots":[[3,"b"]]}"#, false),
            (r#"{"at_ms":1,"event":"checked","sick":[[2,3]]}"#, false),
            (r#"{"at_ms":1,"event":"rebooted","hosts":[[2,1],[2,2]]}"#, true),
        ] {
            assert_eq!(fits(event), does, "{event}");
        }
    }
}
