//! Switches a mechanism of the engine off, by changing what it wants done: proof that the checks can fail.

use bytes::Bytes;
use mcom_engine::tree::{Effect, LinkId, Reach};
use mcom_model::{Exit, HostEvent, HostId, Outcome, What};
use mcom_wire::{Down, Up};

/// A mechanism that is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A host claims a new attempt whatever it did before.
    ClaimAnew,
    /// A host says that nothing will start there, and keeps no word of it.
    ForgetVoid,
    /// A supervisor does not flush what proves the start.
    ForgetFlush,
    /// A node stays when it hears nothing from above.
    NoParentSilent,
    /// A silent link is never given up.
    NoLinkDead,
    /// The run's deadline is not looked at.
    NoDeadline,
    /// Nodes say that the payload is missing where it lies on their host.
    ShipAgain,
    /// A coordinator that carries on forgets what the record knows.
    ForgetRecord,
    /// Nobody carries on a run that left hosts unknown.
    NeverResume,
    /// A run that has too many bad hosts goes on.
    NoMaxFail,
    /// The fan-out that a datacenter has for itself is not looked at.
    NoOwnFanout,
    /// The fan-out of the whole run is not looked at.
    NoGlobalFanout,
    /// Datacenters open with everything at once.
    NoSlowStart,
    /// Answers to heartbeats are not heard.
    DeafToPongs,
    /// Hosts whose link was lost are not reached again.
    NeverAsk,
    /// What waits for a host's lock waits on when the run is stopped.
    NeverGiveUp,
    /// It is not recorded that a body is stored.
    ForgetBody,
    /// The end is recorded twice.
    RepeatEnd,
    /// An outcome is not recorded.
    ForgetOutcome,
    /// An outcome is recorded twice.
    RepeatOutcome,
    /// A failure is recorded as ok.
    CallFailureOk,
    /// A child's word about a host that is not below it is believed.
    BelieveForeign,
    /// The payload is sent over a long link twice.
    ShipTwice,
    /// Output is allowed without measure.
    AllowEverything,
    /// Windows are a hundred times too large.
    WidenWindows,
    /// What may start is not recorded before it is assigned.
    AssignUnrecorded,
    /// The last of a stream's pieces are not kept.
    LosePiece,
    /// Nodes hand over more than was allowed.
    ReadEverything,
    /// Nobody leaves when the work is done.
    NeverLeave,
    /// Nobody is woken by a timer.
    NoTimers,
    /// Nodes start with a payload that is not whole.
    StartEarly,
    /// A node that was told to stop goes on.
    IgnoreStop,
    /// A cancel has no deadline.
    NoCancelDeadline,
    /// A cancel is not passed on.
    CancelAlone,
    /// A body is sent up twice.
    RepeatBody,
    /// Other bytes are stored than were sent.
    FalseBody,
    /// Links are opened without measure.
    OpenEverything,
    /// Every edge counts as open when something is asked for.
    OpenEveryEdge,
    /// No edge does.
    OpenNoEdge,
    /// What was granted before is not counted.
    ForgetGrants,
    /// It is not recorded what is granted.
    GrantUnrecorded,
    /// Answers go down twice.
    RepeatAnswer,
    /// A parent asks twice.
    AskTwice,
    /// A parent uses keys of its own.
    FallToOwn,
    /// Parents are not told how their children are reached.
    ForgetAccess,
    /// A coordinator that is to relay goes by transit instead.
    CallRelayAuto,
    /// A coordinator that could go by transit does not.
    CallAutoRelay,
    /// Hosts that go by transit are reached through themselves.
    ThroughItself,
    /// A slot is counted that nobody has.
    LoseSlot,
}

