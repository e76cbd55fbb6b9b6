//! Plans, payloads and a sink that keeps everything, for whole runs.

use bytes::Bytes;
use mcom_driver::run::{RunSink, Tick};
use mcom_model::{
    BlobRef, Credentials, DcRule, Digest, HostEvent, HostId, HostSpec, InnerLinks, Outcome, OutputMode, Payload,
    PayloadKind, Plan, PlanRequest, PlannedDc, Reason, ReasonKind, Receipt, RunClock, RunEvent, RunId, RunLimits,
    RunSpec, RunStart, Stream, TreeShape, What,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// A plan of datacenters with these hosts, in candidate order.
pub fn plan(datacenters: &[(&str, &[&str])], width: u32) -> Plan {
    let mut hosts = Vec::new();
    let mut planned = Vec::new();
    for (dc, (name, names)) in (0..).zip(datacenters) {
        let first = hosts.len();
        hosts.extend(names.iter().map(|name| HostSpec {
            name: (*name).into(),
            dc,
            address: None,
            port: None,
            user: None,
            weight: 1,
            credentials: None,
        }));
        let members = (first..hosts.len()).map(|id| HostId(u32::try_from(id).unwrap())).collect();
        planned.push(PlannedDc { name: (*name).into(), rule: DcRule::NameSuffix, members, fanout: None });
    }
    Plan {
        version: Plan::VERSION,
        request: PlanRequest::default(),
        hosts,
        datacenters: planned,
        shape: TreeShape { width, depth: None },
        credentials: Credentials::Own,
        payload: None,
        limits: RunLimits::default(),
    }
}

/// Runs of this process: no two have the same name.
static RUNS: AtomicU64 = AtomicU64::new(1);

/// A command for every host.
pub fn command(text: &str) -> (RunSpec, Vec<Bytes>) {
    let blob = Bytes::copy_from_slice(text.as_bytes());
    let payload = Payload {
        kind: PayloadKind::Command,
        name: text.into(),
        blob: BlobRef { digest: Digest::of(&blob), len: blob.len() as u64 },
        args: vec![],
        env: vec![],
        cwd: None,
        stdin: None,
        run_as: None,
    };
    let spec = RunSpec {
        run: RunId::from_seed(RUNS.fetch_add(1, Ordering::Relaxed)),
        attempt: 1,
        who: "tester@here".into(),
        reason: None,
        payload,
        limits: RunLimits::default(),
        shape: TreeShape { width: 32, depth: None },
        output: OutputMode::AtEnd,
        credentials: mcom_model::Credentials::Own,
        inner: InnerLinks::default(),
        once: false,
        lock: mcom_model::HostLock::default(),
        undoes: None,
        looks: false,
        timers: mcom_model::Timers::default(),
    };
    (spec, vec![blob])
}

/// The head of a run over a plan.
pub fn start(plan: &Plan, spec: &RunSpec) -> RunStart {
    RunStart { run: spec.run.clone(), started_ms: 0, hosts: plan.hosts.len() as u64 }
}

/// Keeps everything in memory, and checks it as a ledger would.
#[derive(Default)]
pub struct Kept {
    pub events: Vec<RunEvent>,
    pub bodies: BTreeMap<Digest, Vec<u8>>,
    coming: BTreeMap<(HostId, Stream), Vec<u8>>,
    /// From then on nothing can be written.
    pub full_after: Option<usize>,
}

impl Kept {
    /// How a host ended.
    pub fn ended(&self, host: u32) -> (&Outcome, Option<&Receipt>) {
        let mut ends = self.events.iter().filter_map(|event| match &event.what {
            What::Host { host: HostId(id), said: HostEvent::Ended { outcome, receipt } } if *id == host => {
                Some((outcome, receipt.as_deref()))
            }
            _ => None,
        });
        let end = ends.next().unwrap_or_else(|| panic!("host {host} has no outcome: {:#?}", self.events));
        assert!(ends.next().is_none(), "host {host} has two outcomes");
        end
    }

    /// What a host that ended ok printed.
    pub fn printed(&self, host: u32) -> &[u8] {
        let (outcome, receipt) = self.ended(host);
        assert_eq!(*outcome, Outcome::Ok, "host {host}");
        let digest = receipt.unwrap().out.digest;
        self.bodies.get(&digest).map_or(b"", Vec::as_slice)
    }

    /// What was said about hosts, without the ends.
    pub fn said(&self) -> impl Iterator<Item = (u32, &HostEvent)> {
        self.events.iter().filter_map(|event| match &event.what {
            What::Host { host, said } => Some((host.0, said)),
            _ => None,
        })
    }

    fn room(&self) -> std::io::Result<()> {
        match self.full_after {
            Some(events) if self.events.len() >= events => Err(std::io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

impl RunSink for Kept {
    fn record(&mut self, event: &RunEvent, _durable: bool) -> std::io::Result<()> {
        let room = self.room();
        self.events.push(event.clone());
        room
    }

    fn store_output(&mut self, host: HostId, stream: Stream, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
        let coming = self.coming.entry((host, stream)).or_default();
        assert_eq!(coming.len() as u64, offset, "pieces come in order");
        coming.extend_from_slice(bytes);
        Ok(())
    }

    fn finish_output(&mut self, host: HostId, stream: Stream, digest: Digest, len: u64) -> Result<(), Reason> {
        let bytes = self.coming.remove(&(host, stream)).unwrap_or_default();
        if Digest::of(&bytes) != digest || bytes.len() as u64 != len {
            return Err(Reason::new(ReasonKind::PayloadDigestMismatch, "not what was named"));
        }
        self.bodies.insert(digest, bytes);
        Ok(())
    }

    fn store_body(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), Reason> {
        assert_eq!(Digest::of(bytes), digest);
        self.bodies.insert(digest, bytes.to_vec());
        Ok(())
    }

    fn drop_output(&mut self, host: HostId, stream: Stream) {
        self.coming.remove(&(host, stream));
    }

    fn tick(&mut self, _now: RunClock) -> Tick {
        Tick::default()
    }
}
