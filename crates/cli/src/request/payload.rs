//! The payload: a script or a command is read and checked here, before any host is touched.

use crate::error::{CliError, ErrorKind};
use crate::resolve::StandardInput;
use bytes::Bytes;
use mcom_model::{BlobRef, Payload, PayloadKind, PlanRequest, RunAs, limits};
use std::io::Read;

/// The parts of a payload that a request does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayloadParts {
    /// Arguments of a script.
    pub args: Vec<String>,
    /// Environment, in the order given.
    pub env: Vec<(String, String)>,
    /// Working directory.
    pub cwd: Option<String>,
    /// As which user, where that is not the one who logs in.
    pub run_as: Option<RunAs>,
}

/// A payload with its bytes.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What is run.
    pub payload: Payload,
    /// The bytes of [`Payload::blobs`], in that order.
    pub blobs: Vec<Bytes>,
}

/// Characters of a command that serve as its name.
const NAME_CHARS: usize = 60;

/// Reads what a request wants run; none where it wants nothing run.
pub fn prepare(
    request: &PlanRequest,
    parts: PayloadParts,
    stdin: &StandardInput,
) -> Result<Option<Prepared>, CliError> {
    let (kind, name, bytes) = match (&request.script, &request.command) {
        (Some(path), _) => (PayloadKind::Script, script_name(path), read_script(path, stdin)?),
        (None, Some(text)) => (PayloadKind::Command, command_name(text), checked_command(text)?),
        (None, None) => return nothing(request, &parts).map(|()| None),
    };
    refuse_nul(&parts)?;
    let input = request.stdin.as_deref().map(|path| read_input(path, stdin)).transpose()?;
    let payload = Payload {
        kind,
        name,
        blob: BlobRef::of(&bytes),
        args: parts.args,
        env: parts.env,
        cwd: parts.cwd,
        stdin: input.as_deref().map(BlobRef::of),
        run_as: parts.run_as,
    };
    let both = std::iter::once(bytes).chain(input);
    let blobs = payload.blobs().zip(both).map(|(_, bytes)| Bytes::from(bytes)).collect();
    Ok(Some(Prepared { payload, blobs }))
}

/// What belongs to a payload needs one.
fn nothing(request: &PlanRequest, parts: &PayloadParts) -> Result<(), CliError> {
    if request.stdin.is_none() && *parts == PayloadParts::default() {
        return Ok(());
    }
    Err(CliError::new(ErrorKind::Usage, "-e, --cwd, --stdin, --sudo and --doas belong to a payload, and there is none")
        .hint("a script: -s FILE; a command: -- CMD or -c TEXT"))
}

fn read_script(path: &str, stdin: &StandardInput) -> Result<Vec<u8>, CliError> {
    let bytes = match path {
        "-" => stdin.read("-s -", limits::BLOB)?,
        path => read_limited(path, "the script")?,
    };
    let name = if path == "-" { "the script on standard input".to_owned() } else { format!("the script {path}") };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(CliError::new(ErrorKind::Payload, format!("{name} is empty"))
            .hint("to see whether hosts answer: mcom -h PATTERN -- true"));
    }
    refuse_long(&bytes, &name)?;
    let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if first.starts_with(b"#!") && first.ends_with(b"\r") {
        let interpreter = String::from_utf8_lossy(&first[2..first.len() - 1]).trim().to_owned();
        let error = format!("the interpreter line of {name} ends in CR LF: hosts would look for \"{interpreter}\\r\"");
        return Err(
            CliError::new(ErrorKind::Payload, error).hint(format!("write it with LF alone: sed -i 's/\\r$//' {path}"))
        );
    }
    Ok(bytes)
}

fn read_input(path: &str, stdin: &StandardInput) -> Result<Vec<u8>, CliError> {
    let (bytes, name) = match path {
        "-" => (stdin.read("--stdin -", limits::BLOB)?, "standard input".to_owned()),
        path => (read_limited(path, "the input")?, format!("the input {path}")),
    };
    refuse_long(&bytes, &name)?;
    Ok(bytes)
}

/// Reads a file, and no more of it than shows that it is too long.
fn read_limited(path: &str, what: &str) -> Result<Vec<u8>, CliError> {
    let refused = |error: std::io::Error| CliError::unreadable(what, path, &error);
    let file = std::fs::File::open(path).map_err(refused)?;
    if file.metadata().map_err(refused)?.is_dir() {
        return Err(CliError::new(ErrorKind::File, format!("{what} {path} is a folder")));
    }
    let mut bytes = Vec::new();
    file.take(limits::BLOB + 1).read_to_end(&mut bytes).map_err(refused)?;
    Ok(bytes)
}

