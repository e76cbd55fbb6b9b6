//! How a host behaves: whether it is reached, how the payload ends on it, and what it says about its health.

use crate::rng::Rng;
use mcom_model::OutcomeKind;
use mcom_rollout::Answer;

/// How a host behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nature {
    pub(crate) reaching: Reaching,
    /// How the payload ends.
    pub(crate) ends: Ends,
    /// How long it runs, in milliseconds.
    pub(crate) lasts_ms: u64,
    /// An earlier run brought the payload.
    pub(crate) has_payload: bool,
    pub(crate) health: Health,
    pub(crate) restart: Restart,
    /// What reverts the payload fails while things break.
    pub(crate) undo_fails: bool,
}

/// Whether a run gets a host to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaching {
    Always,
    /// Not while things break.
    Unreachable,
    /// It is reached, and says no, while things break.
    Refuses,
}

/// How the payload ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    Ok,
    Failed,
    TimedOut,
    /// Nobody can say. It was started, or it was not.
    Unknown {
        started: bool,
    },
}

/// What a host, or the command on the admin host, says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Well,
    /// Well until so many milliseconds after the change.
    SickFrom(u64),
    /// Sick up to so many milliseconds after the change: a service that comes up.
    SickUntil(u64),
    /// Sick and well in turns of so many milliseconds.
    Flapping(u64),
    /// It cannot say for so many milliseconds after the change.
    UnsureUntil(u64),
    /// Sick whether it was changed or not.
    AlwaysSick,
}

/// What becomes of a host whose payload restarts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// It is back after so many milliseconds.
    BackAfter(u64),
    /// It goes down and stays down, while things break.
    StaysDown,
    /// It does not go down at all.
    Stays,
}

impl Nature {
    pub(super) fn draw(rng: &mut Rng, bad: u64) -> Self {
        let is_bad = rng.chance(bad);
        let reaching = if is_bad && rng.chance(400) {
            rng.pick(&[Reaching::Unreachable, Reaching::Unreachable, Reaching::Refuses])
        } else {
            Reaching::Always
        };
        let ends = if is_bad && rng.chance(500) {
            let unknown = Ends::Unknown { started: rng.chance(500) };
            rng.pick(&[Ends::Failed, Ends::Failed, Ends::TimedOut, unknown])
        } else {
            Ends::Ok
        };
        Self {
            reaching,
            ends,
            lasts_ms: rng.pick(&[500, 2_000, 2_000, 20_000, 90_000]),
            has_payload: rng.chance(100),
            health: if is_bad { Health::draw(rng) } else { Health::Well },
            restart: if is_bad && rng.chance(300) {
                rng.pick(&[Restart::StaysDown, Restart::Stays])
            } else {
                Restart::BackAfter(rng.range(5_000, 90_000))
            },
            undo_fails: is_bad && rng.chance(300),
        }
    }
}

impl Health {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let ms = rng.range(1_000, 240_000);
        rng.pick(&[
            Self::Well,
            Self::SickFrom(ms),
            Self::SickFrom(0),
            Self::SickUntil(ms / 2),
            Self::Flapping(ms),
            Self::UnsureUntil(ms * 2),
            Self::AlwaysSick,
        ])
    }

    /// What is said at a moment. `changed_ms` is when the change was there.
    pub(crate) const fn says(self, now_ms: u64, changed_ms: Option<u64>) -> Answer {
        let Some(changed_ms) = changed_ms else {
            return if matches!(self, Self::AlwaysSick) { Answer::Sick } else { Answer::Healthy };
        };
        let since = now_ms.saturating_sub(changed_ms);
        match self {
            Self::AlwaysSick => Answer::Sick,
            Self::SickFrom(ms) if since >= ms => Answer::Sick,
            Self::SickUntil(ms) if since < ms => Answer::Sick,
            Self::Flapping(ms) if (since / ms) % 2 == 1 => Answer::Sick,
            Self::UnsureUntil(ms) if since < ms => Answer::Inconclusive,
            _ => Answer::Healthy,
        }
    }
}

impl Ends {
    /// The outcome.
    pub(crate) const fn kind(self) -> OutcomeKind {
        match self {
            Self::Ok => OutcomeKind::Ok,
            Self::Failed => OutcomeKind::Failed,
            Self::TimedOut => OutcomeKind::TimedOut,
            Self::Unknown { .. } => OutcomeKind::Unknown,
        }
    }

    /// Whether the payload is started.
    pub(crate) const fn starts(self) -> bool {
        !matches!(self, Self::Unknown { started: false })
    }
}
