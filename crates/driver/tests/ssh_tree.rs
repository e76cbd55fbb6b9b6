//! Whole runs over real sshds: nodes put everywhere, parents that reach their children, and nothing left behind.

use crate::bed::Bed;
use crate::order::{Kept, command, plan, start};
use mcom_driver::link::Connector;
use mcom_driver::run::{Control, Order, Start, coordinate};
use mcom_driver::ssh::{SshClient, SshSettings};
use mcom_model::{HostEvent, Outcome, Plan, ReasonKind};
use mcom_testbed::{Fleet, FleetBuilder};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, channel};

async fn run(bed: &Bed, plan: &Plan, text: &str) -> Kept {
    let (_operator, control) = channel(1);
    run_with(bed, plan, text, control).await
}

async fn run_with(bed: &Bed, plan: &Plan, text: &str, mut control: Receiver<Control>) -> Kept {
    let config = bed.fleet.ssh_config();
    let connect_timeout = Duration::from_secs(10);
    let (mut spec, blobs) = command(text);
    spec.shape = plan.shape;
    spec.inner.config = Some(config.display().to_string());
    spec.limits.connect_timeout_ms = 10_000;
    let settings = SshSettings { config: Some(config), options: vec![], connect_timeout };
    let order = Order { plan, start: Start::New(start(plan, &spec)), spec, blobs, password: None };
    let mut kept = Kept::default();
    let client = SshClient::new(&settings).unwrap();
    let connector = Arc::new(Connector::Ssh { client: Arc::clone(&client), nodes: bed.nodes.clone() });
    let run = coordinate(connector, order, None, &mut kept, &mut control);
    tokio::time::timeout(Duration::from_secs(120), run).await.expect("the run ends");
    client.close();
    kept
}

fn two_by_three() -> (FleetBuilder, Plan) {
    let builder = Fleet::builder();
    let builder = ["a1", "a2", "a3"].into_iter().fold(builder, |builder, name| builder.host("dc1", name));
    let builder = ["b1", "b2", "b3"].into_iter().fold(builder, |builder, name| builder.host("dc2", name));
    (builder, plan(&[("dc1", &["a1", "a2", "a3"]), ("dc2", &["b1", "b2", "b3"])], 32))
}

