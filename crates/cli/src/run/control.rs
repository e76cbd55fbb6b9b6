//! What another process of this machine can ask of the one that carries a run out.

use crate::error::plain;
use crate::run::identity::who;
use crate::socket::{self, ControlSocket};
use mcom_driver::run::Control;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::path::Path;
use tokio::sync::mpsc::Sender;

/// Characters of a name that are kept.
const WHO: usize = 200;

/// What can be asked for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
enum Question {
    /// End the run.
    Cancel {
        /// Who asks, as `user@host`.
        who: String,
    },
}

/// What is answered.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reply {
    /// Whether it was passed on to the run.
    heard: bool,
}

/// Passes on what is asked. Never returns.
pub(super) async fn pass_on(socket: &ControlSocket, words: Sender<Control>) -> Infallible {
    let pass_on = async |Question::Cancel { who }| {
        let by = Some(who.chars().take(WHO).collect());
        Reply { heard: words.send(Control::Cancel { by }).await.is_ok() }
    };
    socket.answer(pass_on).await
}

/// Asks the process that carries a run out to cancel it.
pub fn ask_to_cancel(run: &Path) -> Result<(), String> {
    match socket::ask(run, &Question::Cancel { who: who() }) {
        Ok(Reply { heard: true }) => Ok(()),
        Ok(Reply { heard: false }) => Err("it is ending".to_owned()),
        Err(error) => Err(format!("it does not answer: {}", plain(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::channel;

    #[tokio::test]
    async fn a_cancel_comes_with_who_asked_for_it() {
        let run = tempfile::tempdir().unwrap();
        let socket = ControlSocket::bind(run.path()).unwrap();
        let (words, mut heard) = channel(1);
        let asking = {
            let run = run.path().to_owned();
            tokio::task::spawn_blocking(move || ask_to_cancel(&run))
        };
        let asked = tokio::select! {
            asked = asking => asked.unwrap(),
            never = pass_on(&socket, words) => match never {},
        };
        assert_eq!(asked, Ok(()));
        assert_eq!(heard.recv().await, Some(Control::Cancel { by: Some(who()) }));
        drop(socket);
        assert!(ask_to_cancel(run.path()).is_err());
    }
}
