//! The node of this crate's tests. With `MCOM_TEST_SPOOLS` it starts its children as processes of this machine.

use mcom_driver::link::LocalNodes;
use mcom_driver::run::{Children, node_main_with};
use std::process::ExitCode;

fn main() -> ExitCode {
    let local = std::env::var_os("MCOM_TEST_SPOOLS").zip(std::env::current_exe().ok());
    node_main_with(local.map_or(Children::Ssh, |(spools, program)| {
        Children::Local(LocalNodes { program, spools: spools.into(), env: vec![] })
    }))
}
