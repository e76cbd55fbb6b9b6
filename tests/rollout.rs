//! Rollouts: a change that goes through its stages, and everything that may happen to it on the way.

mod examples;
