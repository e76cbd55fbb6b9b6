//! How a run is shown: flags over settings, made fit for where standard output and standard error lead.

use crate::args::{ColorChoice, FoldIgnore as Ignored, OutputArgs, OutputChoice, ProgressChoice};
use crate::config::Settings;
use mcom_model::OutputMode;
use mcom_report::{FoldIgnore, LineOptions, LineOrder, NextSteps, OutputStyle, Progress, ReportOptions};
use std::io::IsTerminal;

/// Where the two outputs lead.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub out: bool,
    /// Whether standard error is one.
    pub err: bool,
    /// Whether the terminal cannot move its cursor (`TERM=dumb`).
    pub dumb: bool,
    /// Columns and rows.
    pub size: (usize, usize),
}

/// How a run is shown.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// For the views.
    pub options: ReportOptions,
    /// When output travels.
    pub mode: OutputMode,
}

impl Terminal {
    /// Of this process.
    pub fn of_process() -> Self {
        Self {
            out: std::io::stdout().is_terminal(),
            err: std::io::stderr().is_terminal(),
            dumb: std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty()),
            size: Self::size_now(),
        }
    }

    /// The size of the terminal that standard error leads to.
    pub fn size_now() -> (usize, usize) {
        match rustix::termios::tcgetwinsize(std::io::stderr()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => (80, 24),
        }
    }

    /// Whether to use colour where standard output, or standard error, leads to.
    pub fn color(&self, choice: ColorChoice, is_terminal: bool) -> bool {
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !self.dumb,
        }
    }
}

impl Display {
    /// What these flags and settings ask for, for a run on this many hosts.
    pub fn new(args: &OutputArgs, settings: &Settings, terminal: Terminal, hosts: usize) -> Self {
        let choice = output_choice(args, settings, terminal, hosts);
        let (output, mode) = style(args, choice, hosts);
        let color = args.color.unwrap_or(settings.color.value);
        let options = ReportOptions {
            output,
            progress: progress(args, settings, terminal, hosts),
            out_tty: terminal.out,
            err_tty: terminal.err,
            out_color: terminal.color(color, terminal.out),
            err_color: terminal.color(color, terminal.err),
            size: terminal.size,
            verbose: args.verbose > 0,
            quiet: args.quiet,
            ignore: ignore(if args.fold_ignore.is_empty() { &settings.fold_ignore.value } else { &args.fold_ignore }),
            next: NextSteps { log: true, retry: true, resume: true, watch: true },
        };
        Self { options, mode }
    }
}

/// What folding overlooks.
pub fn ignore(words: &[Ignored]) -> FoldIgnore {
    FoldIgnore {
        host: words.contains(&Ignored::Host),
        time: words.contains(&Ignored::Time),
        num: words.contains(&Ignored::Num),
    }
}

fn output_choice(args: &OutputArgs, settings: &Settings, terminal: Terminal, hosts: usize) -> OutputChoice {
    let asked = match args {
        OutputArgs { fold: true, .. } => OutputChoice::Fold,
        OutputArgs { lines: true, .. } => OutputChoice::Lines,
        OutputArgs { output: Some(choice), .. } => *choice,
        // `-N` asks for lines without names wherever there would be lines with names.
        OutputArgs { no_labels: true, .. } => OutputChoice::Stream,
        _ => settings.output.value,
    };
    match asked {
        OutputChoice::Auto if hosts > 1 && terminal.out => OutputChoice::Fold,
        OutputChoice::Auto if hosts > 1 => OutputChoice::Stream,
        asked => asked,
    }
}

/// Automatic output is left for a single host alone, whose bytes pass as they come.
fn style(args: &OutputArgs, choice: OutputChoice, hosts: usize) -> (OutputStyle, OutputMode) {
    let lines = |order| OutputStyle::Lines(LineOptions { order, labels: !args.no_labels });
    if args.json {
        return (OutputStyle::Json, OutputMode::AtEnd);
    }
    match choice {
        OutputChoice::Auto if hosts == 1 => (OutputStyle::Raw, OutputMode::Live),
        OutputChoice::Auto | OutputChoice::Fold => (OutputStyle::Fold, OutputMode::AtEnd),
        OutputChoice::Lines if args.lines => (lines(LineOrder::ByHost), OutputMode::AtEnd),
        OutputChoice::Lines => (lines(LineOrder::Ended), OutputMode::AtEnd),
        OutputChoice::Stream => (lines(LineOrder::Printed), OutputMode::Live),
        OutputChoice::None => (OutputStyle::None, OutputMode::AtEnd),
    }
}

