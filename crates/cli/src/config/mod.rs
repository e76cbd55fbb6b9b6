//! The settings: built in, from the system's file, from the user's file, from the environment. Each knows where its
//! value comes from.

mod file;
mod load;
mod settings;
mod show;

pub use load::{Environment, load};
pub use settings::{LinkSettings, Origin, Setting, Settings};
pub use show::{SettingRow, rows};
