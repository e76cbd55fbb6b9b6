//! The plan in words: the tree, folded, with the reason for each choice.

use crate::verbs::plan_pace::{at_once, pace_text, stops_line, ways_line};
use mcom_fleet::hostset::{HostSet, fold};
use mcom_fleet::planner::{DcTree, trees};
use mcom_model::{DcRule, HostId, Plan, RunAs, limits};
use mcom_report::sanitise_line;
use std::fmt::Write as _;

/// Characters of a folded list of parents; `--json` has all of them.
const FOLDED_CHARS: usize = 100;

/// Lines of a brief that say something of datacenters: with all others it has twelve at most, and is read.
const BRIEF_DCS: usize = 7;

/// Candidates that are named after the first.
const NEXT_NAMED: usize = 3;

/// The whole plan.
pub(super) fn plan_text(plan: &Plan, preferred: &HostSet) -> String {
    let trees = trees(plan, preferred);
    let mut text = head(plan);
    for (place, tree) in trees.iter().enumerate() {
        let last = place + 1 == trees.len();
        datacenter(&mut text, plan, tree, if last { ("└─ ", "   ") } else { ("├─ ", "│  ") });
    }
    text + &pace_text(plan)
}

/// What is about to happen, a line for each datacenter.
pub(super) fn plan_brief(plan: &Plan, preferred: &HostSet) -> String {
    let mut text = head(plan);
    let all: HostSet = plan.hosts.iter().map(|host| host.name.as_str()).collect();
    let _ = writeln!(text, "  {}", cut(&fold(all.iter())));
    let trees = trees(plan, preferred);
    let named = if trees.len() > BRIEF_DCS { BRIEF_DCS - 1 } else { trees.len() };
    for tree in &trees[..named] {
        let count = hosts(tree.dc.members.len());
        let _ = match tree.parent {
            Some((parent, why)) => {
                writeln!(text, "  {}  {count} through {} ({why})", tree.dc.name, plan.host(parent).name)
            }
            None => writeln!(text, "  {}  {count}, each from here", tree.dc.name),
        };
    }
    if trees.len() > named {
        let _ = writeln!(text, "  and {} more datacenters", trees.len() - named);
    }
    text + &format!("  {}\n  {}\n", at_once(plan), ways_line(plan))
        + &stops_line(plan).map_or_else(String::new, |line| format!("  {line}\n"))
}

/// What `--pick` chose, for standard error.
pub(super) fn pick_line(pick: Option<&str>, picked: usize, before: usize) -> Option<String> {
    let pick = pick?;
    Some(format!("picked {picked} of {before} hosts; the same again: --pick {pick}\n"))
}

/// The rule that says a datacenter, in words.
pub(super) const fn rule_words(rule: DcRule) -> &'static str {
    match rule {
        DcRule::Inventory => "from the inventory",
        DcRule::Configured => "by the configured expression",
        DcRule::NameSuffix => "by the name's last label after -",
        DcRule::DnsLabel => "by the name's second DNS label",
        DcRule::None => "no rule says a datacenter: one group",
        DcRule::Flat => "flat: every host is connected to from here",
    }
}

fn head(plan: &Plan) -> String {
    let dcs = plan.datacenters.len();
    let mut text = format!("plan  {} in {}", hosts(plan.hosts.len()), counted(dcs, "datacenter", "datacenters"));
    if let Some(payload) = &plan.payload {
        let name = sanitise_line(payload.name.as_bytes());
        let _ = write!(text, "  {name} {} ({})", payload.id().short(), size(bytes(plan)));
    }
    if let Some(RunAs { tool, user }) = plan.payload.as_ref().and_then(|payload| payload.run_as.as_ref()) {
        let _ = write!(text, "  as {} by {}", sanitise_line(user.as_bytes()), tool.program());
    }
    if let Some(reason) = &plan.request.reason {
        let _ = write!(text, "  \"{}\"", sanitise_line(reason.as_bytes()));
    }
    text.push('\n');
    text
}

fn datacenter(text: &mut String, plan: &Plan, tree: &DcTree<'_>, (branch, rest): (&str, &str)) {
    let count = tree.dc.members.len();
    let _ = writeln!(text, "{branch}{}  {}  ({})", tree.dc.name, hosts(count), rule_words(tree.dc.rule));
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "{rest}{key:9}{value}");
    };
    line("hosts", &folded(plan, &tree.dc.members));
    if let Some((parent, why)) = tree.parent {
        line("parent", &format!("{}: {why}", plan.host(parent).name));
        if let Some(next) = next(plan, tree) {
            line("else", &next);
        }
    } else if count > 1 && tree.dc.rule != DcRule::Flat {
        line("parent", if plan.shape.depth == Some(1) { "none: depth 1" } else { "none: every host has weight 0" });
    }
    for (number, level) in (2..).zip(levels(plan, tree)) {
        line(&format!("level {number}"), &level);
    }
    line("link", &link(plan, tree));
}

/// Those who follow where the first candidate cannot be reached.
fn next(plan: &Plan, tree: &DcTree<'_>) -> Option<String> {
    let names: Vec<&str> = tree.next.iter().take(NEXT_NAMED).map(|&id| plan.host(id).name.as_str()).collect();
    let more = tree.next.len().saturating_sub(NEXT_NAMED);
    match (names.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(names.join(", ")),
        (false, more) => Some(format!("{}, then {more} more", names.join(", "))),
    }
}

/// A line for each level below the first parent.
fn levels(plan: &Plan, tree: &DcTree<'_>) -> Vec<String> {
    let below = tree.levels.iter().enumerate().skip(1);
    below
        .map(|(place, level)| {
            if level.parents == 0 {
                return counted(level.hosts, "child", "children");
            }
            let parents: Vec<HostId> =
                tree.sub_parents.iter().filter(|parent| parent.level == place + 1).map(|parent| parent.host).collect();
            let leaves = level.hosts - level.parents;
            let also =
                if leaves > 0 { format!(", and {}", counted(leaves, "child", "children")) } else { String::new() };
            let most = counted(level.most_children, "child", "children");
            format!(
                "{} with up to {most} each: {}{also}",
                counted(level.parents, "parent", "parents"),
                cut(&folded(plan, &parents))
            )
        })
        .collect()
}

fn link(plan: &Plan, tree: &DcTree<'_>) -> String {
    let mut connections = counted(tree.long_links, "connection", "connections");
    if tree.transit > 0 {
        connections += &format!(" ({} through the parent)", tree.transit);
    }
    match &plan.payload {
        Some(_) => format!("{connections}, {} of {}", counted(tree.long_links, "copy", "copies"), size(bytes(plan))),
        None => connections,
    }
}

fn hosts(count: usize) -> String {
    counted(count, "host", "hosts")
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// A folded list that fits on a line or two.
fn cut(folded: &str) -> String {
    if folded.len() <= FOLDED_CHARS {
        return folded.to_owned();
    }
    let end = folded[..folded.floor_char_boundary(FOLDED_CHARS)].rfind(',').unwrap_or(FOLDED_CHARS);
    format!("{},…", &folded[..end])
}

fn folded(plan: &Plan, hosts: &[HostId]) -> String {
    let set: HostSet = hosts.iter().map(|&id| plan.host(id).name.as_str()).collect();
    fold(set.iter())
}

/// Everything that crosses a long link to each parent.
fn bytes(plan: &Plan) -> u64 {
    plan.payload.as_ref().map_or(0, |payload| payload.blobs().map(|blob| blob.len).sum())
}

fn size(bytes: u64) -> String {
    debug_assert!(bytes <= 2 * limits::BLOB, "a payload has two blobs at most");
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
    }
}
