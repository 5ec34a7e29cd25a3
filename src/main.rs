//! The `consentry` command: arguments go to [`consentry::cli`].

fn main() -> std::process::ExitCode {
    consentry::cli::main()
}
