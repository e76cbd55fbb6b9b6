//! The agent protocol in bytes, both directions.

use crate::maker::{public, string};
use bytes::BytesMut;
use mcom_credentials::Malformed;
use mcom_credentials::agent::*;

fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    string([&[kind], body].concat())
}

fn request(bytes: &[u8]) -> Result<Option<Request>, AgentError> {
    next_request(&mut BytesMut::from(bytes))
}

fn answer(bytes: &[u8]) -> Result<Option<AgentAnswer>, AgentError> {
    next_answer(&mut BytesMut::from(bytes))
}

#[test]
fn requests_are_read_however_they_come() {
    let all = [identities_request(), sign_request(b"body"), session_bind_request(b"bind"), frame(17, b"x")].concat();
    let mut buffer = BytesMut::new();
    let mut read = Vec::new();
    for byte in all {
        buffer.extend_from_slice(&[byte]);
        read.extend(next_request(&mut buffer).unwrap());
    }
    let expected = [
        Request::Identities,
        Request::Sign(b"body"[..].into()),
        Request::SessionBind(b"bind"[..].into()),
        Request::Other(17),
    ];
    assert_eq!(read, expected);
    assert!(buffer.is_empty());
}

#[test]
fn requests_have_the_bytes_of_the_protocol() {
    assert_eq!(identities_request(), [0, 0, 0, 1, 11]);
    assert_eq!(sign_request(&[9, 8]), [0, 0, 0, 3, 13, 9, 8]);
    let bind = [&[0, 0, 0, 30, 27, 0, 0, 0, 24], &b"session-bind@openssh.com"[..], &[7]].concat();
    assert_eq!(session_bind_request(&[7]), bind);
}

#[test]
fn answers_are_read_as_they_were_written() {
    let keys = vec![public("ed25519"), public("rsa-2048")];
    assert_eq!(answer(&identities_answer(&keys)), Ok(Some(AgentAnswer::Identities(keys))));
    assert_eq!(answer(&identities_answer(&[])), Ok(Some(AgentAnswer::Identities(Vec::new()))));
    assert_eq!(answer(&signature_answer(b"signed")), Ok(Some(AgentAnswer::Signature(b"signed"[..].into()))));
    assert_eq!(answer(&SUCCESS), Ok(Some(AgentAnswer::Success)));
    assert_eq!(answer(&FAILURE), Ok(Some(AgentAnswer::Failure)));
    assert_eq!(answer(&frame(99, b"")), Ok(Some(AgentAnswer::Other(99))));
    assert_eq!(answer(&SUCCESS[..4]), Ok(None));
}

#[test]
fn an_unknown_extension_is_something_else() {
    assert_eq!(request(&frame(27, &string("query"))), Ok(Some(Request::Other(27))));
    let longer = string("session-bind@openssh.com.example");
    assert_eq!(request(&frame(27, &longer)), Ok(Some(Request::Other(27))));
}

#[test]
fn a_length_is_refused_from_its_four_bytes() {
    for len in [0, 262_145, u32::MAX] {
        let mut buffer = BytesMut::from(&len.to_be_bytes()[..]);
        let before = buffer.capacity();
        assert_eq!(next_request(&mut buffer), Err(AgentError::Length(len)));
        assert_eq!(next_answer(&mut buffer), Err(AgentError::Length(len)));
        assert_eq!(buffer.capacity(), before);
    }
    assert_eq!(request(&262_144_u32.to_be_bytes()), Ok(None));
    let longest = frame(13, &vec![0; MESSAGE - 1]);
    assert!(matches!(request(&longest), Ok(Some(Request::Sign(body))) if body.len() == MESSAGE - 1));
}

#[test]
fn nothing_may_follow_and_nothing_may_lack() {
    let malformed = |kind, problem| AgentError::Malformed { kind, problem };
    assert_eq!(request(&frame(11, &[0])), Err(malformed(11, Malformed::Rest)));
    assert_eq!(request(&frame(27, &[0, 0])), Err(malformed(27, Malformed::Short)));
    assert_eq!(answer(&frame(6, &[0])), Err(malformed(6, Malformed::Rest)));
    assert_eq!(answer(&frame(5, &[0])), Err(malformed(5, Malformed::Rest)));
    assert_eq!(answer(&frame(14, &[string("x"), vec![0]].concat())), Err(malformed(14, Malformed::Rest)));
    let two = [&[0, 0, 0, 2][..], &string(public("ed25519").blob()), &string("comment")].concat();
    assert_eq!(answer(&frame(12, &two)), Err(malformed(12, Malformed::Short)));
    let one = [&[0, 0, 0, 0][..], &string("x")].concat();
    assert_eq!(answer(&frame(12, &one)), Err(malformed(12, Malformed::Rest)));
    let unreadable = [&[0, 0, 0, 1][..], &string("x"), &string("comment")].concat();
    assert_eq!(answer(&frame(12, &unreadable)), Err(malformed(12, Malformed::Value)));
    // A count of four thousand million keys takes no memory and no time.
    assert_eq!(answer(&frame(12, &[0xff; 4])), Err(malformed(12, Malformed::Short)));
}

#[test]
fn a_comment_that_an_agent_gives_stays_on_its_line() {
    let keys = [&[0, 0, 0, 1][..], &string(public("ed25519").blob()), &string(b"a\nssh-rsa AAAA\xff")].concat();
    let Ok(Some(AgentAnswer::Identities(keys))) = answer(&frame(12, &keys)) else { panic!("keys") };
    assert_eq!(keys[0].comment(), "a ssh-rsa AAAA\u{fffd}");
    assert_eq!(keys[0].to_line().lines().count(), 1);
}
