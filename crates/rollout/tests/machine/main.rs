//! The machine from outside: every verb in every state, any inputs in any order, and a process that dies after any line.

mod dead;
mod life;
mod properties;
mod verbs;
