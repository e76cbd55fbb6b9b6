//! A captured host: the program that its node's name now leads to, with the real node as its child.

use crate::attack::Attack;
use crate::attacks;
use crate::out::Out;
use crate::seen::Seen;
use bytes::BytesMut;
use mcom_wire::{Decoder, Down, Message, Up};
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// In the home of the user, written by a test: which attack, and where the real node is.
const ORDERS: &str = "captured.json";

/// What a test has written for this host.
struct Orders {
    node: PathBuf,
    attack: Attack,
}

/// Does what a node does, and the attack that the host's orders name.
pub fn captured() -> ExitCode {
    let orders = match orders() {
        Ok(orders) => orders,
        Err(why) => return failed(&why),
    };
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments != ["link"] {
        let error = Command::new(&orders.node).args(arguments).exec();
        return failed(&error.to_string());
    }
    match link(&orders) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

fn orders() -> Result<Orders, String> {
    let home = std::env::var_os("HOME").ok_or("there is no HOME")?;
    let path = PathBuf::from(home).join(ORDERS);
    let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let word = |key: &str| value[key].as_str().ok_or_else(|| format!("{}: no {key}", path.display()));
    let attack = attacks::named(word("attack")?).ok_or("there is no such attack")?;
    Ok(Orders { node: word("node")?.into(), attack })
}

fn link(orders: &Orders) -> std::io::Result<()> {
    let mut node = Command::new(&orders.node).arg("link").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(to), Some(from)) = (node.stdin.take(), node.stdout.take()) else { return Ok(()) };
    let seen = Arc::new(Mutex::new(Seen::nothing()));
    let reader = Arc::clone(&seen);
    std::thread::spawn(move || read_along(&reader, to));
    let mut out = Out::new(File::from(std::io::stdout().as_fd().try_clone_to_owned()?));
    let mut done = false;
    messages(from, |message: Up| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.said(&message);
        orders.attack.pass(&message, &seen, &mut done, &mut out);
    });
    node.wait().map(drop)
}

/// What comes down goes to the node as it is. When no more comes, the node leaves, and what it says ends.
fn read_along(seen: &Mutex<Seen>, mut to: ChildStdin) {
    messages(std::io::stdin().lock(), |message: Down| {
        seen.lock().unwrap_or_else(PoisonError::into_inner).told(&message);
        let mut bytes = BytesMut::new();
        message.encode(&mut bytes).expect("what was decoded fits a frame");
        let _ = to.write_all(&bytes);
    });
}

fn messages<M: Message>(mut from: impl Read, mut each: impl FnMut(M)) {
    let mut decoder = Decoder::<M>::default();
    let mut some = vec![0; 64 << 10];
    while let Ok(Some(len)) = from.read(&mut some).map(|len| (len > 0).then_some(len)) {
        decoder.feed(&some[..len]);
        while let Ok(Some(message)) = decoder.next_message() {
            each(message);
        }
    }
}

fn failed(why: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "mcom-evil: {why}");
    ExitCode::FAILURE
}
