//! What a payload is given, and what is known of it afterwards.

use super::stand::{Stand, attempt, command, run_id, script};
use bytes::Bytes;
use mcom_engine::tree::OwnEvent;
use mcom_model::{BlobRef, Digest, Exit, Outcome, ReasonKind};

#[tokio::test]
async fn a_command_runs_and_its_receipt_says_so() {
    let stand = Stand::new();
    let ended = stand.run(command("echo out; echo err >&2; echo changed > $MCOM_RESULT")).await;
    assert_eq!(ended.outcome, Outcome::Ok);
    assert_eq!((ended.out().as_str(), ended.err().as_str()), ("out\n", "err\n"));
    let receipt = &ended.receipt().receipt;
    assert_eq!((receipt.exit, receipt.left_behind), (Exit::Code(0), 0));
    assert_eq!(receipt.out.digest, Digest::of(b"out\n"));
    assert_eq!(receipt.result.as_deref(), Some("changed"));
    assert!(receipt.max_rss_kib > 100);
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned();
    assert_eq!(
        ended.before[..2],
        [OwnEvent::Claimed { boot, uid: rustix::process::geteuid().as_raw() }, OwnEvent::Started]
    );
}

#[tokio::test]
async fn the_environment_the_folder_and_the_input_are_as_promised() {
    let stand = Stand::new();
    let (mut spec, blobs) = command(
        "echo $MCOM_RUN $MCOM_HOST $MCOM_DC $MCOM_ATTEMPT $MCOM_REASON; echo $A; pwd; cat; readlink /proc/self/fd/0",
    );
    spec.payload.env = vec![("A".into(), "1".into()), ("A".into(), "it's $HOME".into())];
    let ended = stand.run((spec, blobs)).await;
    let home = std::env::var("HOME").unwrap();
    let run = run_id();
    assert_eq!(ended.out(), format!("{run} web1 dc1 1 CHG123\nit's $HOME\n{home}\n/dev/null\n"));
}

#[tokio::test]
async fn a_scripts_interpreter_line_is_honoured() {
    let ended = Stand::new().run(script("#!/bin/cat\nsecond line\n")).await;
    assert_eq!(ended.out(), "#!/bin/cat\nsecond line\n");
}

#[tokio::test]
async fn a_script_without_an_interpreter_line_runs_in_the_shell_with_everything_it_was_given() {
    let stand = Stand::new();
    let (mut spec, mut blobs) = script("echo \"$1|$2|$X\"; pwd; cat");
    let input = Bytes::from_static(b"from a file\n");
    spec.payload.args = vec!["two words".into(), "$(id)".into()];
    spec.payload.env = vec![("X".into(), "y".into())];
    spec.payload.cwd = Some(stand.place().display().to_string());
    spec.payload.stdin = Some(BlobRef { digest: Digest::of(&input), len: input.len() as u64 });
    blobs.push(input);
    let ended = stand.run((spec, blobs)).await;
    assert_eq!(ended.outcome, Outcome::Ok);
    assert_eq!(ended.out(), format!("two words|$(id)|y\n{}\nfrom a file\n", stand.place().display()));
}

#[tokio::test]
async fn a_script_may_be_its_own_input() {
    let (mut spec, blobs) = script("#!/bin/sh\ncat\n");
    spec.payload.stdin = Some(spec.payload.blob);
    assert_eq!(Stand::new().run((spec, blobs)).await.out(), "#!/bin/sh\ncat\n");
}

#[tokio::test]
async fn codes_and_signals_are_told_apart() {
    let stand = Stand::new();
    let ended = stand.run(command("exit 7")).await;
    assert_eq!(ended.outcome, Outcome::Failed { exit: Exit::Code(7) });
    let ended = stand.run(attempt(2, command("kill -9 $$"))).await;
    assert_eq!(ended.outcome, Outcome::Failed { exit: Exit::Signal(9) });
    assert_eq!(ended.receipt().receipt.exit, Exit::Signal(9));
}

#[tokio::test]
async fn the_payload_has_a_session_of_its_own_and_signals_at_their_defaults() {
    let text = "cut -d' ' -f5,6 /proc/$$/stat; echo $$; grep -E 'SigBlk|SigIgn' /proc/self/status";
    let out = Stand::new().run(script(&format!("#!/bin/sh\n{text}"))).await.out();
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[0], format!("{0} {0}", lines[1]));
    for line in &lines[2..] {
        let mask = u64::from_str_radix(line.split_once(":\t").unwrap().1, 16).unwrap();
        assert_eq!(mask & 0x7fff_ffff, 0, "{out}");
    }
}