fn progress(args: &OutputArgs, settings: &Settings, terminal: Terminal, hosts: usize) -> Progress {
    let can_draw = terminal.err && !terminal.dumb && args.verbose < 2;
    match args.progress.unwrap_or(settings.progress.value) {
        ProgressChoice::Auto if args.quiet || hosts == 1 => Progress::None,
        ProgressChoice::Auto | ProgressChoice::Bar if can_draw => Progress::Bar,
        ProgressChoice::Auto | ProgressChoice::Bar | ProgressChoice::Line => Progress::Line,
        ProgressChoice::None => Progress::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    const PIPE: Terminal = Terminal { out: false, err: false, dumb: false, size: (80, 24) };
    const TERMINAL: Terminal = Terminal { out: true, err: true, ..PIPE };

    fn display(args: OutputArgs, terminal: Terminal, hosts: usize) -> Display {
        let settings = Settings::built_in(Setting::built_in("/s".into()));
        Display::new(&args, &settings, terminal, hosts)
    }

    fn output(args: OutputArgs, terminal: Terminal, hosts: usize) -> (OutputStyle, OutputMode) {
        let display = display(args, terminal, hosts);
        (display.options.output, display.mode)
    }

    fn lines(order: LineOrder, labels: bool) -> OutputStyle {
        OutputStyle::Lines(LineOptions { order, labels })
    }

    #[test]
    fn automatic_output_depends_on_the_reader_and_the_number_of_hosts() {
        let auto = OutputArgs::default;
        assert_eq!(output(auto(), TERMINAL, 1), (OutputStyle::Raw, OutputMode::Live));
        assert_eq!(output(auto(), PIPE, 1), (OutputStyle::Raw, OutputMode::Live));
        assert_eq!(output(auto(), TERMINAL, 2), (OutputStyle::Fold, OutputMode::AtEnd));
        assert_eq!(output(auto(), PIPE, 2), (lines(LineOrder::Printed, true), OutputMode::Live));
    }

    #[test]
    fn the_letters_of_clush() {
        let b = OutputArgs { fold: true, ..OutputArgs::default() };
        assert_eq!(output(b, PIPE, 2).0, OutputStyle::Fold);
        let l = OutputArgs { lines: true, ..OutputArgs::default() };
        assert_eq!(output(l, TERMINAL, 2).0, lines(LineOrder::ByHost, true));
        let n = OutputArgs { no_labels: true, ..OutputArgs::default() };
        assert_eq!(output(n, TERMINAL, 2).0, lines(LineOrder::Printed, false));
        let stream = OutputArgs { output: Some(OutputChoice::Stream), ..OutputArgs::default() };
        assert_eq!(output(stream, PIPE, 2), (lines(LineOrder::Printed, true), OutputMode::Live));
    }

    #[test]
    fn a_block_is_drawn_on_a_terminal_alone() {
        let progress = |args, terminal, hosts| display(args, terminal, hosts).options.progress;
        let auto = OutputArgs::default;
        assert_eq!(progress(auto(), TERMINAL, 2), Progress::Bar);
        assert_eq!(progress(auto(), PIPE, 2), Progress::Line);
        assert_eq!(progress(auto(), TERMINAL, 1), Progress::None);
        assert_eq!(progress(auto(), Terminal { dumb: true, ..TERMINAL }, 2), Progress::Line);
        assert_eq!(progress(OutputArgs { quiet: true, ..auto() }, TERMINAL, 2), Progress::None);
        let bar = OutputArgs { progress: Some(ProgressChoice::Bar), ..auto() };
        assert_eq!(progress(bar, PIPE, 2), Progress::Line);
    }

    #[test]
    fn colour_follows_each_output() {
        let half = display(OutputArgs::default(), Terminal { err: true, ..PIPE }, 2).options;
        assert_eq!((half.out_color, half.err_color), (false, true));
        let always = OutputArgs { color: Some(ColorChoice::Always), ..OutputArgs::default() };
        assert!(display(always, PIPE, 2).options.out_color);
    }
}
