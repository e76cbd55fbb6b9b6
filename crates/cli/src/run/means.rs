//! Everything that must be there before anything of a run is recorded.

use crate::args::{OutputArgs, PasswordArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind, plain};
use crate::run::display::Display;
use crate::run::operator::Operator;
use crate::run::password;
use crate::run::ssh::{Reach, reach};
use mcom_ledger::RunHead;
use mcom_wire::Secret;
use std::path::Path;

/// How a run is shown.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// What is printed.
    pub output: &'a OutputArgs,
    /// How.
    pub display: Display,
}

impl Shown<'_> {
    /// Where each host's output is copied to in the end.
    pub(super) fn outdir(&self) -> Option<&Path> {
        self.output.outdir.as_deref().map(Path::new)
    }
}

/// What a run is carried out with.
pub(super) struct Means {
    pub(super) reach: Reach,
    pub(super) password: Option<Secret>,
}

impl Means {
    /// Asks the operator whatever must be asked.
    pub(super) fn gather(
        head: &RunHead,
        asks: PasswordArgs,
        settings: &Settings,
        shown: Shown<'_>,
        operator: &mut Operator,
    ) -> Result<Self, CliError> {
        shown.outdir().map_or(Ok(()), make_outdir)?;
        let wanted = password::is_wanted(asks, &head.plan, head.spec.payload.run_as.as_ref())?;
        let reach = reach(&head.ssh, &head.plan, &head.spec, settings, operator)?;
        let password = wanted.then(|| password::ask(&head.plan)).transpose()?;
        Ok(Self { reach, password })
    }
}

fn make_outdir(dir: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(dir).map_err(|error| {
        CliError::new(ErrorKind::File, format!("the folder {} cannot be made: {}", dir.display(), plain(&error)))
    })
}
