//! Against the programs of OpenSSH.

mod bench;
mod certificate;
mod keygen;
mod login;
