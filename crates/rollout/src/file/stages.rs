//! The stages of a file, and those of `--stages`.

use crate::file::keys::{self, Level};
use crate::file::read::{LONGEST_NAME, at, filled, pattern_at, time};
use crate::file::types::{At, StageFile};
use crate::reach::{Reach, Share};
use mcom_fleet::document::{DocumentError, Found, Place, Section};
use mcom_model::limits;

/// Reads every `[[stage]]`.
pub(super) fn read(top: &Section<'_>) -> Result<Vec<StageFile>, DocumentError> {
    let found = top.sections("stage")?;
    let mut stages: Vec<StageFile> = Vec::new();
    for entry in &found {
        let stage = stage(entry)?;
        let section = &entry.value;
        if let Err(message) = grows(&stages, &stage) {
            return Err(section.error(reach_offset(section), message));
        }
        if stages.iter().any(|before| before.name == stage.name) {
            let at = if section.holds("name") { section.offset("name") } else { entry.at };
            return Err(
                section.error(at, format!("there is a stage `{}` already: give this one another name", stage.name))
            );
        }
        stages.push(stage);
    }
    match found.last().zip(stages.last()) {
        None => {
            Err(top
                .error(0, "the rollout has no stages: add [[stage]] with reach = \"1\", and one with reach = \"all\""))
        }
        Some((entry, last)) if last.approve => {
            let message = "nothing comes after the last stage that could wait: put `approve` into the stage before it";
            Err(entry.value.error(entry.value.offset("approve"), message))
        }
        Some(_) => Ok(stages),
    }
}

/// The stages of `--stages 1,1/dc,10/dc,all`, each but the last watched for `soak_ms`.
pub fn stages_of_flags(list: &str, soak_ms: u64) -> Result<Vec<StageFile>, String> {
    let words: Vec<&str> = list.split(',').map(str::trim).collect();
    let mut stages: Vec<StageFile> = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let reach: Reach = word.parse()?;
        let soak_ms = if number + 1 < words.len() { soak_ms } else { 0 };
        let place = Place { line: 1, column: 1 };
        let stage = StageFile { soak_ms, ..bare(At { value: reach, place }) };
        grows(&stages, &stage)?;
        stages.push(stage);
    }
    Ok(stages)
}

fn stage(entry: &Found<Section<'_>>) -> Result<StageFile, DocumentError> {
    let section = &entry.value;
    keys::only(section, Level::Stage)?;
    let stage = bare(reach(entry)?);
    Ok(StageFile {
        name: match filled(section, "name")? {
            Some(name) => stage_name(section, name)?,
            None => stage_name(section, Found { value: stage.name.clone(), at: reach_offset(section) })?,
        },
        soak_ms: time(section, "soak")?.map_or(0, |soak| soak.value),
        approve: section.flag("approve")?.is_some_and(|approve| approve.value),
        max_fail: section.number("max_fail", 0..=limits::HOSTS)?.map_or(0, |max_fail| max_fail.value),
        by_dc: by_dc(section)?,
        batch: batch(section)?,
        reboots_ms: time(section, "reboots")?.map(|reboots| reboots.value),
        at: section.place(entry.at),
        ..stage
    })
}

/// A stage of which nothing is said but how far it reaches.
fn bare(reach: At<Reach>) -> StageFile {
    StageFile {
        name: reach.value.to_string(),
        at: reach.place,
        reach,
        soak_ms: 0,
        approve: false,
        max_fail: 0,
        by_dc: false,
        batch: None,
        reboots_ms: None,
    }
}

fn reach(entry: &Found<Section<'_>>) -> Result<At<Reach>, DocumentError> {
    let section = &entry.value;
    match (section.text_of("reach", "a text in quotes: \"1\", \"10/dc\", \"25%\" or \"all\"")?, section.text("host")?) {
        (Some(reach), None) => {
            let value = reach.value.parse().map_err(|message: String| section.error(reach.at, message))?;
            Ok(at(section, Found { value, at: reach.at }))
        }
        (None, Some(host)) => {
            let pattern = pattern_at(section, host)?;
            Ok(At { value: Reach::Pattern(pattern.value), place: pattern.place })
        }
        (Some(reach), Some(host)) => {
            Err(section.error(reach.at.max(host.at), "`reach` and `host` are both there: keep the one that is meant"))
        }
        (None, None) => {
            let advice = "add reach = \"1\", \"10/dc\", \"25%\" or \"all\", or host = \"NAME\"";
            Err(section.error(entry.at, format!("the stage does not say how far it reaches: {advice}")))
        }
    }
}

fn reach_offset(section: &Section<'_>) -> usize {
    section.offset(if section.holds("reach") { "reach" } else { "host" })
}

/// A name that fits on one line beside others.
fn stage_name(section: &Section<'_>, name: Found<String>) -> Result<String, DocumentError> {
    if name.value.chars().any(char::is_control) || name.value.chars().count() > LONGEST_NAME {
        let wanted = format!("one line of {LONGEST_NAME} characters at most");
        let message = format!("this cannot be a stage's name, which is {wanted}: add name = \"canary\"");
        return Err(section.error(name.at, message));
    }
    Ok(name.value)
}

fn by_dc(section: &Section<'_>) -> Result<bool, DocumentError> {
    match section.text("order")? {
        None => Ok(false),
        Some(order) if order.value == "dc" => Ok(true),
        Some(order) => {
            let advice = "write \"dc\" for one datacenter after another; without it all run at once";
            Err(section.error(order.at, format!("`{}` is not an order: {advice}", order.value)))
        }
    }
}

fn batch(section: &Section<'_>) -> Result<Option<Share>, DocumentError> {
    let Some(batch) = section.text_of("batch", "a text in quotes: \"10%/dc\" or \"5/dc\"")? else { return Ok(None) };
    batch.value.parse().map(Some).map_err(|message: String| section.error(batch.at, message))
}

/// Refuses a stage that cannot add a host to those before it, whichever hosts there are.
fn grows(before: &[StageFile], stage: &StageFile) -> Result<(), String> {
    let Some(covers) = before.iter().find(|before| holds(&before.reach.value, &stage.reach.value)) else {
        return Ok(());
    };
    let advice = match covers.reach.value {
        Reach::All | Reach::Percent(100) | Reach::PercentPerDc(100) => "put it before that one, or leave it out",
        _ => "reach counts from the beginning, so write more",
    };
    Err(format!(
        "the stage reaches {}, which `{}` before it has done already: {advice}",
        stage.reach.value, covers.name
    ))
}

/// Whether every host of the inner reach is surely one of the outer's.
fn holds(outer: &Reach, inner: &Reach) -> bool {
    match (outer, inner) {
        (Reach::All | Reach::Percent(100) | Reach::PercentPerDc(100), _) => true,
        // Every stage has a host.
        (_, Reach::Hosts(1)) => true,
        (Reach::Hosts(outer), Reach::Hosts(inner)) => inner <= outer,
        (Reach::HostsPerDc(outer), Reach::HostsPerDc(inner)) => inner <= outer,
        (Reach::Percent(outer), Reach::Percent(inner)) => inner <= outer,
        (Reach::PercentPerDc(outer), Reach::PercentPerDc(inner)) => inner <= outer,
        (Reach::Pattern(outer), Reach::Pattern(inner)) => inner == outer,
        _ => false,
    }
}
