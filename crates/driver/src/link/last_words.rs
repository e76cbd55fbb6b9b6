//! What a node printed on its standard error: read, so that it never blocks on it, and its end kept for reasons.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes that are kept.
const KEPT: usize = 800;

/// The end of what was printed so far.
#[derive(Clone, Debug, Default)]
pub struct LastWords(Arc<Mutex<Vec<u8>>>);

impl LastWords {
    /// Listens to `errors` until it ends.
    pub fn of(mut errors: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let words = Self::default();
        let kept = words.clone();
        tokio::spawn(async move {
            let mut piece = [0; KEPT];
            while let Ok(read @ 1..) = errors.read(&mut piece).await {
                kept.push(&piece[..read]);
            }
        });
        words
    }

    /// As text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).trim().to_owned()
    }

    fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
}
