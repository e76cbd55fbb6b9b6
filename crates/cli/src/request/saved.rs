//! A saved plan: carried out only where the same request, resolved again, still gives it.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::request::build::{Planned, build};
use crate::request::payload::PayloadParts;
use crate::request::settle::{PlanSettings, Request};
use crate::resolve::StandardInput;
use mcom_fleet::planner;
use mcom_model::Plan;

/// The plan in a file, if it still holds.
pub fn planned_again(path: &str, settings: &Settings, stdin: &StandardInput) -> Result<Planned, CliError> {
    let saved = read(path)?;
    let fresh = build(request_of(&saved), settings, stdin)?;
    let differences = planner::differences(&saved, &fresh.plan);
    if differences.is_empty() {
        return Ok(fresh);
    }
    let error = CliError::new(ErrorKind::StalePlan, format!("the plan in {path} no longer holds"));
    let error = differences.iter().fold(error, |error, difference| error.hint(difference.to_string()));
    Err(error.hint("make it again, look at it, then run it: mcom plan ... --json > plan.json"))
}

fn read(path: &str) -> Result<Plan, CliError> {
    let text = std::fs::read(path).map_err(|error| CliError::unreadable("the plan", path, &error))?;
    let refused = |why: String| CliError::new(ErrorKind::Plan, format!("{path} is no plan: {why}"));
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(Plan::VERSION) => {}
        Some(version) => {
            return Err(refused(format!("its version is {version}, and this mcom knows {}", Plan::VERSION)));
        }
        None => return Err(refused("it has no version".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| refused(error.to_string()))
}

fn request_of(saved: &Plan) -> Request {
    let parts = saved.payload.as_ref().map(|payload| PayloadParts {
        args: payload.args.clone(),
        env: payload.env.clone(),
        cwd: payload.cwd.clone(),
        run_as: payload.run_as.clone(),
    });
    Request {
        asked: saved.request.clone(),
        parts: parts.unwrap_or_default(),
        settings: PlanSettings { credentials: saved.credentials, shape: saved.shape, limits: saved.limits },
    }
}
