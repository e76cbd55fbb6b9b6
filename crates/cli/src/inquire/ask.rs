//! One inquiry, from a plan to the answers.

use crate::args::SshArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::exit;
use crate::inquire::answers::{Answers, Seen};
use crate::inquire::quick::quick;
use crate::run::{Operator, Reach, event_loop, long_links, now_ms, reach};
use bytes::Bytes;
use mcom_driver::run::{Authority, Control, Order, Start, coordinate};
use mcom_model::{BlobRef, Inquiry, OutputMode, Payload, PayloadKind, Plan, RunAs, RunSpec, RunStart};
use mcom_report::Answer;
use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Sender, channel};

/// What came of an inquiry.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Every host's answer, in the order of the plan.
    pub answers: Vec<Answer>,
    /// What was seen of every host, in the same order.
    pub seen: Vec<Seen>,
    /// The exit code.
    pub code: u8,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The question.
    pub inquiry: Inquiry,
    /// The user whose spool is asked, where that is not the one who logs in.
    pub run_as: Option<RunAs>,
}

/// Asks every host of a plan, each once, as many at a time as there are links.
pub fn ask(plan: &Plan, question: &Question, ssh: &SshArgs, settings: &Settings) -> Result<Asked, CliError> {
    let (spec, question) = spec(plan, question, settings)?;
    let Reach { client, connector, mut authority } =
        reach(&long_links(ssh, settings), plan, &spec, settings, &mut Operator::default())?;
    let runtime = event_loop()?;
    let start = RunStart { run: spec.run.clone(), started_ms: now_ms(), hosts: plan.hosts.len() as u64 };
    let order = Order { plan, spec, start: Start::New(start), blobs: vec![question], password: None };
    let mut known = Answers::of(plan.hosts.len());
    let interrupted = runtime.block_on(async {
        let (words, mut control) = channel(1);
        let authority = authority.as_mut().map(|authority| authority as &mut dyn Authority);
        let asking = coordinate(connector, order, authority, &mut known, &mut control);
        tokio::pin!(asking);
        tokio::select! {
            () = &mut asking => Ok(None),
            code = leave_on_signal(words) => {
                // Links are closed by the one who made them.
                asking.await;
                code.map(Some)
            }
        }
    });
    client.close();
    let interrupted = interrupted.map_err(|error| CliError::system("no signals", &error))?;
    let of = |id| (plan.host(id).name.clone(), known.of_host(id));
    let answers: Vec<Answer> = plan.host_ids().map(of).collect();
    let worst = if answers.iter().any(|(_, answer)| answer.is_err()) { exit::SOME_UNREACHABLE } else { exit::OK };
    let seen = known.into_seen();
    Ok(Asked { answers, seen, code: interrupted.unwrap_or(worst) })
}

/// What nodes are told, and the question.
fn spec(plan: &Plan, asked: &Question, settings: &Settings) -> Result<(RunSpec, Bytes), CliError> {
    let question = Bytes::from(serde_json::to_vec(&asked.inquiry).expect("an inquiry is JSON"));
    let payload = Payload::plain(PayloadKind::Inquiry, "inquiry", BlobRef::of(&question));
    let mut spec = quick(plan, Payload { run_as: asked.run_as.clone(), ..payload }, settings)?;
    if asked.inquiry == Inquiry::Ping {
        // An answer that waits to be let come shows how long the way is.
        spec.output = OutputMode::Live;
        spec.limits.live_credit = 0;
    }
    Ok((spec, question))
}

/// Lets the coordinator leave at the first signal; the exit code that it asks for.
async fn leave_on_signal(words: Sender<Control>) -> io::Result<u8> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let code = tokio::select! {
        _ = interrupt.recv() => exit::INTERRUPTED,
        _ = terminate.recv() => exit::TERMINATED,
    };
    // It may have come to its end by itself.
    let _ = words.send(Control::Leave).await;
    Ok(code)
}
