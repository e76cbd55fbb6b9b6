//! Rollouts: a change that goes out in stages, watched. The file that says it, the stages that it means, and the state
//! machine that decides what happens next. Pure: time, answers and ends come in, effects come out.

mod answer;
mod event;
pub mod file;
mod fits;
mod health;
mod layout;
mod machine;
mod order;
mod reach;
mod spec;
mod state;
mod window;

pub use answer::{Answer, Answered, HostAnswer};
pub use event::{Checked, Happened, HostsEnded, RolloutEvent, RunOf, Why};
pub use file::{At, FilePayload, HealthFile, RolloutFile, StageFile};
pub use layout::{LaidOut, LayOut, LayoutError, lay_out};
pub use machine::{Effect, HostEnd, Input, Machine, Refusal};
pub use order::{Order, Skip, Verb};
pub use reach::{Reach, Share};
pub use spec::{HealthSpec, OnFail, RolloutSpec, StageSpec, Wave};
pub use state::{HostProgress, RolloutState, RunProgress, State};
pub use window::{Window, WindowError};
