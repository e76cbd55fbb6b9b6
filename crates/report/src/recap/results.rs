//! The results: groups of hosts with what they printed, what needs attention first.

use crate::bodies::Bodies;
use crate::fold::{Group, groups, groups_by_outcome};
use crate::format;
use crate::group_text::OutputText;
use crate::recap::RecapOptions;
use crate::state::RunView;
use crate::style::{Line, Tone};
use crate::words::{is_bad, is_named, label, tone};
use std::io::{self, Write};

/// Characters of a folded host set in a heading.
const HOSTS_WIDTH: usize = 300;

/// Groups of one kind that are shown on a terminal. A payload that prints something else on each of ten thousand
/// hosts is read elsewhere.
const GROUPS_SHOWN: usize = 100;

/// Writes every group of hosts that ended, with its output. Silent groups that are ok are left to the counts.
pub fn results(view: &RunView, bodies: &dyn Bodies, options: &RecapOptions, out: &mut dyn Write) -> io::Result<()> {
    let groups = groups(view, view.info().host_ids(), bodies, options.ignore);
    let text = OutputText { view, bodies, ignore: options.ignore, tty: options.tty, color: options.color, grep: None };
    for of_kind in groups.chunk_by(|a, b| a.kind == b.kind) {
        let shown = if options.tty && !options.verbose { GROUPS_SHOWN.min(of_kind.len()) } else { of_kind.len() };
        let base = of_kind.iter().find(|group| !group.is_silent());
        for group in &of_kind[..shown] {
            if !is_named(group.kind) && group.is_silent() && !options.verbose {
                continue;
            }
            let base = base.filter(|base| base.hosts[0] != group.hosts[0]);
            heading(view, group, options, out)?;
            text.group(out, "", group, base)?;
        }
        rest(view, &of_kind[shown..], out)?;
    }
    Ok(())
}

/// Writes the groups that are not simply ok, without their output: for readers who had that already.
pub(crate) fn failures(view: &RunView, options: &RecapOptions, out: &mut dyn Write) -> io::Result<()> {
    let named = view.hosts().filter(|(_, host)| host.outcome.as_ref().is_some_and(|outcome| is_named(outcome.kind())));
    groups_by_outcome(view, named.map(|(id, _)| id)).iter().try_for_each(|group| heading(view, group, options, out))
}

fn heading(view: &RunView, group: &Group, options: &RecapOptions, out: &mut dyn Write) -> io::Result<()> {
    let line = group_line(view, group);
    writeln!(out, "{}", line.render(options.color))?;
    if let Some(mend) = group.outcome.reason().and_then(|reason| reason.mend()) {
        writeln!(out, "    {}", Line::new().add(Tone::Faint, format!("→ {mend}")).render(options.color))?;
    }
    if options.verbose {
        for &id in &group.hosts {
            let host = view.host(id).expect("a group holds hosts of the run");
            let took = host.receipt.as_ref().map(|receipt| std::time::Duration::from_millis(receipt.run_ms));
            writeln!(out, "    {}  {}", view.info().name(id), took.map(format::duration).unwrap_or_default())?;
        }
    }
    Ok(())
}

/// `FAILED 3  mail[7,31,60]-dc2  exit 1`.
pub(crate) fn group_line(view: &RunView, group: &Group) -> Line {
    let mut line = Line::new().add(tone(group.kind), format!("{} {}", label(group.kind), group.hosts.len()));
    // What failed is typed again, so it is named as a pattern; the rest is named in the fewest words.
    let hosts = if is_bad(group.kind) { view.info().fold(&group.hosts) } else { view.info().describe(&group.hosts) };
    line.push_apart(Tone::Strong, shorten(&hosts));
    line.push_apart(Tone::Plain, group.detail(view));
    line
}

/// A host set that is too long for a heading is cut.
pub(super) fn shorten(hosts: &str) -> String {
    if hosts.chars().count() <= HOSTS_WIDTH {
        return hosts.to_owned();
    }
    let cut: String = hosts.chars().take(HOSTS_WIDTH - 1).collect();
    cut + "…"
}

fn rest(view: &RunView, groups: &[Group], out: &mut dyn Write) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let hosts = groups.iter().map(|group| group.hosts.len() as u64).sum();
    let (groups, hosts) = (format::number(groups.len() as u64), format::hosts(hosts));
    writeln!(out, "… {groups} more groups ({hosts}): mcom log {}", view.info().run)
}
