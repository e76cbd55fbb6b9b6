//! Run events to what people and programs read: the live display, the recap, the nested log, lines, JSON, tables.
//!
//! All views are readers of one stream of [`mcom_model::RunEvent`]; [`RunView`] is the state that it adds up to. Those of
//! rollouts read [`mcom_rollout::RolloutEvent`] and its state; they are in [`rollout`].
//! Nothing here knows how a run is carried out or recorded, and nothing looks at clocks, terminals or the
//! environment: the caller says what they are.

mod bodies;
mod body_text;
mod fold;
pub mod format;
mod group_text;
mod history;
mod info;
mod inquiry;
mod json;
mod lines;
mod live;
mod names;
mod nested;
mod raw;
mod ready;
mod recap;
mod refused;
pub mod rollout;
mod run_report;
mod sanitise;
mod sink;
mod state;
mod style;
mod words;

pub use bodies::Bodies;
pub use fold::FoldIgnore;
pub use history::{HistoryRow, HistoryState, history, history_json};
pub use info::{RolloutOfRun, RunInfo};
pub use inquiry::{Answer, AnswerOptions, AnswerStyle, Measured, already_text, write_holders, write_past, write_pings};
pub use json::JsonEvents;
pub use lines::{LineOptions, LineOrder};
pub use nested::{LogOptions, LogOrder, nested_log};
pub use raw::{raw, write_outdir};
pub use recap::{NextSteps, RecapOptions, results, summary};
pub use run_report::{LiveReport, OutputStyle, Progress, ReportOptions};
pub use sanitise::{Sanitiser, sanitise, sanitise_line};
pub use state::{DcView, HostView, Parent, ParentTerm, RunView, Stage, TermEnd, Terms, Turn};
pub use style::{Line, Tone};
