//! The `consentry` command: one file per subcommand.

pub mod check;
pub mod decode;
pub mod demo;
pub mod diff;
pub mod edge;
pub mod encode;
pub mod explain;
mod fetch;
pub mod proofs;
pub mod run;
pub mod scan;
pub mod schema;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "consentry", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve: with a configuration file, or with flags only
    Run(Box<run::RunArgs>),
    /// See it work: a small site with tags, two counting third parties, and the gateway in front
    Demo(demo::DemoArgs),
    /// Check rule files: every problem with its file, line, key and what would be right
    Check(check::CheckArgs),
    /// Print the JSON Schema of the rule files, for editors
    Schema(schema::SchemaArgs),
    /// Say what a consent string means
    Decode(decode::DecodeArgs),
    /// Write a consent string or cookie value from JSON
    Encode(encode::EncodeArgs),
    /// Say what happens to each tag of a page, and why
    Explain(Box<explain::ExplainArgs>),
    /// Print the configuration of a cache before the gateway, from a site's rules
    Edge(Box<edge::EdgeArgs>),
    /// Say what a change of the rules does to recorded pages
    Diff(diff::DiffArgs),
    /// Crawl a live site's pages, slowly, and list the third parties that they lead to
    Scan(scan::ScanArgs),
    /// Check, show and export the proofs of visitors' answers
    Proofs(proofs::ProofsArgs),
}

/// What a subcommand fails with: a sentence for the operator.
pub type CliError = Box<dyn std::error::Error + Send + Sync>;

/// Reads the arguments and does what they say. 0: done; 1: it failed, with a line on standard error; 2: wrong arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let done = match arguments.command {
        Command::Run(args) => run::run(*args),
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => Ok(check::run(&args)),
        Command::Schema(args) => schema::run(&args),
        Command::Decode(args) => decode::run(args),
        Command::Encode(args) => encode::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Edge(args) => edge::run(&args),
        Command::Diff(args) => Ok(diff::run(&args)),
        Command::Scan(args) => scan::run(&args),
        Command::Proofs(args) => proofs::run(args),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("consentry: {error}");
            ExitCode::FAILURE
        }
    }
}
