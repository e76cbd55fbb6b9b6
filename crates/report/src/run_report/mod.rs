//! Everything that is printed while a run goes on and when it ends, behind one type.

mod options;
mod output;
mod progress;
mod report;

pub use options::{OutputStyle, Progress, ReportOptions};
pub use report::LiveReport;
