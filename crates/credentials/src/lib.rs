//! Who may log in where during a run, and what proves it. Pure: bytes in, verdicts out.
