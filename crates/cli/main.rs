//! The program `mcom`: hands over to the library and exits with its code.

fn main() -> std::process::ExitCode {
    mcom_cli::main()
}
