//! The way in: sudo or doas start a shell as the other user, and that shell the node, which it puts into the user's own
//! spool first where it is missing. The login user's spool is closed to others, so the program cannot be run from there.
//!
//! The shell is all that the tool is asked for, so its rules and logs name `/bin/sh` and no long text.

use crate::bootstrap::{ABSENT, NodeFile, attach, upload_refused};
use crate::link::LastWords;
use crate::supervisor::own::OwnPlace;
use crate::supervisor::run_as::refusal::{not_started, refused, wants_password};
use crate::supervisor::run_as::talk::{Heard, Talk};
use bytes::BytesMut;
use mcom_model::{Reason, ReasonKind, RunAs, RunAsTool};
use mcom_wire::Secret;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// For the tool to let somebody in, and for the node to be put there: a name service may be slow, and a person may have
/// to press a button.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the shell prints first.
const SHELL: &str = "mcom-shell";

/// How sudo is to ask.
const PROMPT: &str = "password: ";

/// The node as the other user, which has said nothing yet but that it is there.
pub(super) struct Entered {
    pub(super) to: ChildStdin,
    pub(super) from: ChildStdout,
    /// What it has said.
    pub(super) heard: BytesMut,
    pub(super) last_words: LastWords,
    pub(super) child: Child,
}

/// Why the tool let nobody in.
enum Closed {
    /// It wants a password, which it was not given.
    Password(Reason),
    Other(Reason),
}

/// Starts the node as the other user. A password is used where the tool wants one, and once.
pub(super) async fn enter(place: &OwnPlace, run_as: &RunAs, password: Option<Secret>) -> Result<Entered, Reason> {
    let node = NodeFile::of_program(&place.program).map_err(|error| fault(&error))?;
    let talk = match knock(run_as, None).await {
        Ok(talk) => talk,
        Err(Closed::Other(reason)) => return Err(reason),
        Err(Closed::Password(reason)) => match password.filter(|_| run_as.tool == RunAsTool::Sudo) {
            None => return Err(reason),
            Some(password) => knock(run_as, Some(password)).await.map_err(|closed| match closed {
                Closed::Password(reason) | Closed::Other(reason) => reason,
            })?,
        },
    };
    match timeout(PATIENCE, start_node(talk, place, run_as, &node)).await {
        Ok(entered) => entered,
        Err(_) => Err(broken(run_as, "the node did not start there in time")),
    }
}

/// Gets a shell of the other user.
async fn knock(run_as: &RunAs, password: Option<Secret>) -> Result<Talk, Closed> {
    let ours = password.is_some();
    let mut talk =
        Talk::start(command(run_as, ours), password).map_err(|error| Closed::Other(not_started(run_as, &error)))?;
    let in_time = timeout(PATIENCE, async {
        loop {
            match talk.next().await {
                Heard::Line(line) if line == SHELL => return true,
                // Something that the administrator has put before every session.
                Heard::Line(_) => {}
                Heard::Frame | Heard::End => return false,
            }
        }
    });
    match in_time.await {
        Ok(true) => Ok(talk),
        Ok(false) => {
            // Its last words come with its end; one that does not end has said them.
            let said = timeout(PATIENCE / 20, talk.last_words()).await.unwrap_or_else(|_| talk.said());
            let reason = refused(run_as, &said);
            Err(if wants_password(&said) && !ours { Closed::Password(reason) } else { Closed::Other(reason) })
        }
        Err(_) => {
            let text = format!("{} let nobody in within {} s: ", run_as.tool.program(), PATIENCE.as_secs());
            Err(Closed::Other(Reason::new(ReasonKind::RunAsRefused, text + &refused(run_as, &talk.said()).text)))
        }
    }
}

/// The tool with its arguments. What it says is understood in one language only, which the shell undoes.
fn command(run_as: &RunAs, with_password: bool) -> Command {
    let mut command = Command::new(run_as.tool.program());
    match (run_as.tool, with_password) {
        (RunAsTool::Sudo, false) => command.args(["-n", "-H"]),
        // Without what it remembers: an answer that was not needed would go to the shell.
        (RunAsTool::Sudo, true) => command.args(["-k", "-S", "-p", PROMPT, "-H"]),
        (RunAsTool::Doas, _) => command.arg("-n"),
    };
    command.args(["-u", &run_as.user, "--", "/bin/sh", "-c"]).arg(format!("echo {SHELL}; exec /bin/sh"));
    // The spool of the login user is not the other one's.
    command.env("LC_ALL", "C").env_remove("MCOM_SPOOL").current_dir("/");
    command
}

/// Has the shell become the node.
async fn start_node(mut talk: Talk, place: &OwnPlace, run_as: &RunAs, node: &NodeFile) -> Result<Entered, Reason> {
    let nonce = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    talk.say(shell_text(place, &attach(node.digest(), &nonce)).as_bytes()).await;
    let mut heard = talk.next().await;
    if matches!(&heard, Heard::Line(line) if line == ABSENT) {
        let loaded = node.load().map_err(|error| fault(&error))?;
        talk.say(format!("{} {}\n", loaded.bytes.len(), loaded.sha256).as_bytes()).await;
        talk.say(&loaded.bytes).await;
        heard = talk.next().await;
    }
    match heard {
        Heard::Frame => {}
        Heard::Line(line) => {
            let why = upload_refused(&line).unwrap_or_else(|| broken(run_as, &line));
            return Err(Reason::new(why.kind, format!("as {}: {}", run_as.user, why.text)));
        }
        Heard::End => return Err(broken(run_as, talk.last_words().await.trim())),
    }
    let Talk { child, to, from, errors, heard, .. } = talk;
    let to = to.ok_or_else(|| broken(run_as, "its standard input was closed"))?;
    Ok(Entered { to, from, heard, last_words: LastWords::of(errors), child })
}

/// What the shell reads: on one line, so that it has read everything before it does anything.
fn shell_text(place: &OwnPlace, attach: &str) -> String {
    let mut text = String::new();
    let quoted = |value: OsString| format!("'{}'", value.to_string_lossy().replace('\'', r"'\''"));
    let _ = match std::env::var_os("LC_ALL") {
        None => write!(text, "unset LC_ALL; "),
        Some(value) => write!(text, "LC_ALL={}; export LC_ALL; ", quoted(value)),
    };
    if let Some(spool) = &place.spool {
        let _ = write!(text, "MCOM_SPOOL={}; export MCOM_SPOOL; ", quoted(spool.clone().into()));
    }
    format!("{text}{attach}\n")
}

fn broken(run_as: &RunAs, what: &str) -> Reason {
    let what = what.lines().next_back().filter(|line| !line.is_empty()).unwrap_or("not a word was said");
    Reason::new(ReasonKind::RunAsRefused, format!("the node does not start as {}: {what}", run_as.user))
}

fn fault(error: &dyn std::fmt::Display) -> Reason {
    Reason::new(ReasonKind::Internal, format!("cannot read the node's own program: {error}"))
}
