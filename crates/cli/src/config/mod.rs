//! The settings: built in, from the system's file, from the user's file, from the environment. Each knows where its
//! value comes from.

mod file;
mod load;
mod policy;
mod settings;
mod show;

pub use load::{Environment, load, state_home};
pub use policy::Forbidden;
#[cfg(test)]
pub(crate) use settings::Origin;
pub use settings::{LinkSettings, Setting, Settings};
pub use show::rows;
pub(crate) use show::time_text;
