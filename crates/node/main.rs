//! The program `mcom-node`: hands over to the library and exits with its code.

fn main() -> std::process::ExitCode {
    mcom_node::main()
}
