//! What a payload prints: kept, bounded, counted, passed on as far as it is allowed.

use super::stand::{Stand, command};
use mcom_driver::spool::IndexLine;
use mcom_engine::tree::OwnEvent;
use mcom_model::{Digest, Outcome, OutputMode, Stream};

#[tokio::test]
async fn a_gigabyte_is_drained_in_little_memory_and_what_is_lost_is_counted() {
    let stand = Stand::new();
    let (mut spec, blobs) = command("head -c 1073741824 /dev/zero; grep VmHWM /proc/$PPID/status > $MCOM_RESULT");
    spec.limits.output_cap = 1 << 20;
    let ended = stand.run((spec, blobs)).await;
    let receipt = &ended.receipt().receipt;
    assert_eq!(ended.outcome, Outcome::Ok);
    assert_eq!((receipt.out.len, receipt.out.dropped), (1 << 20, (1 << 30) - (1 << 20)));
    assert_eq!(receipt.out.digest, Digest::of(&vec![0; 1 << 20]));
    assert_eq!(ended.receipt().out, None, "a large body does not travel with the outcome");
    let peak = receipt.result.clone().unwrap();
    let kib: u64 = peak.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib < 32 << 10, "the supervisor took {kib} KiB");
    assert_eq!(std::fs::metadata(stand.attempt(1).join("out")).unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn each_stream_has_its_own_cap() {
    let (mut spec, blobs) = command("printf 12345678; printf abc >&2");
    spec.limits.output_cap = 5;
    let ended = Stand::new().run((spec, blobs)).await;
    let receipt = &ended.receipt().receipt;
    assert_eq!((receipt.out.len, receipt.out.dropped, receipt.err.len, receipt.err.dropped), (5, 3, 3, 0));
    assert_eq!((ended.out().as_str(), ended.err().as_str()), ("12345", "abc"));
}

#[tokio::test]
async fn the_index_says_what_came_when() {
    let stand = Stand::new();
    stand.run(command("echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three")).await;
    let text = std::fs::read_to_string(stand.attempt(1).join("index")).unwrap();
    let lines: Vec<IndexLine> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let pieces: Vec<_> = lines.iter().map(|line| (line.stream, line.offset, line.len)).collect();
    assert_eq!(pieces, [(Stream::Out, 0, 4), (Stream::Err, 0, 4), (Stream::Out, 4, 6)]);
    assert!(lines[1].at >= lines[0].at + 90_000 && lines[2].at >= lines[1].at + 90_000, "{lines:?}");
}

#[tokio::test]
async fn live_output_comes_while_it_is_printed_and_no_further_than_allowed() {
    let stand = Stand::new();
    let (mut spec, blobs) = command("echo first; cat $F; echo 0123456789");
    std::process::Command::new("mkfifo").arg(stand.path("f")).status().unwrap();
    spec.payload.env = vec![("F".into(), stand.path("f").display().to_string())];
    spec.output = OutputMode::Live;
    let mut running = stand.start((spec, blobs));
    running.attempt.allow(Stream::Out, 8);
    running.started().await;
    let output = |offset, text: &'static str| OwnEvent::Output { stream: Stream::Out, offset, bytes: text.into() };
    assert_eq!(running.next().await, output(0, "first\n"), "it did not come while the payload ran");
    std::fs::write(stand.path("f"), "").unwrap();
    assert_eq!(running.next().await, output(6, "01"));
    assert_eq!(running.next().await, OwnEvent::Printed { stream: Stream::Out, len: 17 });
    running.attempt.allow(Stream::Out, 10);
    running.attempt.allow(Stream::Out, 9);
    assert_eq!(running.next().await, output(8, "23"));
    running.ended().await;
    running.attempt.allow(Stream::Out, 1 << 20);
    assert_eq!(running.next().await, output(10, "456789\n"), "the rest is there after the end");
}

#[tokio::test]
async fn a_large_body_is_read_after_the_end_in_pieces_without_gaps() {
    let stand = Stand::new();
    let mut running = stand.start(command("seq 1 100000"));
    let ended = running.ended().await;
    let body = ended.receipt().receipt.out;
    assert!(ended.before.iter().all(|event| !matches!(event, OwnEvent::Printed { .. } | OwnEvent::Output { .. })));
    running.attempt.allow(Stream::Out, u64::MAX);
    let mut whole = Vec::new();
    while (whole.len() as u64) < body.len {
        match running.next().await {
            OwnEvent::Output { stream: Stream::Out, offset, bytes } => {
                assert_eq!(offset, whole.len() as u64);
                assert!(bytes.len() <= mcom_model::limits::DATA_FRAME);
                whole.extend_from_slice(&bytes);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(Digest::of(&whole), body.digest);
}

#[tokio::test]
async fn who_listens_slowly_slows_nobody() {
    let stand = Stand::new();
    let (mut spec, blobs) = command("head -c 20000000 /dev/zero; echo done > $F");
    spec.payload.env = vec![("F".into(), stand.path("f").display().to_string())];
    spec.output = OutputMode::Live;
    let mut running = stand.start((spec, blobs));
    running.attempt.allow(Stream::Out, u64::MAX);
    // Nothing is taken from the events until the payload is through.
    assert_eq!(stand.line_of("f").await, "done");
    assert_eq!(running.ended().await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn a_flood_does_not_keep_a_cancel_waiting() {
    let stand = Stand::new();
    let (mut spec, blobs) = command("exec yes");
    spec.output = OutputMode::Live;
    spec.limits.output_cap = u64::MAX;
    let mut running = stand.start((spec, blobs));
    running.attempt.allow(Stream::Out, u64::MAX);
    while !matches!(running.next().await, OwnEvent::Output { .. }) {}
    running.attempt.cancel();
    assert_eq!(running.ended().await.outcome, Outcome::Killed);
}