/// Waits until nothing runs on any host but its listener.
async fn nothing_is_left(fleet: &Fleet) {
    let until = Instant::now() + Duration::from_secs(10);
    for name in fleet.names() {
        loop {
            let left = fleet.processes(name).unwrap();
            if left.len() <= 1 {
                break;
            }
            assert!(Instant::now() < until, "{name} still runs {left:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn every_host_gets_the_node_and_the_payload_through_its_parent() {
    let (builder, plan) = two_by_three();
    let bed = Bed::new(builder);
    for shipped in [true, false] {
        let kept = run(&bed, &plan, "echo hello from $MCOM_HOST").await;
        for (id, host) in (0..).zip(&plan.hosts) {
            assert_eq!(kept.printed(id), format!("hello from {}\n", host.name).as_bytes());
        }
        let linked: Vec<_> = kept
            .said()
            .filter_map(|(id, said)| match said {
                HostEvent::Linked { by, node_shipped, .. } => Some((id, by.map(|by| by.0), *node_shipped)),
                _ => None,
            })
            .collect();
        for (id, by) in [(0, None), (1, Some(0)), (2, Some(0)), (3, None), (4, Some(3)), (5, Some(3))] {
            assert!(linked.contains(&(id, by, shipped)), "{id} by {by:?} in {linked:?}");
        }
        nothing_is_left(&bed.fleet).await;
    }
    for name in bed.fleet.names() {
        assert_eq!(bed.fleet.logins(name).unwrap(), 2, "{name}: one connection for each run");
    }
}

#[tokio::test]
async fn hosts_that_cannot_serve_do_not_keep_the_others_from_it() {
    let (builder, plan) = two_by_three();
    let other = "#!/bin/sh\necho Linux mips64\n";
    let builder = builder.with("a1", |host| host.down()).with("b3", |host| host.command("uname", other));
    let builder = builder.with("b2", |host| host.noisy("good morning"));
    let bed = Bed::new(builder);
    let kept = run(&bed, &plan, "echo $MCOM_HOST").await;
    let Outcome::Unreachable { reason } = kept.ended(0).0 else { panic!("{:?}", kept.ended(0)) };
    assert_eq!(reason.kind, ReasonKind::ConnectionRefused);
    let Outcome::Refused { reason } = kept.ended(4).0 else { panic!("{:?}", kept.ended(4)) };
    assert_eq!(reason.kind, ReasonKind::LoginShellNoise);
    let Outcome::Refused { reason } = kept.ended(5).0 else { panic!("{:?}", kept.ended(5)) };
    assert_eq!(reason.kind, ReasonKind::NoNodeForArchitecture);
    assert!(reason.text.contains("its parent has another architecture"), "{reason}");
    for id in [1, 2, 3] {
        assert_eq!(kept.printed(id), format!("{}\n", plan.hosts[id as usize].name).as_bytes());
    }
    assert!(kept.said().any(|(id, said)| id == 0 && matches!(said, HostEvent::GaveWay { .. })));
    nothing_is_left(&bed.fleet).await;
}

/// Waits until a file is there that a payload makes.
async fn made(file: &std::path::Path) {
    let until = Instant::now() + Duration::from_secs(20);
    while !file.exists() {
        assert!(Instant::now() < until, "{} was never made", file.display());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_cancel_does_not_wait_for_hosts_that_do_not_answer() {
    let builder = Fleet::builder().host("dc1", "a1").host("dc1", "a2").host("dc1", "a3");
    let bed = Bed::new(builder.with("a3", |host| host.hanging()));
    let plan = plan(&[("dc1", &["a1", "a2", "a3"])], 32);
    let (operator, control) = channel(1);
    let started = bed.fleet.home("a1").unwrap().join("started");
    let cancelled = async {
        made(&started).await;
        operator.send(Control::Cancel { by: None }).await.unwrap();
        Instant::now()
    };
    let text = "touch $HOME/started; exec sleep 100";
    let (kept, at) = tokio::join!(run_with(&bed, &plan, text, control), cancelled);
    assert!(at.elapsed() < Duration::from_secs(8), "the cancel took {:?}", at.elapsed());
    assert_eq!(*kept.ended(0).0, Outcome::Killed);
    assert!(matches!(kept.ended(2).0, Outcome::NotRun { .. } | Outcome::Unreachable { .. }), "{:?}", kept.ended(2));
    nothing_is_left(&bed.fleet).await;
}

#[tokio::test]
async fn an_operator_who_leaves_lets_the_payload_go_on() {
    let bed = Bed::new(Fleet::builder().host("dc1", "a1"));
    let plan = plan(&[("dc1", &["a1"])], 32);
    let (operator, control) = channel(1);
    let home = bed.fleet.home("a1").unwrap();
    let left = async {
        made(&home.join("started")).await;
        operator.send(Control::Leave).await.unwrap();
    };
    let text = "touch $HOME/started; while [ ! -e $HOME/go ]; do sleep 0.02; done; touch $HOME/ended";
    let (kept, ()) = tokio::join!(run_with(&bed, &plan, text, control), left);
    assert!(!kept.said().any(|(_, said)| matches!(said, HostEvent::Ended { .. })));
    std::fs::write(home.join("go"), "").unwrap();
    made(&home.join("ended")).await;
    nothing_is_left(&bed.fleet).await;
}

#[tokio::test]
async fn a_cut_link_is_made_again_and_the_payload_is_followed() {
    let bed = Bed::new(Fleet::builder().host("dc1", "a1").host("dc1", "a2"));
    let plan = plan(&[("dc1", &["a1", "a2"])], 32);
    let home = bed.fleet.home("a2").unwrap();
    let text = "echo run >>$HOME/started; [ $MCOM_HOST = a1 ] && exit; \
                while [ ! -e $HOME/go ]; do sleep 0.02; done; echo ended";
    let cut = async {
        made(&home.join("started")).await;
        bed.fleet.cut_links("a2").unwrap();
        std::fs::write(home.join("go"), "").unwrap();
    };
    let (kept, ()) = tokio::join!(run(&bed, &plan, text), cut);
    let said = |is: fn(&HostEvent) -> bool| kept.said().filter(|(id, said)| *id == 1 && is(said)).count();
    assert_eq!(said(|said| matches!(said, HostEvent::LinkLost { .. })), 1);
    assert_eq!(said(|said| matches!(said, HostEvent::Attached { .. })), 1);
    for id in 0..2 {
        assert_eq!(*kept.ended(id).0, Outcome::Ok);
    }
    assert_eq!(kept.printed(1), b"ended\n");
    assert_eq!(std::fs::read_to_string(home.join("started")).unwrap(), "run\n");
    nothing_is_left(&bed.fleet).await;
}
