//! Black-box tests of the programs, one module per verb.
