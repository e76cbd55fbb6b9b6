//! The fields that SSH messages are made of (RFC 4251): read strictly, a length is checked before anything is taken, and
//! nothing may be left over.

use bytes::Bytes;

/// What is wrong with the bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A field goes on beyond the end.
    #[error("it ends too early")]
    Short,
    /// There are bytes after the last field.
    #[error("there is something after its end")]
    Rest,
    /// A field that must be text is not.
    #[error("a text in it is not UTF-8")]
    NotText,
    /// A field has a value that it cannot have.
    #[error("a value in it cannot be")]
    Value,
}

/// Takes fields off the front of a message.
pub(crate) struct Fields {
    rest: Bytes,
}

impl Fields {
    pub(crate) fn new(message: Bytes) -> Self {
        Self { rest: message }
    }

    fn take(&mut self, len: usize) -> Result<Bytes, Malformed> {
        if len > self.rest.len() {
            return Err(Malformed::Short);
        }
        Ok(self.rest.split_to(len))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let bytes = self.take(N)?;
        bytes.as_ref().try_into().map_err(|_| Malformed::Short)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    /// A flag, which is 0 or 1 and nothing else.
    pub(crate) fn flag(&mut self) -> Result<bool, Malformed> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::Value),
        }
    }

    pub(crate) fn number(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn long(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Bytes with their length before them.
    pub(crate) fn string(&mut self) -> Result<Bytes, Malformed> {
        let len = self.number()?;
        self.take(usize::try_from(len).map_err(|_| Malformed::Short)?)
    }

    /// A string that is text.
    pub(crate) fn text(&mut self) -> Result<String, Malformed> {
        String::from_utf8(self.string()?.into()).map_err(|_| Malformed::NotText)
    }

    /// What is left.
    pub(crate) fn rest(self) -> Bytes {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Bytes that are left.
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.is_empty() { Ok(()) } else { Err(Malformed::Rest) }
    }
}

/// Writes a string: its length, then its bytes. What is written here was read from a message or a file before, or is
/// made here, and is far shorter than a length can say.
pub(crate) fn put_string(to: &mut Vec<u8>, bytes: &[u8]) {
    let len = u32::try_from(bytes.len()).expect("a field of a message fits its length");
    to.extend_from_slice(&len.to_be_bytes());
    to.extend_from_slice(bytes);
}
