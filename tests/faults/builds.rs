//! Two builds of mcom, one after the other: the node of the old one is on the hosts, and a run of it goes on there.

use crate::scene::{Part, Scene};
use crate::support::MCOM;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The program with a node of another digest: a few bytes behind its end are nobody's.
fn another_build(folder: &Path) -> PathBuf {
    let (program, node) = (folder.join("mcom"), folder.join("mcom-node"));
    std::fs::create_dir(folder).unwrap();
    std::fs::copy(MCOM, &program).unwrap();
    std::fs::copy(Path::new(MCOM).with_file_name("mcom-node"), &node).unwrap();
    std::fs::File::options().append(true).open(&node).unwrap().write_all(b"another build\n").unwrap();
    program
}

#[test]
fn a_run_in_flight_is_finished_by_the_node_that_began_it() {
    let scene = Scene::grid(1, 3).warm();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &["-h", "*", "--width", "1"], &gate.shell());
    run.wait("started", 3);
    run.kill();
    let supervisors =
        |scene: &Scene| -> Vec<_> { run.hosts().iter().flat_map(|host| scene.part(host, Part::Supervisor)).collect() };
    let began = supervisors(&scene);
    assert_eq!(began.len(), 3);

    let mut resume = scene.bench.fleet.command(another_build(&scene.bench.path("other")));
    resume.args(["resume", &run.id(), "-O", "none"]).env("XDG_STATE_HOME", &run.state).env("MCOM_TIMER_PERCENT", "20");
    let mut resume = resume.stderr(std::process::Stdio::null()).spawn().unwrap();
    run.wait("attached", 3);
    assert_eq!(supervisors(&scene), began, "the same processes see to it to the end");
    gate.open();
    assert!(resume.wait().unwrap().success());

    let shipped = run.events().iter().filter(|event| event["node_shipped"] == true).count();
    assert_eq!(shipped, 3, "each host got the other node");
    for host in run.hosts() {
        let nodes = std::fs::read_dir(scene.bench.fleet.spool(&host).unwrap().join("node")).unwrap().count();
        assert_eq!(nodes, 2, "{host} has both, by their digests");
    }
    assert_eq!(run.tally()["ok"], 3);
    scene.check(&run);
}
