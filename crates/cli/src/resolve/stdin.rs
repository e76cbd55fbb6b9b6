//! Standard input: read once, and by one flag only.

use crate::error::{CliError, ErrorKind, plain};
use std::cell::RefCell;
use std::io::Read;

/// Standard input of the program. Never read unless a flag asks for it.
#[derive(Debug, Default)]
pub struct StandardInput {
    taken: RefCell<Option<(&'static str, Vec<u8>)>>,
}

impl StandardInput {
    /// Everything on it, for `flag`; refused where another flag has it already. `limit` bounds what is kept in memory.
    pub fn read(&self, flag: &'static str, limit: u64) -> Result<Vec<u8>, CliError> {
        let mut taken = self.taken.borrow_mut();
        if let Some((by, bytes)) = taken.as_ref() {
            if *by == flag {
                return Ok(bytes.clone());
            }
            let error = CliError::new(ErrorKind::Usage, format!("standard input is wanted by {by} and by {flag}"));
            return Err(error.hint("put one of them into a file"));
        }
        let mut bytes = Vec::new();
        // One byte more than the limit tells the caller that there was more.
        let read = std::io::stdin().lock().take(limit.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| {
            CliError::new(ErrorKind::File, format!("standard input cannot be read: {}", plain(&error)))
        })?;
        *taken = Some((flag, bytes.clone()));
        Ok(bytes)
    }
}
