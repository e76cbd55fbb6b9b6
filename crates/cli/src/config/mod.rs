//! The settings: built in, from the system's file, from the user's file, from the environment. Each knows where its
//! value comes from.

mod file;
mod load;
mod settings;
mod show;

pub use load::{Environment, load, state_home};
#[cfg(test)]
pub(crate) use settings::Setting;
pub use settings::{LinkSettings, Settings};
pub use show::rows;
pub(crate) use show::time_text;
