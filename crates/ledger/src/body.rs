//! Reading a body back: a reader that refuses bytes which are not what their name says.

use mcom_model::{Digest, DigestHasher};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A body being read. At its end the bytes are compared with the digest; a difference is an error.
#[derive(Debug)]
pub struct Body {
    /// None for the empty body, which has no file.
    file: Option<File>,
    digest: Digest,
    hasher: DigestHasher,
}

impl Body {
    pub(crate) fn open(path: &Path, digest: &Digest) -> io::Result<Self> {
        let file = if *digest == Digest::of(b"") { None } else { Some(File::open(path)?) };
        Ok(Self { file, digest: *digest, hasher: DigestHasher::default() })
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Ok(0) };
        let len = file.read(buffer)?;
        self.hasher.update(&buffer[..len]);
        if len == 0 && !buffer.is_empty() && self.hasher.finish() != self.digest {
            let text = format!("the body {} is damaged: its bytes have another digest", self.digest.short());
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(len)
    }
}
