//! Makes the plan of a request.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::request::payload::{Prepared, prepare};
use crate::request::settle::Request;
use crate::resolve::{Fleet, StandardInput};
use bytes::Bytes;
use mcom_fleet::hostset::HostSet;
use mcom_fleet::planner::{self, PlanError, PlanInput};
use mcom_model::Plan;

/// A plan with what its views and its run need beside it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The bytes of the payload's blobs, in their order.
    pub blobs: Vec<Bytes>,
    /// The hosts of `--parents`.
    pub preferred: HostSet,
    /// How many hosts there were before `--pick`.
    pub before_pick: usize,
}

/// Resolves a request.
pub fn build(request: Request, settings: &Settings, stdin: &StandardInput) -> Result<Planned, CliError> {
    let fleet = Fleet::load(&request.asked, settings, stdin)?;
    let hosts = fleet.hosts(&request.asked)?;
    let prepared = prepare(&request.asked, request.parts, stdin)?;
    let (payload, blobs) = match prepared {
        Some(Prepared { payload, blobs }) => (Some(payload), blobs),
        None => (None, Vec::new()),
    };
    let user = request.asked.user.clone();
    let plan = planner::plan(PlanInput {
        request: request.asked,
        targets: &hosts.targets,
        inventory: fleet.inventories(),
        rules: fleet.rules(),
        preferred: &hosts.preferred,
        user: user.as_deref(),
        credentials: request.settings.credentials,
        shape: request.settings.shape,
        payload,
        limits: request.settings.limits,
    });
    let plan = plan.map_err(|error| plan_error(&error))?;
    Ok(Planned { plan, blobs, preferred: hosts.preferred, before_pick: hosts.before_pick })
}

fn plan_error(error: &PlanError) -> CliError {
    let kind = match error {
        PlanError::NoHosts | PlanError::NoSuchParents { .. } => ErrorKind::NothingMatched,
        PlanError::TooMany { .. } => ErrorKind::Pattern,
    };
    CliError::new(kind, error.to_string())
}
