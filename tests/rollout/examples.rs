//! The scripts in examples/rollouts do what their comments say, on any host, and undo it.

use crate::support::{Bench, Ran};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A host's home, for the examples to act in.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.path(name)).ok()
    }

    /// Runs an example as mcom does, and returns what it reported.
    fn run(&self, script: &str, env: &[(&str, &str)]) -> (Ran, Option<String>) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rollouts").join(script);
        let mut command = Command::new("sh");
        command.arg(path).env("HOME", self.0.path()).env("MCOM_RESULT", self.path("result")).stdin(Stdio::null());
        command.env_remove("MCOM_EXAMPLE_ROOT").env("MCOM_REASON", "CHG 7/1").envs(env.iter().copied());
        let _ = std::fs::remove_file(self.path("result"));
        let ran = command.output().unwrap().into();
        (ran, self.read("result").map(|result| result.trim().to_owned()))
    }

    #[track_caller]
    fn reports(&self, script: &str, result: &str) -> String {
        let (ran, reported) = self.run(script, &[]);
        let out = ran.expect(0).out;
        assert_eq!(reported.as_deref(), Some(result), "{out}");
        out
    }
}

const FILE: &str = "etc/nginx/conf.d/tls.conf";
const BACKUP: &str = "etc/nginx/conf.d/tls.conf.CHG_7_1.bak";

#[test]
fn the_change_is_made_once_and_undone_once() {
    let home = Home::new();
    let before = "# by hand\nserver_tokens on;\n";
    home.write(FILE, before);
    assert_eq!(home.reports("nginx-fix.sh", "changed"), "tls.conf changed, backup tls.conf.CHG_7_1.bak\n");
    let changed = home.read(FILE).unwrap();
    assert!(changed.starts_with("# by hand\nserver_tokens off;\n") && changed.contains("TLSv1.3;\n"), "{changed}");
    home.reports("nginx-fix.sh", "unchanged");
    assert_eq!((home.read(FILE), home.read(BACKUP)), (Some(changed.clone()), Some(before.to_owned())));
    home.reports("nginx-unfix.sh", "changed");
    assert_eq!((home.read(FILE), home.read(BACKUP)), (Some(before.to_owned()), None));
    home.reports("nginx-unfix.sh", "unchanged");
    home.reports("nginx-fix.sh", "changed");
    assert_eq!(home.read(FILE).unwrap(), changed, "and it can be made again");
}

#[test]
fn a_file_that_was_not_there_is_gone_after_an_undo() {
    let home = Home::new();
    home.reports("nginx-fix.sh", "changed");
    assert!(home.path(FILE).exists());
    home.reports("nginx-unfix.sh", "changed");
    let left: Vec<_> = std::fs::read_dir(home.path("etc/nginx/conf.d")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_not_valid_is_not_put_into_place() {
    let home = Home::new();
    home.write(FILE, "no directive\n");
    let (ran, reported) = home.run("nginx-fix.sh", &[]);
    assert!(ran.code != Some(0) && reported.is_none(), "{ran:?}");
    assert_eq!((home.read(FILE).unwrap(), home.read(BACKUP)), ("no directive\n".to_owned(), None));
}

#[test]
fn the_check_tells_well_from_sick_and_from_what_it_cannot_say() {
    let home = Home::new();
    let check = |home: &Home| home.run("check-nginx.sh", &[]).0;
    assert_eq!(check(&home).expect(0).out, "nginx is well\n");
    home.write("run/nginx.pid", &std::process::id().to_string());
    home.write("var/log/nginx/error.log", "[notice] signal process started\n");
    check(&home).expect(0);
    home.write("var/log/nginx/error.log", "[emerg] bind() to 0.0.0.0:443 failed\n[notice] exiting\n");
    assert_eq!(check(&home).expect(1).out, "[emerg] bind() to 0.0.0.0:443 failed\n");
    home.write("etc/nginx/maintenance", "new disks\n");
    assert_eq!(check(&home).expect(75).out, "in maintenance: new disks\n");
    std::fs::remove_file(home.path("etc/nginx/maintenance")).unwrap();
    std::fs::remove_file(home.path("var/log/nginx/error.log")).unwrap();
    home.write("run/nginx.pid", "999999999");
    assert_eq!(check(&home).expect(1).out, "nginx does not run: process 999999999 is gone\n");
}

#[test]
fn every_file_is_valid_and_means_what_it_says() {
    let bench = Bench::grid(1, 1);
    for (file, hosts, stages) in [("nginx-fix", 300, 4), ("try", 20, 4), ("restart", 20, 2)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rollouts").join(format!("{file}.toml"));
        let plan = bench.mcom(&["rollout", "plan", path.to_str().unwrap()]).expect(0).out;
        assert!(
            plan.contains(&format!(" on {hosts} hosts in ")) && plan.contains(&format!(" in {stages} stages")),
            "{plan}"
        );
    }
}

#[test]
fn a_host_that_needs_no_restart_gets_none() {
    let home = Home::new();
    let restart = format!("touch {}", home.path("restarted").display());
    let (ran, reported) = home.run("restart.sh", &[("MCOM_EXAMPLE_RESTART", &restart)]);
    assert_eq!((ran.code, reported), (Some(1), None), "{ran:?}");
    assert_eq!(ran.err, "no restart is due here\n");
}
