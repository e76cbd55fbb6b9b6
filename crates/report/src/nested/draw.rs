//! Drawing the tree: branches, and output below them.

use super::root::Log;
use crate::fold::Group;
use crate::group_text::OutputText;
use crate::style::Line;
use mcom_model::{BodyRef, HostId, Stream};
use std::io::{self, Write};

/// One line of the log with what hangs below it.
#[derive(Default)]
pub(super) struct Node {
    pub line: Line,
    /// A line of advice below it.
    pub advice: Option<Line>,
    pub output: Option<Output>,
    pub children: Vec<Node>,
}

/// What is printed below a line.
pub(super) enum Output {
    /// Of a group, as the difference from another group where there is one.
    Group(Box<Group>, Option<Box<Group>>),
    /// Of a host.
    Host(HostId, Box<(BodyRef, BodyRef)>),
}

impl Node {
    pub(super) fn new(line: Line) -> Self {
        Self { line, ..Self::default() }
    }
}

/// Draws a whole tree. What hangs below the root begins with `prefix`.
pub(super) fn draw(log: Log<'_>, root: &Node, prefix: &str, out: &mut dyn Write) -> io::Result<()> {
    let options = log.options;
    let text = OutputText {
        view: log.view,
        bodies: log.bodies,
        ignore: options.ignore,
        tty: options.tty,
        color: options.color,
        grep: options.grep.as_ref(),
    };
    writeln!(out, "{}", root.line.render_cut(options.color, options.width.unwrap_or(usize::MAX)))?;
    below(text, root, prefix, out)
}

/// Draws what hangs below a node whose children begin with `prefix`.
fn below(text: OutputText<'_>, node: &Node, prefix: &str, out: &mut dyn Write) -> io::Result<()> {
    let bar = if node.children.is_empty() { prefix.to_owned() } else { format!("{prefix}│") };
    let advice = |advice: &Line, out: &mut dyn Write| writeln!(out, "{bar}    {}", advice.render(text.color));
    node.advice.as_ref().map_or(Ok(()), |line| advice(line, out))?;
    match &node.output {
        Some(Output::Group(group, base)) => text.group(out, &bar, group, base.as_deref())?,
        Some(Output::Host(host, bodies)) => {
            text.body(out, &bar, *host, Stream::Out, &bodies.0)?;
            text.body(out, &bar, *host, Stream::Err, &bodies.1)?;
        }
        None => {}
    }
    for (place, child) in node.children.iter().enumerate() {
        let is_last = place + 1 == node.children.len();
        let (branch, rest) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        writeln!(out, "{prefix}{branch}{}", child.line.render(text.color))?;
        below(text, child, &format!("{prefix}{rest}"), out)?;
    }
    Ok(())
}
