//! The interpreter of the scripts: settings, inputs in, effects out, compared line by line.

mod input;
mod names;
mod render;

use mcom_engine::tree::TreeRun;
use mcom_model::{
    BlobRef, Credentials, DcRule, Digest, OutcomeKind, OutputMode, Payload, PayloadKind, Plan, PlanRequest, PlannedDc,
    RecordedHost, RecordedRun, RunClock, RunId, RunLimits, RunSpec, RunStart, TreeShape,
};
use names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// One script, on its way.
pub struct Script<'a> {
    lines: Vec<(usize, &'a str)>,
    names: Names,
    shape: TreeShape,
    limits: RunLimits,
    /// Payloads at once in a datacenter that has a fan-out of its own.
    fanouts: BTreeMap<String, u32>,
    output: OutputMode,
    credentials: Credentials,
    stdin: bool,
    looks: bool,
    recorded: RecordedRun,
    now: RunClock,
}

impl<'a> Script<'a> {
    pub fn new(text: &'a str) -> Self {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        Self {
            lines: lines.collect(),
            names: Names::default(),
            shape: TreeShape { width: 32, depth: None },
            limits: RunLimits::default(),
            fanouts: BTreeMap::new(),
            output: OutputMode::AtEnd,
            credentials: Credentials::Own,
            stdin: false,
            looks: false,
            recorded: nothing_recorded(),
            now: RunClock::ZERO,
        }
    }

    /// Runs it; an error says at which line what came instead.
    pub fn run(mut self) -> Result<(), String> {
        let mut run: Option<TreeRun> = None;
        for (at, line) in std::mem::take(&mut self.lines) {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            match (mark, &mut run) {
                ("coordinator", _) => run = Some(self.coordinator()),
                ("resume", _) => run = Some(self.resume()),
                ("node", _) => run = Some(TreeRun::node()),
                (">", Some(run)) => {
                    if let Some(left) = run.poll_effect() {
                        return Err(format!("{at}: an effect is left: < {}", self.names.effect(&left)));
                    }
                    self.step(run, rest);
                }
                (">!", Some(run)) => self.step(run, rest),
                ("<", Some(run)) => self.expect(run, rest).map_err(|error| format!("{at}: {error}"))?,
                (setting, None) => self.set(setting, rest),
                _ => panic!("{at}: cannot read {line:?}"),
            }
        }
        let mut run = run.expect("a script has a coordinator or a node");
        match run.poll_effect() {
            Some(left) => Err(format!("end: an effect is left: < {}{}", self.names.effect(&left), self.rest(&mut run))),
            None => Ok(()),
        }
    }

    /// The script with the effects that really come.
    pub fn blessed(mut self, text: &str) -> String {
        let mut run: Option<TreeRun> = None;
        let mut written = String::new();
        let lines: Vec<&str> = text.lines().collect();
        for (place, line) in lines.iter().enumerate() {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            let before = lines[place + 1..].iter().find(|line| line.starts_with('>'));
            match (mark, &mut run) {
                ("#" | "", _) => {}
                ("coordinator", _) => run = Some(self.coordinator()),
                ("resume", _) => run = Some(self.resume()),
                ("node", _) => run = Some(TreeRun::node()),
                (">" | ">!", Some(run)) => self.step(run, rest),
                // Effects that an untaken rest follows are counted by the script.
                ("<", Some(run)) if before.is_some_and(|line| line.starts_with(">!")) => {
                    let effect = run.poll_effect().map(|effect| self.names.effect(&effect));
                    written += &format!("< {}\n", effect.unwrap_or_else(|| "nothing".to_owned()));
                    continue;
                }
                ("<", Some(_)) if rest.starts_with("timer ") => {}
                ("<", _) => continue,
                (setting, _) => self.set(setting, rest),
            }
            written += &format!("{line}\n");
            if let Some(run) = run.as_mut().filter(|_| !before.is_some_and(|line| line.starts_with(">!"))) {
                while let Some(effect) = run.poll_effect() {
                    written += &format!("< {}\n", self.names.effect(&effect));
                }
            }
        }
        written
    }

    fn step(&mut self, run: &mut TreeRun, text: &str) {
        if let Some(seconds) = text.strip_prefix("at ") {
            self.now = RunClock::from_millis((seconds.parse::<f64>().unwrap() * 1000.0) as u64);
            return;
        }
        let spec = self.spec();
        run.handle(self.now, self.names.input(text, &spec));
    }

    fn expect(&self, run: &mut TreeRun, line: &str) -> Result<(), String> {
        if let Some(text) = line.strip_prefix("timer ") {
            let timer = run.next_timeout().map(|(at, why)| format!("{:.1} {why:?}", at.as_millis() as f64 / 1000.0));
            let timer = timer.unwrap_or_else(|| "none".to_owned());
            return if timer == text { Ok(()) } else { Err(format!("the next timer is {timer}")) };
        }
        let Some(effect) = run.poll_effect() else { return Err(format!("expected {line}, nothing came")) };
        let came = self.names.effect(&effect);
        if came == line { Ok(()) } else { Err(format!("expected\n< {line}\ncame\n< {came}{}", self.rest(run))) }
    }

    /// What would have come next, for whoever reads the failure.
    fn rest(&self, run: &mut TreeRun) -> String {
        std::iter::from_fn(|| run.poll_effect()).map(|effect| format!("\n< {}", self.names.effect(&effect))).collect()
    }

    fn set(&mut self, setting: &str, rest: &str) {
        let number = || rest.parse().unwrap();
        match setting {
            "dc" => self.names.add_dc(rest),
            "width" => self.shape.width = number(),
            "depth" => self.shape.depth = Some(number()),
            "fanout" => self.limits.fanout = number(),
            "dc-fanout" => {
                let (dc, fanout) = rest.split_once(' ').unwrap();
                self.fanouts.insert(dc.to_owned(), fanout.parse().unwrap());
            }
            "opening" => self.limits.opening = number(),
            "global-fanout" => self.limits.global_fanout = Some(number()),
            "max-fail" => self.limits.max_fail = Some(rest.parse().unwrap()),
            "deadline" => self.limits.deadline_ms = Some(rest.parse().unwrap()),
            "recorded" => self.record(rest),
            "cap" => self.limits.output_cap = rest.parse().unwrap(),
            "credentials" => self.credentials = credentials(rest),
            "host-credentials" => {
                let (host, setting) = rest.split_once(' ').unwrap();
                let host = self.names.id(host).0 as usize;
                self.names.hosts[host].credentials = Some(credentials(setting));
            }
            "live" => self.output = OutputMode::Live,
            "stdin" => self.stdin = true,
            "looks" => self.looks = true,
            _ => panic!("no setting {setting:?}"),
        }
    }

    fn coordinator(&self) -> TreeRun {
        let spec = self.spec();
        let start = RunStart { run: spec.run.clone(), started_ms: 0, hosts: self.names.hosts.len() as u64 };
        TreeRun::coordinator(&self.plan(), spec, start)
    }

    /// What the record says: `HOST begun`, `HOST KIND [OUT]`, `body BODY`, `at SECONDS`, `cancelled`.
    fn record(&mut self, text: &str) {
        self.recorded.hosts.resize(self.names.hosts.len(), RecordedHost::default());
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["cancelled"] => self.recorded.cancelled = true,
            ["at", seconds] => {
                self.now = RunClock::from_millis(seconds.parse::<u64>().unwrap() * 1000);
                self.recorded.at = self.now;
            }
            ["body", body] => {
                self.recorded.bodies.insert(self.names.body(body).digest);
            }
            [host, how, out @ ..] => {
                let out = self.names.body(out.first().unwrap_or(&""));
                let outcome = OutcomeKind::ALL.into_iter().find(|kind| kind.words() == *how);
                let ran = outcome.is_some_and(|kind| matches!(kind, OutcomeKind::Ok | OutcomeKind::Failed));
                let printed = ran.then(|| [out, self.names.body("")]);
                let host = self.names.id(host).0 as usize;
                self.recorded.hosts[host] = RecordedHost { outcome, printed, begun: true, uid: None, transit: false };
            }
            _ => panic!("cannot read what is recorded: {text:?}"),
        }
    }

    fn resume(&mut self) -> TreeRun {
        self.recorded.hosts.resize(self.names.hosts.len(), RecordedHost::default());
        TreeRun::resume(&self.plan(), self.spec(), &self.recorded, "bob@bastion".into(), 0)
    }

    fn plan(&self) -> Plan {
        let dcs = self.names.dcs.iter().map(|(name, members)| PlannedDc {
            name: name.clone(),
            rule: DcRule::Inventory,
            members: members.clone(),
            fanout: self.fanouts.get(name).copied(),
        });
        Plan {
            version: Plan::VERSION,
            request: PlanRequest::default(),
            hosts: self.names.hosts.clone(),
            datacenters: dcs.collect(),
            shape: self.shape,
            credentials: self.credentials,
            payload: None,
            limits: self.limits,
        }
    }

    fn spec(&self) -> RunSpec {
        let payload = Payload {
            kind: PayloadKind::Script,
            name: "fix.sh".into(),
            blob: BlobRef { digest: Digest::of(b"script"), len: 6 },
            args: vec![],
            env: vec![],
            cwd: None,
            stdin: self.stdin.then(|| BlobRef { digest: Digest::of(b"stdin"), len: 5 }),
            run_as: None,
        };
        RunSpec {
            run: RunId::from_seed(1),
            attempt: 1,
            who: "alice@bastion".into(),
            reason: None,
            payload,
            limits: self.limits,
            shape: self.shape,
            output: self.output,
            credentials: self.credentials,
            inner: Default::default(),
            once: false,
            lock: mcom_model::HostLock::default(),
            undoes: None,
            looks: self.looks,
            timers: mcom_model::Timers::default(),
        }
    }
}

fn credentials(word: &str) -> Credentials {
    Credentials::ALL.into_iter().find(|credentials| credentials.word() == word).unwrap()
}

fn nothing_recorded() -> RecordedRun {
    let (at, hosts, bodies) = (RunClock::ZERO, Vec::new(), BTreeSet::new());
    RecordedRun { at, hosts, bodies, cancelled: false, halted: None, ended: false }
}
