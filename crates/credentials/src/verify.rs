//! Whether a key made a signature.
