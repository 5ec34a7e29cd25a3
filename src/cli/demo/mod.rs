//! `consentry demo`: a small site with tags in every form, two third parties that count what reaches them, and the
//! gateway in front. Nothing leaves the machine, and nothing stays on it.

mod servers;

use super::CliError;
use crate::config::{Admin, AdminListen, Config, Store};
use crate::gateway::{self, Listening};
use clap::Args;
use pingora::services::listening::Service;
use servers::{ADS, ANALYTICS, Counters, Site, ThirdParties};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Flags of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the gateway serves; a free port by default
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
}

/// Serves until a signal ends it.
pub fn run(args: &DemoArgs) -> Result<ExitCode, CliError> {
    let directory = scratch()?;
    let done = serve(args, &directory);
    // The proofs of a demo are nobody's.
    let _ = std::fs::remove_dir_all(&directory);
    done.map(|()| ExitCode::SUCCESS)
}

fn serve(args: &DemoArgs, directory: &Path) -> Result<(), CliError> {
    std::fs::create_dir(directory.join("rules"))?;
    std::fs::create_dir(directory.join("rules/sites"))?;
    std::fs::write(directory.join("rules/sites/demo.toml"), include_str!("site.toml"))?;
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let (origin, third_parties) = (gateway::free_port(free)?, gateway::free_port(free)?);
    let counters = Arc::new(Counters::default());
    let mut config = Config::from_flags(args.listen, format!("http://{origin}").parse()?);
    config.rules = Some(directory.join("rules"));
    config.store = Store::Sqlite(directory.join("proofs.sqlite"));
    config.admin = Admin { listen: AdminListen::At(free), ..Admin::default() };
    config.limits.grace_seconds = 0;
    let mut site =
        Service::new("demo site".to_owned(), Site { third_parties: third_parties.port(), counters: counters.clone() });
    site.add_tcp(&origin.to_string());
    let mut others = Service::new("demo third parties".to_owned(), ThirdParties(counters.clone()));
    others.add_tcp(&third_parties.to_string());
    let told = counters.clone();
    let announce = move |listening: &Listening| tell(listening, third_parties.port(), told.clone());
    gateway::run_with(config, vec![Box::new(site), Box::new(others)], Box::new(announce))?;
    Ok(())
}

/// A directory that only this user can look into, and that no other demo uses.
fn scratch() -> Result<std::path::PathBuf, CliError> {
    use std::os::unix::fs::DirBuilderExt;
    let path = std::env::temp_dir().join(format!("consentry-demo-{}", uuid::Uuid::new_v4()));
    std::fs::DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}

/// Says what to do, then the counters whenever they change.
fn tell(listening: &Listening, port: u16, counters: Arc<Counters>) {
    let gateway = listening.gateways.first().cloned().unwrap_or_default();
    println!("Open {gateway}/ in a browser: a small site, seen through the gateway.");
    println!("Its tags point at http://{ANALYTICS}:{port} and http://{ADS}:{port}, both on this machine.");
    if let Some(admin) = &listening.admin {
        println!("The operator's view is at {admin}/status and {admin}/metrics.");
    }
    println!(
        "Requests that reached the third parties: analytics 0, ads 0. Answer in the page and watch them. Ctrl-C ends it."
    );
    std::thread::spawn(move || {
        let mut shown = (0, 0);
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let now = counters.read();
            if now != shown {
                println!("Requests that reached the third parties: analytics {}, ads {}", now.0, now.1);
                shown = now;
            }
        }
    });
}
