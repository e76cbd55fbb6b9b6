//! The command on this machine that speaks for all hosts.

use crate::inquire::last_line;
use mcom_rollout::Answer;
use rustix::process::{Pid, Signal, kill_process_group};
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// Bytes of its output that are kept: the last ones.
const KEPT: usize = 8 << 10;

/// For output that is still on its way when the command has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs the command and says what its end means, with the last line that it printed. A command that takes too long is
/// ended with all that it started.
pub(super) async fn ask_here(text: &str, env: &[(String, String)], time: Duration) -> (Answer, String) {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(text).envs(env.iter().cloned()).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // An interrupt at the terminal is for mcom; and what it starts is ended with it.
    command.process_group(0).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return (Answer::Sick, format!("/bin/sh cannot be run: {error}")),
    };
    let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let mut printed = pin!(async { tokio::join!(tail(out), tail(err)) });
    let mut whole = None;
    let ended = tokio::time::timeout(time, async {
        loop {
            tokio::select! {
                status = child.wait() => return status,
                both = &mut printed, if whole.is_none() => whole = Some(both),
            }
        }
    });
    let ended = ended.await;
    // What it left behind would keep its output open.
    drop(group);
    let (out, err) = match whole {
        Some(both) => both,
        None => tokio::time::timeout(LAST_WORDS, printed).await.unwrap_or_default(),
    };
    let said = last_line(&out).or_else(|| last_line(&err));
    match ended {
        Ok(Ok(status)) => {
            let answer = status.code().map_or(Answer::Sick, Answer::of_code);
            let ended = || if answer == Answer::Healthy { String::new() } else { status.to_string() };
            (answer, said.unwrap_or_else(ended))
        }
        Ok(Err(error)) => (Answer::Sick, format!("it cannot be waited for: {error}")),
        Err(_) => (Answer::Sick, format!("no end in {} s", time.as_secs())),
    }
}

/// What the command started; ended with this value.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Where all of it has ended there is nobody left to tell.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The last bytes of a stream.
async fn tail(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
    let Some(mut stream) = stream else { return kept };
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        kept.extend_from_slice(&piece[..count]);
        let over = kept.len().saturating_sub(KEPT);
        kept.drain(..over);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(text: &str) -> (Answer, String) {
        ask_here(text, &[("MCOM_STAGE".into(), "canary".into())], Duration::from_millis(500)).await
    }

    #[tokio::test]
    async fn the_end_of_a_command_is_its_answer() {
        assert_eq!(ask("echo up $MCOM_STAGE").await, (Answer::Healthy, "up canary".into()));
        assert_eq!(ask("echo one; echo two >&2; exit 75").await, (Answer::Inconclusive, "one".into()));
        assert_eq!(ask("exit 3").await, (Answer::Sick, "exit status: 3".into()));
        assert_eq!(ask("kill -9 $$").await.0, Answer::Sick);
    }

    #[tokio::test]
    async fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("pid");
        let (answer, said) = ask(&format!("sleep 600 & echo $! > {}; wait", file.display())).await;
        assert_eq!((answer, said.as_str()), (Answer::Sick, "no end in 0 s"));
        let pid: i32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let is_gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        };
        for _ in 0..100 {
            if is_gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it still sleeps");
    }
}