#[tokio::test]
async fn the_supervisor_writes_its_record_whatever_ends_the_session() {
    let text =
        "for s in TERM HUP INT; do kill -$s $PPID; done; sleep 0.1; for s in TERM HUP INT; do kill -$s $PPID; done";
    assert_eq!(Stand::new().run(command(text)).await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn what_cannot_be_executed_is_refused_and_said_never_to_have_started() {
    let stand = Stand::new();
    let missing = stand.run(script("#!/nowhere/python9 -u\n")).await;
    let crlf = stand.run(attempt(2, script("#!/bin/sh\r\necho hi\r\n"))).await;
    let (mut spec, blobs) = attempt(3, command("echo hi"));
    spec.payload.cwd = Some("/nowhere".into());
    let no_cwd = stand.run((spec, blobs)).await;
    let cases = [(missing, "/nowhere/python9"), (crlf, "carriage return"), (no_cwd, "working directory /nowhere")];
    for (number, (ended, words)) in cases.into_iter().enumerate() {
        assert!(matches!(ended.outcome, Outcome::Refused { .. }), "{ended:?}");
        assert_eq!(ended.reason().kind, ReasonKind::CannotExecute);
        assert!(ended.reason().text.contains(words), "{}", ended.reason());
        assert!(!ended.has_started() && ended.receipt.is_none(), "{ended:?}");
        let folder = stand.attempt(u32::try_from(number).unwrap() + 1);
        assert!(folder.join("started").exists() && folder.join("exit").exists(), "the record is whole");
    }
}

#[tokio::test]
async fn the_record_names_the_very_process() {
    let stand = Stand::new();
    let ended = stand.run(command("echo $$; cut -d' ' -f22 /proc/$$/stat")).await;
    let record = std::fs::read_to_string(stand.attempt(1).join("started")).unwrap();
    let (record, executed) = record.split_once('\n').unwrap();
    assert_eq!(executed, "executed\n");
    let record: mcom_driver::spool::ProcessIdentity = serde_json::from_str(record).unwrap();
    assert_eq!(ended.out(), format!("{}\n{}\n", record.pid, record.start_time));
}

#[tokio::test]
async fn the_history_has_a_line_before_and_one_after() {
    use mcom_driver::spool::HistoryLine;
    let stand = Stand::new();
    stand.run(command("exit 3")).await;
    let text = std::fs::read_to_string(stand.spool().join("history")).unwrap();
    let lines: Vec<HistoryLine> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let name = format!("{}.1", run_id());
    let payload = command("exit 3").0.payload.id();
    assert!(matches!(&lines[0], HistoryLine::Begin { attempt, who, reason, payload: id, .. }
        if *attempt == name && who == "alice@bastion" && reason.as_deref() == Some("CHG123") && *id == payload));
    assert!(matches!(&lines[1], HistoryLine::End { attempt, outcome, .. }
        if *attempt == name && *outcome == Outcome::Failed { exit: Exit::Code(3) }));
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_result_is_one_bounded_line_and_never_somebody_elses_file() {
    let stand = Stand::new();
    let long = stand.run(command("head -c 100000 /dev/zero | tr '\\0' a > $MCOM_RESULT; echo >> $MCOM_RESULT")).await;
    assert_eq!(long.receipt().receipt.result.as_ref().unwrap().len(), mcom_model::limits::RESULT_BYTES);
    let link = stand.run(attempt(2, command("ln -s /etc/passwd $MCOM_RESULT"))).await;
    assert_eq!((link.outcome.clone(), link.receipt().receipt.result.clone()), (Outcome::Ok, None));
    let fifo = stand.run(attempt(3, command("mkfifo $MCOM_RESULT"))).await;
    assert_eq!((fifo.outcome.clone(), fifo.receipt().receipt.result.clone()), (Outcome::Ok, None));
}

#[tokio::test]
async fn the_payload_has_a_cgroup_of_its_own_where_one_can_be_made() {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or("no cgroup of version 2");
    let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(std::path::Path::new);
    let made = roots.iter().map(|root| root.join(own)).find(|parent| {
        let probe = parent.join(format!("probe-{}", std::process::id()));
        parent.join("cgroup.procs").exists()
            && std::fs::create_dir(&probe).and_then(|()| std::fs::remove_dir(&probe)).is_ok()
    });
    let Some(parent) = made else { return };
    let ended = Stand::new().run(command("sed -n 's/^0:://p' /proc/self/cgroup; echo $PPID")).await;
    let out = ended.out();
    let (cgroup, supervisor) = out.trim().split_once('\n').unwrap();
    let name = format!("mcom-{}.1-{supervisor}", run_id());
    assert!(cgroup.ends_with(&name), "{out}");
    let gone = || (!parent.join(&name).exists()).then_some(());
    super::stand::until(gone).await;
}
