//! Builds runs for tests: plan, events and bodies, told in a few words.

use mcom_model::{
    BlobRef, BodyRef, Credentials, DcRule, Digest, EndedBy, Exit, HostEvent, HostId, HostSpec, InnerLinks, Outcome,
    OutputMode, Payload, PayloadKind, Plan, PlanRequest, PlannedDc, Reason, ReasonKind, Receipt, RunClock, RunEvent,
    RunLimits, RunSpec, RunStart, Stream, Tally, TreeShape, What,
};
use mcom_report::{Bodies, RunInfo, RunView};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

/// Bodies in memory.
#[derive(Default)]
pub struct Memory(pub BTreeMap<Digest, Vec<u8>>);

impl Bodies for Memory {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + '_>> {
        let body = self.0.get(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(body.as_slice()))
    }
}

/// A run in the making.
pub struct Scene {
    pub info: Arc<RunInfo>,
    pub events: Vec<RunEvent>,
    pub bodies: Memory,
    plan: Plan,
    tally: Tally,
}

impl Scene {
    /// Datacenters with their hosts, in natural order.
    pub fn new(dcs: &[(&str, &[&str])], output: OutputMode) -> Self {
        Self::named(dcs, output, "fix.sh")
    }

    /// The same, with limits.
    pub fn limited(dcs: &[(&str, &[&str])], limits: RunLimits) -> Self {
        Self::made(dcs, OutputMode::AtEnd, "fix.sh", limits)
    }

    /// The same, with another name of the payload.
    pub fn named(dcs: &[(&str, &[&str])], output: OutputMode, name: &str) -> Self {
        Self::made(dcs, output, name, RunLimits::default())
    }

    fn made(dcs: &[(&str, &[&str])], output: OutputMode, name: &str, limits: RunLimits) -> Self {
        let mut hosts = Vec::new();
        let mut datacenters = Vec::new();
        for (&(dc, names), index) in dcs.iter().zip(0..) {
            let first = hosts.len() as u32;
            let spec = |name: &&str| HostSpec {
                name: (*name).into(),
                dc: index,
                address: None,
                port: None,
                user: None,
                weight: 1,
                credentials: None,
            };
            hosts.extend(names.iter().map(spec));
            let members = (first..hosts.len() as u32).map(HostId).collect();
            datacenters.push(PlannedDc { name: dc.into(), rule: DcRule::NameSuffix, members, fanout: None });
        }
        let payload = Payload { name: name.into(), ..payload() };
        let shape = TreeShape { width: 32, depth: None };
        let spec = RunSpec {
            run: "8f3kabcd".parse().unwrap(),
            attempt: 1,
            who: "alice@bastion".into(),
            reason: Some("CHG123".into()),
            payload: payload.clone(),
            limits,
            shape,
            output,
            credentials: mcom_model::Credentials::Own,
            inner: InnerLinks::default(),
            once: false,
            lock: mcom_model::HostLock::default(),
            undoes: None,
            looks: false,
            timers: mcom_model::Timers::default(),
        };
        let request = PlanRequest::default();
        let credentials = Credentials::Own;
        let version = Plan::VERSION;
        let plan = Plan { version, request, hosts, datacenters, shape, credentials, payload: Some(payload), limits };
        let started_ms = 1_784_728_931_000;
        let info = Arc::new(RunInfo::new(&plan, &spec, started_ms));
        let start = RunStart { run: spec.run, started_ms, hosts: plan.hosts.len() as u64 };
        let events = vec![RunEvent { at: RunClock::ZERO, what: What::RunStarted(start) }];
        Self { info, events, bodies: Memory::default(), plan, tally: Tally::default() }
    }

    pub fn id(&self, name: &str) -> HostId {
        let place = self.plan.hosts.iter().position(|host| host.name == name);
        HostId(u32::try_from(place.unwrap_or_else(|| panic!("no host {name}"))).unwrap())
    }

    pub fn push(&mut self, ms: u64, what: What) {
        self.events.push(RunEvent { at: RunClock::from_millis(ms), what });
    }

    pub fn say(&mut self, ms: u64, host: &str, said: HostEvent) {
        let host = self.id(host);
        self.push(ms, What::Host { host, said });
    }

