//! Varnish or nginx on a free port, in a directory of its own, ended with the test.

use crate::common::eventually;
use crate::common::gateway::Gateway;
use crate::common::h1::Client;
use crate::common::origin::Origin;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The caches that are Debian packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Varnish,
    Nginx,
}

/// A running cache with a gateway and an origin behind it.
pub struct Cache {
    child: Child,
    pub address: SocketAddr,
    pub gateway: Gateway,
    pub origin: Origin,
    _directory: TempDir,
}

/// The gateway's side of it: the cache is believed, and says where visitors are.
pub const CONFIG: &str =
    "rules = \"rules\"\ntrusted_peers = [\"127.0.0.1\"]\nregion_headers = [\"X-Country\", \"X-State\"]";

/// Where the program is; `None`, counted as skipped, when the package is not installed. In CI it must be.
pub fn program(kind: Kind) -> Option<&'static str> {
    let candidates = match kind {
        Kind::Varnish => ["/usr/sbin/varnishd", "/usr/local/sbin/varnishd"],
        Kind::Nginx => ["/usr/sbin/nginx", "/usr/local/sbin/nginx"],
    };
    let found = candidates.into_iter().find(|path| Path::new(path).exists());
    if found.is_none() {
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!in_ci, "{kind:?} is not installed; scripts/tools installs it");
        eprintln!("SKIPPED ({kind:?} is not installed)");
    }
    found
}

impl Cache {
    /// Before a gateway with this site, before this origin; `None` when it is not installed.
    pub fn before(kind: Kind, origin: Origin, site: &str) -> Option<Self> {
        let program = program(kind)?;
        let gateway = Gateway::configured(CONFIG, &[&origin], &[("rules/sites/shop.toml", site)]);
        let directory = tempfile::tempdir().unwrap();
        let address = free_address();
        let child = match kind {
            Kind::Varnish => varnish(program, &gateway, address, directory.path()),
            Kind::Nginx => nginx(program, &gateway, address, directory.path()),
        };
        let mut cache = Self { child, address, gateway, origin, _directory: directory };
        eventually("the cache listens", || {
            assert!(cache.child.try_wait().unwrap().is_none(), "{kind:?} ended");
            TcpStream::connect(address).is_ok()
        });
        Some(cache)
    }

    pub fn client(&self) -> Client {
        Client::connect(self.address)
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        // Both end their workers when the parent is told to end.
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Free now; the next that asks for one gets another.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// What `consentry edge` prints.
pub fn printed(arguments: &[&str], directory: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.arg("edge").args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn print_to(file: &Path, gateway: &Gateway, arguments: &[&str]) {
    let address = gateway.address.to_string();
    let all =
        [arguments, &["--gateway", &address, "--region-header", "X-Country", "--region-header", "X-State"]].concat();
    std::fs::write(file, printed(&all, gateway.directory())).unwrap();
}

fn varnish(program: &str, gateway: &Gateway, address: SocketAddr, directory: &Path) -> Child {
    let file = directory.join("consentry.vcl");
    print_to(&file, gateway, &["varnish"]);
    let mut command = Command::new(program);
    command.arg("-F").arg("-n").arg(directory.join("work")).arg("-f").arg(&file);
    command.args(["-a", &address.to_string(), "-s", "default,64m", "-t", "0"]);
    // No jail: the directory is this test's, whoever runs it.
    command.args(["-j", "none", "-p", "thread_pool_min=5"]);
    spawn(command)
}

fn nginx(program: &str, gateway: &Gateway, address: SocketAddr, directory: &Path) -> Child {
    let printed = directory.join("consentry.conf");
    let (listen, kept) = (address.to_string(), directory.join("kept"));
    print_to(&printed, gateway, &["nginx", "--listen", &listen, "--cache", kept.to_str().unwrap()]);
    let here = directory.display();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {here}/{name};\n"))
        .concat();
    let main = directory.join("nginx.conf");
    let text = format!(
        "daemon off;\nworker_processes 2;\npid {here}/nginx.pid;\nerror_log {here}/error.log;\nevents {{}}\n\
         http {{\n    access_log off;\n    keepalive_requests 100000;\n{paths}    include {};\n}}\n",
        printed.display()
    );
    std::fs::write(&main, text).unwrap();
    let mut command = Command::new(program);
    // Its workers keep the user that starts it, and with it the directory.
    let user = if is_root() { "user root;" } else { "" };
    command.arg("-p").arg(directory).arg("-c").arg(&main).args(["-g", user]);
    spawn(command)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
