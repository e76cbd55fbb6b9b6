//! The question after the first interrupt, asked and answered at the terminal of the run.

use std::fs::File;
use std::io::{BufRead, BufReader};
use tokio::sync::mpsc::UnboundedSender;

/// What is asked.
pub(super) const TEXT: &str = "interrupted: nothing new starts, what runs goes on\n\
                               Enter: wait for it    c: cancel, end it    d: detach, mcom resume goes on";

/// What is said to an answer that is none of these.
pub(super) const UNCLEAR: &str = "that is no answer here: Enter (wait), c (cancel) or d (detach)";

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Wait for what runs.
    Wait,
    /// End what runs.
    Cancel,
    /// Leave it alone.
    Detach,
    /// Something else.
    Unclear,
}

/// Listens for answers at the terminal. False where there is none, or another process has it: nobody can be asked.
pub(super) fn ask(answers: &UnboundedSender<Answer>) -> bool {
    let Ok(terminal) = File::open("/dev/tty") else { return false };
    // A process in the background that reads the terminal is stopped.
    if rustix::termios::tcgetpgrp(&terminal) != Ok(rustix::process::getpgrp()) {
        return false;
    }
    let answers = answers.clone();
    // Not a task of the event loop, whose end would wait for a line that nobody types.
    std::thread::Builder::new().name("question".to_owned()).spawn(move || listen(terminal, &answers)).is_ok()
}

/// Reads lines until one is understood.
fn listen(terminal: File, answers: &UnboundedSender<Answer>) {
    for line in BufReader::new(terminal).lines().map_while(Result::ok) {
        let answer = understood(&line);
        if answers.send(answer).is_err() || answer != Answer::Unclear {
            return;
        }
    }
}

fn understood(line: &str) -> Answer {
    match line.trim().to_lowercase().as_str() {
        "" | "w" | "wait" => Answer::Wait,
        "c" | "cancel" => Answer::Cancel,
        "d" | "detach" => Answer::Detach,
        _ => Answer::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_fits_a_narrow_terminal() {
        assert!(TEXT.lines().chain(UNCLEAR.lines()).all(|line| line.len() < 80));
    }

    #[test]
    fn an_answer_is_a_letter_a_word_or_nothing() {
        for (line, answer) in [
            ("", Answer::Wait),
            ("wait", Answer::Wait),
            (" C ", Answer::Cancel),
            ("cancel", Answer::Cancel),
            ("d", Answer::Detach),
            ("yes", Answer::Unclear),
        ] {
            assert_eq!(understood(line), answer, "{line:?}");
        }
    }
}