fn refuse_long(bytes: &[u8], name: &str) -> Result<(), CliError> {
    if bytes.len() as u64 <= limits::BLOB {
        return Ok(());
    }
    let message = format!("{name} is longer than {} KiB, the most that goes with a run", limits::BLOB >> 10);
    Err(CliError::new(ErrorKind::Payload, message).hint("put the bulk of it on the hosts first"))
}

fn checked_command(text: &str) -> Result<Vec<u8>, CliError> {
    let refused = |message: String| Err(CliError::new(ErrorKind::Payload, message));
    if text.trim().is_empty() {
        return refused("the command is empty".to_owned());
    }
    if text.contains('\0') {
        return refused("the command has a zero byte, which no argument can have".to_owned());
    }
    if text.len() as u64 > limits::COMMAND {
        let message = format!("the command is longer than {} KiB, the most that Linux takes", limits::COMMAND >> 10);
        return Err(CliError::new(ErrorKind::Payload, message).hint("put it into a script: -s FILE"));
    }
    Ok(text.as_bytes().to_vec())
}

fn refuse_nul(parts: &PayloadParts) -> Result<(), CliError> {
    let values = parts.env.iter().map(|(_, value)| value);
    if parts.args.iter().chain(values).chain(&parts.cwd).any(|text| text.contains('\0')) {
        let message = "an argument, variable or folder has a zero byte, which no program can be given";
        return Err(CliError::new(ErrorKind::Payload, message));
    }
    Ok(())
}

fn script_name(path: &str) -> String {
    match path {
        "-" => "standard input".to_owned(),
        path => std::path::Path::new(path)
            .file_name()
            .map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned()),
    }
}

fn command_name(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim_end();
    let cut: String = line.chars().take(NAME_CHARS).collect();
    if cut.len() < text.trim().len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(request: PlanRequest, parts: PayloadParts) -> Result<Option<Prepared>, String> {
        prepare(&request, parts, &StandardInput::default()).map_err(|error| error.message)
    }

    fn script(bytes: &[u8]) -> Result<Option<Prepared>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let path = file.path().display().to_string();
        let request = PlanRequest { script: Some(path.clone()), ..PlanRequest::default() };
        prepared(request, PayloadParts::default()).map_err(|message| message.replace(&path, "fix.sh"))
    }

    #[test]
    fn scripts_that_cannot_work_are_refused() {
        for (bytes, message) in [
            (&b""[..], "the script fix.sh is empty"),
            (b"\n \n", "the script fix.sh is empty"),
            (
                b"#!/bin/sh\r\necho hi\r\n",
                "the interpreter line of the script fix.sh ends in CR LF: hosts would look for \"/bin/sh\\r\"",
            ),
            (&vec![b'#'; (1 << 20) + 1], "the script fix.sh is longer than 1024 KiB, the most that goes with a run"),
        ] {
            assert_eq!(script(bytes).unwrap_err(), message);
        }
        assert!(script(&vec![b'#'; 1 << 20]).is_ok());
        assert!(script(b"#!/bin/sh\necho hi\r\n").is_ok());
    }

    #[test]
    fn commands_have_a_name_of_one_line() {
        let name = |text: &str| {
            let request = PlanRequest { command: Some(text.into()), ..PlanRequest::default() };
            prepared(request, PayloadParts::default()).unwrap().unwrap().payload.name
        };
        assert_eq!(name("uptime"), "uptime");
        assert_eq!(name("uptime\ndate"), "uptime…");
        assert_eq!(name(&"x".repeat(70)), format!("{}…", "x".repeat(60)));
    }

    #[test]
    fn input_equal_to_the_script_is_one_blob() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "cat\n").unwrap();
        let path = Some(file.path().display().to_string());
        let request = PlanRequest { script: path.clone(), stdin: path, ..PlanRequest::default() };
        let prepared = prepared(request, PayloadParts::default()).unwrap().unwrap();
        assert_eq!((prepared.blobs.len(), prepared.payload.stdin), (1, Some(prepared.payload.blob)));
    }

    #[test]
    fn flags_of_a_payload_need_one() {
        let parts = PayloadParts { cwd: Some("/tmp".into()), ..PayloadParts::default() };
        assert!(prepared(PlanRequest::default(), parts).is_err());
        assert!(prepared(PlanRequest::default(), PayloadParts::default()).unwrap().is_none());
    }
}
