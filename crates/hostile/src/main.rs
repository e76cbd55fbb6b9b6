//! The program that stands in a node's place on a captured host: hands over to the library.

fn main() -> std::process::ExitCode {
    mcom_hostile::captured()
}