    /// A link is made in 300 ms.
    pub fn link(&mut self, ms: u64, host: &str, by: Option<&str>) {
        let by = by.map(|by| self.id(by));
        self.say(ms, host, HostEvent::Linking { by });
        self.say(ms + 300, host, HostEvent::Linked { by, node_shipped: false, ms: 300 });
    }

    /// A child of the coordinator becomes a parent and gets the payload.
    pub fn head(&mut self, ms: u64, host: &str, below: u64) {
        self.link(ms, host, None);
        self.say(ms + 300, host, HostEvent::Chosen { below });
        let host = self.id(host);
        let hosts = [host].into_iter().collect();
        self.push(ms + 301, What::Intent { hosts, via: host });
        self.push(ms + 700, What::Shipped { host, bytes: 5000 });
    }

    pub fn start(&mut self, ms: u64, host: &str) {
        self.say(ms, host, HostEvent::Claimed { boot: "b00t".into(), uid: None });
        self.say(ms, host, HostEvent::Started);
    }

    /// A host whose payload ran to its end.
    pub fn exit(&mut self, ms: u64, host: &str, run_ms: u64, exit: Exit, (out, err): (&[u8], &[u8])) {
        self.exit_with(ms, host, run_ms, exit, (out, err), None);
    }

    pub fn exit_with(
        &mut self,
        ms: u64,
        host: &str,
        run_ms: u64,
        exit: Exit,
        (out, err): (&[u8], &[u8]),
        result: Option<&str>,
    ) {
        let (out, err) = (self.store(ms, out), self.store(ms, err));
        let result = result.map(str::to_owned);
        let receipt = Receipt { exit, run_ms, cpu_ms: 5, max_rss_kib: 2000, out, err, result, left_behind: 0 };
        let outcome = if exit == Exit::Code(0) { Outcome::Ok } else { Outcome::Failed { exit } };
        self.end(ms, host, outcome, Some(receipt));
    }

    pub fn end(&mut self, ms: u64, host: &str, outcome: Outcome, receipt: Option<Receipt>) {
        self.tally.add(outcome.kind());
        self.say(ms, host, HostEvent::Ended { outcome, receipt: receipt.map(Box::new) });
    }

    pub fn finish(&mut self, ms: u64, by: EndedBy) {
        let tally = self.tally;
        self.push(ms, What::RunEnded { tally, by });
    }

    pub fn view(&self) -> RunView {
        let mut view = RunView::new(Arc::clone(&self.info));
        self.events.iter().for_each(|event| view.apply(event));
        view
    }

    fn store(&mut self, ms: u64, bytes: &[u8]) -> BodyRef {
        let (digest, len) = (Digest::of(bytes), bytes.len() as u64);
        if len > 0 && self.bodies.0.insert(digest, bytes.to_vec()).is_none() {
            self.push(ms, What::BodyStored { digest, len });
        }
        BodyRef { digest, len, dropped: 0 }
    }
}

fn payload() -> Payload {
    Payload {
        kind: PayloadKind::Script,
        name: "fix.sh".into(),
        blob: BlobRef { digest: Digest::of(b"#!/bin/sh\n"), len: 10 },
        args: vec![],
        env: vec![],
        cwd: None,
        stdin: None,
        run_as: None,
    }
}

pub fn reason(kind: ReasonKind, text: &str) -> Reason {
    Reason::new(kind, text)
}

/// What was written to a stream of a report. The reader can be told to go away.
#[derive(Clone, Default)]
pub struct Screen(Arc<Mutex<Written>>);

#[derive(Default)]
struct Written {
    text: Vec<u8>,
    writes: Vec<usize>,
    hung_up: bool,
}

impl Screen {
    /// Everything since the last call.
    pub fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap().text)).unwrap()
    }

    /// The sizes of all writes so far.
    pub fn writes(&self) -> Vec<usize> {
        self.0.lock().unwrap().writes.clone()
    }

    /// From now on nobody reads.
    pub fn hang_up(&self) {
        self.0.lock().unwrap().hung_up = true;
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap();
        written.writes.push(bytes.len());
        if written.hung_up {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        written.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Text that a renderer writes.
pub fn text(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Which stream is meant, in few letters.
pub const OUT: Stream = Stream::Out;
pub const ERR: Stream = Stream::Err;
