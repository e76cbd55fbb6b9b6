//! What can go wrong in looking for a rollout, and in looking at all of them: each says where, why and what to type.

use crate::error::{ReadError, WriteError};
use crate::writer::Writer;
use std::path::PathBuf;
use std::time::Duration;

/// No rollout, or more than one, goes by this name.
#[derive(Debug, thiserror::Error)]
pub enum FindRolloutError {
    /// Nothing was recorded yet.
    #[error("no rollout is recorded under {}", rollouts.display())]
    Empty {
        /// The folder of rollouts.
        rollouts: PathBuf,
    },
    /// No rollout has such a name or id.
    #[error(
        "no rollout is named {text:?}, and no id begins so; {}`mcom rollout list` lists them",
        meant(nearest.as_deref())
    )]
    NotFound {
        /// What was asked for.
        text: String,
        /// The name that was most likely meant.
        nearest: Option<String>,
    },
    /// Several rollouts have such an id.
    #[error("several rollouts' ids begin with {text:?}: {}; type more of the id", ids.join(", "))]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// Some of their ids with their names, newest first.
        ids: Vec<String>,
    },
    /// What was found is not readable.
    #[error(transparent)]
    Read(#[from] ReadError),
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("did you mean {name}? "))
}

/// The rollouts cannot be held still.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Another process does, and does not let go.
    #[error(
        "{writer} has been looking at the rollouts under {} for more than {} s, and none can be started meanwhile: see \
         what that process waits for, or end it",
        rollouts.display(), waited.as_secs()
    )]
    Busy {
        /// The folder of rollouts.
        rollouts: PathBuf,
        /// Who.
        writer: Writer,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The folder cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
