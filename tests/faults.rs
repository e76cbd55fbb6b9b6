//! Every fault that a run must survive, made to happen to the real programs.
//!
//! | fault | test here | or |
//! |---|---|---|
//! | link cut after any number of bytes | `links::cut_after_any_number_of_bytes` | simulator, crash points |
//! | coordinator killed at any point | `coordinator::killed_at_any_point` | simulator |
//! | parent killed | `parents::killed_in_a_deep_tree`, `parents::turned_off_and_on` | |
//! | parent stopped for 60 s and continued | `parents::stopped_for_a_minute_and_continued` | |
//! | supervisor or payload killed | `host::payload_killed`, `host::supervisor_killed` | `crates/driver/tests/supervisor/faults.rs` |
//! | reboot before or after the receipt | `host::rebooted_before_the_receipt`, `host::rebooted_after_the_receipt` | |
//! | spool full, read-only, out of inodes, noexec | `spool::*` | `crates/driver/tests/supervisor` |
//! | slow reader, a hundred that print without end | | `readers::*`, `bounded::*`, simulator |
//! | one-way partition | `links::partition_and_heal` | |
//! | resets | `links::reset_in_the_middle` | |
//! | 5-20 % loss, 200 ms, 1 Mbit/s | `links::late_narrow_and_lossy` | |
//! | clock jumps, skewed hosts | | simulator: `fault: clock jumped`; no host reads another's clock |
//! | two operators at once | `host::two_operators` | |
//! | child that keeps the output open | `host::output_kept_open` | |
//! | sshd limits, noise, odd shells, no `/proc` | `sshd::*` | `crates/driver/tests/bootstrap.rs` |
//! | old node on the host | `builds::a_run_in_flight_is_finished_by_the_node_that_began_it` | |

mod builds;
mod coordinator;
mod host;
mod links;
mod parents;
mod spool;
mod sshd;
