//! A saved plan: carried out only where the same request, resolved again, still gives it, and no run has touched its
//! hosts since.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::request::build::{Planned, build};
use crate::request::kept::{Made, file_of};
use crate::request::payload::PayloadParts;
use crate::request::settle::{PlanSettings, Request};
use crate::request::touched::touched_since;
use crate::resolve::StandardInput;
use mcom_fleet::planner;
use mcom_ledger::runs_dir;
use mcom_model::{Plan, RunId};
use serde::Deserialize as _;
use std::path::PathBuf;

/// A plan that was made before.
#[derive(Clone, Debug)]
pub struct Saved {
    /// What was so when it was made.
    pub made: Made,
    /// Where it was found.
    place: Place,
}

/// The plan of this id, or in this file, made again, if it still holds.
pub fn planned_again(text: &str, settings: &Settings, stdin: &StandardInput) -> Result<(Planned, Saved), CliError> {
    let place = place(text, settings)?;
    let (saved, made) = read(&place.path)?;
    let planned = build(request_of(&saved), settings, stdin)?;
    let mut differences: Vec<String> =
        planner::differences(&saved, &planned.plan).iter().map(ToString::to_string).collect();
    let saved = Saved { made, place };
    differences.extend(saved.touched(&planned.plan, settings)?);
    if differences.is_empty() { Ok((planned, saved)) } else { Err(saved.stale(differences)) }
}

impl Saved {
    /// Refuses it where a run has touched its hosts since it was made.
    pub fn is_untouched(&self, plan: &Plan, settings: &Settings) -> Result<(), CliError> {
        let touched = self.touched(plan, settings)?;
        if touched.is_empty() { Ok(()) } else { Err(self.stale(touched)) }
    }

    fn touched(&self, plan: &Plan, settings: &Settings) -> Result<Vec<String>, CliError> {
        let Some(made_ms) = self.made.made_ms else { return Ok(Vec::new()) };
        touched_since(made_ms, plan, &runs_dir(&settings.state_home.value))
    }

    /// It no longer holds, and this is why.
    pub fn stale(&self, differences: impl IntoIterator<Item = String>) -> CliError {
        let error = CliError::new(ErrorKind::StalePlan, format!("{} no longer holds", self.place.name));
        let error = differences.into_iter().fold(error, CliError::hint);
        error.hint(format!("make it again, look at it, then run it: {}", self.place.again))
    }
}

/// Where a plan lies, and what it is called.
#[derive(Clone, Debug)]
struct Place {
    path: PathBuf,
    name: String,
    /// How to make such a plan.
    again: &'static str,
}

/// A plan that is kept under this id; otherwise the file of this name.
fn place(text: &str, settings: &Settings) -> Result<Place, CliError> {
    let file = Place {
        path: PathBuf::from(text),
        name: format!("the plan in {text}"),
        again: "mcom plan ... --json > plan.json",
    };
    let Ok(id) = text.parse::<RunId>() else { return Ok(file) };
    let kept = file_of(&settings.state_home.value, &id);
    if kept.exists() {
        return Ok(Place { path: kept, name: format!("plan {id}"), again: "mcom plan ..., then mcom run --plan ID" });
    }
    if file.path.exists() {
        return Ok(file);
    }
    let message = format!("no plan {id} is kept here, and there is no such file: the newest 100 are kept, for 7 days");
    Err(CliError::new(ErrorKind::StalePlan, message).hint("make it again: mcom plan ..."))
}

fn read(path: &std::path::Path) -> Result<(Plan, Made), CliError> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| CliError::unreadable("the plan", &shown.to_string(), &error))?;
    let refused = |why: String| CliError::new(ErrorKind::Plan, format!("{shown} is no plan: {why}"));
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(Plan::VERSION) => {}
        Some(version) => {
            return Err(refused(format!("its version is {version}, and this mcom knows {}", Plan::VERSION)));
        }
        None => return Err(refused("it has no version".to_owned())),
    }
    let made = Made::deserialize(&value).map_err(|error| refused(error.to_string()))?;
    let plan = serde_json::from_value(value).map_err(|error| refused(error.to_string()))?;
    Ok((plan, made))
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
