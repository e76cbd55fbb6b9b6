//! Orders from other processes of this machine to the one that carries a rollout on.

use crate::error::plain;
use crate::socket::{self, ControlSocket};
use mcom_rollout::Order;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// An order, and where to say what came of it.
pub(super) type Ordered = (Order, oneshot::Sender<Reply>);

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(super) enum Reply {
    /// It is recorded, and followed.
    Taken,
    /// It cannot be followed now.
    Refused {
        /// Why, and what to type.
        why: String,
    },
}

/// Orders that wait: more than anybody gives at once.
const ORDERS: usize = 8;

/// Where orders come in.
pub(super) fn orders() -> (mpsc::Sender<Ordered>, mpsc::Receiver<Ordered>) {
    mpsc::channel(ORDERS)
}

/// Passes on what is ordered. Never returns.
pub(super) async fn pass_on(socket: Option<&ControlSocket>, orders: mpsc::Sender<Ordered>) -> Infallible {
    let Some(socket) = socket else { return std::future::pending().await };
    let pass_on = async |order: Order| {
        let (reply, replied) = oneshot::channel();
        let ending = || Reply::Refused { why: "it is ending: try again".to_owned() };
        match orders.send((order, reply)).await {
            Ok(()) => replied.await.unwrap_or_else(|_| ending()),
            Err(_) => ending(),
        }
    };
    socket.answer(pass_on).await
}

/// Gives an order to the process that carries the rollout in this folder on. An error: it does not answer.
pub(super) fn order(rollout: &Path, order: &Order) -> Result<Reply, String> {
    socket::ask(rollout, order).map_err(|error| plain(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_rollout::{Skip, Verb};

    #[tokio::test]
    async fn an_order_is_answered_by_whoever_carries_the_rollout_on() {
        let rollout = tempfile::tempdir().unwrap();
        let socket = ControlSocket::bind(rollout.path()).unwrap();
        let (sender, mut receiver) = orders();
        let verb = Verb::Resume(Skip { soak: true, ..Skip::default() });
        let given = Order { verb, who: "alice@bastion".into(), reason: Some("seen enough".into()) };
        let asking = {
            let (folder, given) = (rollout.path().to_owned(), given.clone());
            tokio::task::spawn_blocking(move || order(&folder, &given))
        };
        let refused = Reply::Refused { why: "it goes on".into() };
        let carrying = async {
            let (taken, reply) = receiver.recv().await.unwrap();
            reply.send(refused.clone()).unwrap();
            (taken, asking.await.unwrap())
        };
        let (taken, answered) = tokio::select! {
            both = carrying => both,
            never = pass_on(Some(&socket), sender) => match never {},
        };
        assert_eq!((taken, answered), (given, Ok(refused)));
    }
}
