//! Who holds the keys of a run: judges what parents ask for, and signs what was judged and recorded.

use crate::link::Granted;
use mcom_engine::tree::{Asked, Effect, Handout, Input};
use mcom_model::{Reason, ReasonKind, Verdict};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use tokio::task::JoinSet;

/// A grant that is being made: a hardware key may want to be touched first.
pub type Granting = Pin<Box<dyn Future<Output = Granted> + Send>>;

/// The coordinator's keys, and what it knows about the hosts that parents log in on.
pub trait Authority {
    /// What is handed out with the assignments.
    fn handout(&self) -> Handout;

    /// Whether a parent may have what it asks for. Quick: the loop waits for it.
    fn judge(&mut self, asked: &Asked) -> Verdict;

    /// Signs what was judged under this ticket; called once, and only for what was granted.
    fn grant(&mut self, ticket: u32) -> Granting;
}

/// An authority at work: its grants are made beside the loop.
pub(super) struct Granter<'a> {
    authority: Option<&'a mut (dyn Authority + 'static)>,
    making: JoinSet<(u32, Granted)>,
}

impl<'a> Granter<'a> {
    pub(super) fn new(authority: Option<&'a mut (dyn Authority + 'static)>) -> Self {
        Self { authority, making: JoinSet::new() }
    }

    /// What the engine hands out; nothing where nobody holds keys.
    pub(super) fn handout(&self) -> Handout {
        self.authority.as_ref().map(|authority| authority.handout()).unwrap_or_default()
    }

    /// Does an effect that concerns keys; gives any other back.
    pub(super) fn perform(&mut self, effect: Effect, inputs: &mut VecDeque<Input>) -> Option<Effect> {
        match effect {
            Effect::Judge(asked) => {
                let verdict = match &mut self.authority {
                    Some(authority) => authority.judge(&asked),
                    None => Verdict::Refused { reason: nobody() },
                };
                inputs.push_back(Input::Judged { ticket: asked.ticket, verdict });
            }
            Effect::Grant { ticket } => match &mut self.authority {
                Some(authority) => {
                    let granting = authority.grant(ticket);
                    self.making.spawn(async move { (ticket, granting.await) });
                }
                None => inputs.push_back(Input::Granted { ticket, granted: Err(nobody()) }),
            },
            other => return Some(other),
        }
        None
    }

    /// The next grant that is made; waits for ever where none is. Safe to give up and call again.
    pub(super) async fn next(&mut self) -> Input {
        loop {
            match self.making.join_next().await {
                Some(Ok((ticket, granted))) => return Input::Granted { ticket, granted },
                // The task ended in a fault: its link runs into its time-out.
                Some(Err(_)) => {}
                None => return std::future::pending().await,
            }
        }
    }
}

fn nobody() -> Reason {
    Reason::new(ReasonKind::CredentialRefused, "this run lets no parent log in with the operator's keys")
}
