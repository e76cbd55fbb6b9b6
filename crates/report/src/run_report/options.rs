//! How a run is printed.

use crate::fold::FoldIgnore;
use crate::lines::LineOptions;
use crate::recap::{NextSteps, RecapOptions};

/// What is printed of what hosts print, on standard output (and standard error, for lines).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStyle {
    /// The bytes of a single host, without labels.
    Raw,
    /// Equal outputs once, with their hosts, at the end.
    Fold,
    /// Lines.
    Lines(LineOptions),
    /// Events as JSON.
    Json,
    /// Nothing.
    None,
}

/// How progress is shown, on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The live block; standard error must be a terminal.
    Bar,
    /// A plain line now and then.
    Line,
    /// Nothing.
    None,
}

/// How a run is printed. Nothing here is looked up from the environment: the caller knows it.
#[derive(Clone, Copy, Debug)]
pub struct ReportOptions {
    /// What is printed of output.
    pub output: OutputStyle,
    /// How progress is shown.
    pub progress: Progress,
    /// Whether standard output leads to a terminal.
    pub out_tty: bool,
    /// Whether standard error leads to a terminal.
    pub err_tty: bool,
    /// Whether to use colour on standard output.
    pub out_color: bool,
    /// Whether to use colour on standard error.
    pub err_color: bool,
    /// Columns and rows of the terminal.
    pub size: (usize, usize),
    /// Lists every host below its group.
    pub verbose: bool,
    /// Only results and errors.
    pub quiet: bool,
    /// What folding overlooks.
    pub ignore: FoldIgnore,
    /// Which verbs may be named as the next step.
    pub next: NextSteps,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            output: OutputStyle::Fold,
            progress: Progress::None,
            out_tty: false,
            err_tty: false,
            out_color: false,
            err_color: false,
            size: (80, 24),
            verbose: false,
            quiet: false,
            ignore: FoldIgnore::default(),
            next: NextSteps::default(),
        }
    }
}

impl ReportOptions {
    /// For a recap on standard output.
    pub(super) const fn recap_out(&self) -> RecapOptions {
        let Self { out_tty: tty, out_color: color, verbose, ignore, next, .. } = *self;
        RecapOptions { tty, color, verbose, ignore, next, running: false }
    }

    /// For a recap on standard error.
    pub(super) const fn recap_err(&self) -> RecapOptions {
        let Self { err_tty: tty, err_color: color, verbose, ignore, next, .. } = *self;
        RecapOptions { tty, color, verbose, ignore, next, running: false }
    }
}
