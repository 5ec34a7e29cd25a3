//! The `consentry` command: arguments go to [`consentry::cli`].

/// PERF: a proxied request makes some hundred small allocations; this allocator takes about a tenth off a request's cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    consentry::cli::main()
}