impl Sabotage {
    /// Every mechanism that can be switched off, with the invariant that must notice.
    pub const ALL: [(Self, &'static str); 48] = [
        (Self::ClaimAnew, "invariant_one_start"),
        (Self::ForgetVoid, "invariant_one_outcome"),
        (Self::ForgetFlush, "invariant_one_start"),
        (Self::NoParentSilent, "invariant_orphan_leaves"),
        (Self::NoLinkDead, "invariant_death_is_noticed"),
        (Self::NoDeadline, "invariant_nothing_starts_after_the_deadline"),
        (Self::ShipAgain, "invariant_payload_once_per_datacenter"),
        (Self::ForgetRecord, "invariant_resume_keeps_outcomes"),
        (Self::NeverResume, "invariant_unknown_is_unknowable"),
        (Self::NoMaxFail, "invariant_nothing_new_after_a_stop"),
        (Self::NoOwnFanout, "invariant_fanout_kept"),
        (Self::NoGlobalFanout, "invariant_global_fanout_kept"),
        (Self::NoSlowStart, "invariant_slow_start"),
        (Self::DeafToPongs, "invariant_no_early_expiry"),
        (Self::NeverGiveUp, "invariant_nothing_starts_after_a_stop"),
        (Self::ForgetBody, "invariant_bodies_are_accounted_for"),
        (Self::RepeatEnd, "invariant_last_event_is_last"),
        (Self::ForgetOutcome, "invariant_one_outcome"),
        (Self::RepeatOutcome, "invariant_one_outcome"),
        (Self::CallFailureOk, "invariant_no_ok_without_receipt"),
        (Self::BelieveForeign, "invariant_parent_speaks_only_below"),
        (Self::ShipTwice, "invariant_payload_once_per_datacenter"),
        (Self::AllowEverything, "invariant_grant_bounded"),
        (Self::ReadEverything, "invariant_memory_bounded"),
        (Self::WidenWindows, "invariant_fanout_kept"),
        (Self::AssignUnrecorded, "invariant_intent_before_assignment"),
        (Self::LosePiece, "invariant_output_in_order"),
        (Self::NeverLeave, "invariant_nobody_left_behind"),
        (Self::NoTimers, "invariant_finishes"),
        (Self::StartEarly, "invariant_payload_before_start"),
        (Self::IgnoreStop, "invariant_nothing_starts_after_a_stop"),
        (Self::NoCancelDeadline, "invariant_cancel_ends_in_time"),
        (Self::CancelAlone, "invariant_cancel_leaves_nobody"),
        (Self::RepeatBody, "invariant_body_once_per_link"),
        (Self::FalseBody, "invariant_body_has_its_digest"),
        (Self::OpenEverything, "invariant_opening_bounded"),
        (Self::OpenEveryEdge, "invariant_grants_only_open_edges"),
        (Self::OpenNoEdge, "invariant_who_makes_a_link_may_ask"),
        (Self::ForgetGrants, "invariant_grants_bounded"),
        (Self::GrantUnrecorded, "invariant_grants_are_recorded"),
        (Self::RepeatAnswer, "invariant_answers_only_who_asked"),
        (Self::AskTwice, "invariant_one_question_per_link"),
        (Self::FallToOwn, "invariant_nothing_falls_to_own"),
        (Self::ForgetAccess, "invariant_access_comes_along"),
        (Self::CallRelayAuto, "invariant_transit_where_it_may"),
        (Self::CallAutoRelay, "invariant_relay_is_wanted"),
        (Self::ThroughItself, "invariant_transit_goes_through_others"),
        (Self::LoseSlot, "invariant_slots_add_up"),
    ];

    /// The effects that take the place of `effect`.
    pub(crate) fn on(self, coordinator: bool, effect: Effect) -> Vec<Effect> {
        match (self, effect) {
            (Self::ForgetOutcome, effect) if coordinator && is_outcome(&effect) => vec![],
            (Self::RepeatOutcome, effect) if coordinator && is_outcome(&effect) => vec![effect.clone(), effect],
            (Self::CallFailureOk, Effect::SendUp(Up::Said { host, event })) => vec![call_ok(host, event)],
            (Self::BelieveForeign, effect) if coordinator => vec![of_neighbour(effect)],
            (Self::ShipTwice, effect @ Effect::SendBlob { .. }) => vec![effect.clone(), effect],
            (Self::AllowEverything, Effect::SendDown { link, message: Down::Allow { host, stream, .. } }) => {
                vec![Effect::SendDown { link, message: Down::Allow { host, stream, upto: u64::MAX } }]
            }
            (Self::WidenWindows, Effect::SendDown { link, message: Down::Assign(mut assignment) }) => {
                assignment.window = assignment.window.saturating_mul(100);
                vec![Effect::SendDown { link, message: Down::Assign(assignment) }]
            }
            (Self::AssignUnrecorded, Effect::Record { event, .. }) if matches!(event.what, What::Intent { .. }) => {
                vec![]
            }
            (Self::NeverAsk, Effect::SendDown { message: Down::Assign(assignment), .. })
                if assignment.begun.is_some() =>
            {
                vec![]
            }
            (Self::ForgetBody, Effect::Record { event, .. }) if matches!(event.what, What::BodyStored { .. }) => vec![],
            (Self::RepeatEnd, effect @ Effect::Record { .. }) if is_end(&effect) => vec![effect.clone(), effect],
            (Self::LosePiece, Effect::StoreOutput { offset: 0, .. }) => vec![],
            (Self::ReadEverything, Effect::ReadOwn { stream, .. }) => vec![Effect::ReadOwn { stream, upto: u64::MAX }],
            (Self::NeverLeave, Effect::Leave) | (Self::NeverGiveUp, Effect::GiveUpOwn) => vec![],
            (Self::CancelAlone, Effect::SendDown { message: Down::Cancel, .. }) => vec![],
            (Self::RepeatBody, effect @ Effect::SendUp(Up::Body { .. })) => vec![effect.clone(), effect],
            (Self::FalseBody, Effect::StoreBody { digest, .. }) => {
                vec![Effect::StoreBody { digest, bytes: Bytes::from_static(b"others") }]
            }
            (Self::OpenEverything, Effect::OpenLink { link, host, spec, reach }) => {
                let more = (1..100).map(|more| LinkId(link.0 + more * 1_000_000));
                more.map(|link| Effect::OpenLink { link, host, spec: spec.clone(), reach: reach.clone() }).collect()
            }
            (_, effect) => self.on_logins(effect),
        }
    }

    /// The same for what has to do with credentials.
    fn on_logins(self, effect: Effect) -> Vec<Effect> {
        match (self, effect) {
            (Self::OpenEveryEdge, Effect::Judge(mut asked)) => {
                (asked.edge.open, asked.edge.left_ms) = (true, 1);
                vec![Effect::Judge(asked)]
            }
            (Self::OpenNoEdge, Effect::Judge(mut asked)) => {
                asked.edge.open = false;
                vec![Effect::Judge(asked)]
            }
            (Self::ForgetGrants, Effect::Judge(mut asked)) => {
                asked.edge.granted = 0;
                vec![Effect::Judge(asked)]
            }
            (Self::GrantUnrecorded, Effect::Record { event, .. }) if matches!(event.what, What::Asked { .. }) => vec![],
            (Self::RepeatAnswer, effect @ Effect::SendDown { message: Down::Answer(_), .. }) => {
                vec![effect.clone(), effect]
            }
            (Self::AskTwice, effect @ Effect::SendUp(Up::Ask(_))) => vec![effect.clone(), effect],
            (Self::FallToOwn, Effect::OpenLink { link, host, spec, reach: Reach::Asked { .. } }) => {
                vec![Effect::OpenLink { link, host, spec, reach: Reach::Own }]
            }
            (Self::ThroughItself, Effect::OpenLink { link, host, spec, reach: Reach::Through(_) }) => {
                let reach = Reach::Through(Box::new(spec.clone()));
                vec![Effect::OpenLink { link, host, spec, reach }]
            }
            (Self::ForgetAccess, Effect::SendDown { link, message: Down::Members { mut hosts } }) => {
                hosts.iter_mut().for_each(|member| member.access = None);
                vec![Effect::SendDown { link, message: Down::Members { hosts } }]
            }
            (_, effect) => vec![effect],
        }
    }
}

const fn is_outcome(effect: &Effect) -> bool {
    matches!(effect, Effect::Record { event, .. } if matches!(event.what, What::Host { said: HostEvent::Ended { .. }, .. }))
}

const fn is_end(effect: &Effect) -> bool {
    matches!(effect, Effect::Record { event, .. } if matches!(event.what, What::RunEnded { .. }))
}

/// A failure, with a receipt that was bent to fit.
fn call_ok(host: HostId, event: HostEvent) -> Effect {
    let event = match event {
        HostEvent::Ended { outcome: Outcome::Failed { .. }, receipt: Some(mut receipt) } => {
            receipt.exit = Exit::Code(0);
            HostEvent::Ended { outcome: Outcome::Ok, receipt: Some(receipt) }
        }
        event => event,
    };
    Effect::SendUp(Up::Said { host, event })
}

/// What was said of a host, written down for another.
fn of_neighbour(effect: Effect) -> Effect {
    match effect {
        Effect::Record { mut event, durable } => {
            if let What::Host { host, said: HostEvent::Started } = &mut event.what {
                host.0 = if host.0 == 0 { 1 } else { host.0 - 1 };
            }
            Effect::Record { event, durable }
        }
        effect => effect,
    }
}
