//! Rollouts on real fleets: a change that goes through its stages, and everything that may happen to it on the way.
//!
//! | what happens | test |
//! |---|---|
//! | the whole life, with a gate | `life::*` |
//! | a bad canary: its payload fails, or it falls sick; a sick second stage; a check that cannot say | `bad::*`, `health::*` |
//! | the coordinator dies in a soak, in a stage, before a run has a record | `died::*` |
//! | pause, resume, approve, abort and undo, from this terminal and from others | `verbs::*`, `undo::*`, `attended::*` |
//! | another rollout, hosts that have the change, a closed window, keys that are gone, restarts | `world::*` |
//! | what is refused before any host is touched | `refused::*` |
//! | the files in examples/rollouts | `examples::*` |

mod attended;
mod bad;
mod change;
mod died;
mod examples;
mod health;
mod life;
mod refused;
mod undo;
mod verbs;
mod world;
