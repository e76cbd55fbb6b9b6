//! Bytes inside JSON: hexadecimal digits. Control messages stay readable; data frames are digits as a whole.

use bytes::{Bytes, BytesMut};
use mcom_wire::{Decoder, Message, Up};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::Write;

fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}

fn from_hex(text: &str) -> Option<Bytes> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?));
    bytes.collect::<Option<Vec<u8>>>().map(Bytes::from)
}

fn hex_of<'de, D: Deserializer<'de>>(text: &str) -> Result<Bytes, D::Error> {
    from_hex(text).ok_or_else(|| D::Error::custom("not pairs of hexadecimal digits"))
}

/// Bytes.
pub(crate) mod hex {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&to_hex(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        hex_of::<D>(&String::deserialize(from)?)
    }
}

/// Bytes that may be missing.
pub(crate) mod hex_of_some {
    use super::*;

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(bytes: &Option<Bytes>, to: S) -> Result<S::Ok, S::Error> {
        bytes.as_deref().map(to_hex).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
        Option::<String>::deserialize(from)?.map(|text| hex_of::<D>(&text)).transpose()
    }
}

/// Bytes, or why there are none.
pub(crate) mod hex_or_reason {
    use super::*;
    use mcom_model::Reason;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Bytes(String),
        Reason(Reason),
    }

    pub(crate) fn serialize<S: Serializer>(granted: &Result<Bytes, Reason>, to: S) -> Result<S::Ok, S::Error> {
        match granted {
            Ok(bytes) => Form::Bytes(to_hex(bytes)),
            Err(reason) => Form::Reason(reason.clone()),
        }
        .serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Result<Bytes, Reason>, D::Error> {
        match Form::deserialize(from)? {
            Form::Bytes(text) => hex_of::<D>(&text).map(Ok),
            Form::Reason(reason) => Ok(Err(reason)),
        }
    }
}

/// A message from below: as the wire has it where that is JSON, else the digits of its frame.
pub(crate) mod up {
    use super::*;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Frame { frame: String },
        Control(Up),
    }

    #[derive(Serialize)]
    struct Frame {
        frame: String,
    }

    pub(crate) fn serialize<S: Serializer>(message: &Up, to: S) -> Result<S::Ok, S::Error> {
        if !matches!(message, Up::Body { .. } | Up::Output(_) | Up::Ask(_)) {
            return message.serialize(to);
        }
        let mut frame = BytesMut::new();
        message.encode(&mut frame).map_err(S::Error::custom)?;
        Frame { frame: to_hex(&frame) }.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Up, D::Error> {
        match Form::deserialize(from)? {
            Form::Control(message) => Ok(message),
            Form::Frame { frame } => {
                let mut decoder = Decoder::default();
                decoder.feed(&hex_of::<D>(&frame)?);
                decoder
                    .next_message()
                    .map_err(D::Error::custom)?
                    .ok_or_else(|| D::Error::custom("a frame that is not whole"))
            }
        }
    }
}
