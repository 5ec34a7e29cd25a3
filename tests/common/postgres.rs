//! A PostgreSQL of its own for a test: own data directory, a Unix socket and no port, run by a user without rights where the
//! tests run as root.

use super::PATIENCE;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A server, ended with the test.
pub struct Server {
    directory: TempDir,
    binaries: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// Starts one; `None`, with a line on standard error, where PostgreSQL is not installed. `make test` installs it, and there
    /// its absence fails.
    pub fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            let needed = std::env::var_os("CONSENTRY_NEEDS_POSTGRES").is_some();
            assert!(!needed, "PostgreSQL is not installed, and the Debian package `postgresql` should have been");
            eprintln!("SKIPPED (no PostgreSQL is installed): its tests");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let mut this = Self { directory, binaries, child: None };
        if is_superuser() {
            let status = Command::new("chown").arg(USER).arg(this.directory.path()).status().unwrap();
            assert!(status.success());
        }
        let data = this.data();
        let mut initdb = this.command("initdb");
        initdb.args(["--auth=trust", "--username=consentry", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
        let made = initdb.arg(data).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        this.go();
        Some(this)
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A program of it, as the user that may run it.
    fn command(&self, name: &str) -> Command {
        let program = self.binaries.join(name);
        let mut command = if is_superuser() {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={USER}"), &format!("--regid={USER}"), "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.directory.path()).env("LC_ALL", "C");
        command
    }

    /// Starts the server, and waits until it answers.
    pub fn go(&mut self) {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.directory.path().join("log")).unwrap();
        let mut server = self.command("postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(self.directory.path());
        server.args(["-c", "listen_addresses=", "-c", "max_connections=40"]);
        self.child = Some(server.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let begun = std::time::Instant::now();
        while !self.answers() {
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL did not start: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let mut ready = self.command("pg_isready");
        ready.arg("-h").arg(self.directory.path()).args(["-U", "consentry", "-d", "postgres", "-q"]);
        ready.status().unwrap().success()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Ends it as a crash of the machine would, or in order.
    pub fn stop(&mut self, in_order: bool) {
        let Some(mut child) = self.child.take() else { return };
        // SIGINT is its fast shutdown, SIGQUIT the immediate one, after which it recovers from its log.
        let signal = if in_order { "INT" } else { "QUIT" };
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status();
        assert!(sent.unwrap().success());
        child.wait().unwrap();
    }

    /// Freezes it with all its connections, or lets it go on.
    pub fn freeze(&self, is_frozen: bool) {
        let (signal, id) = (if is_frozen { "STOP" } else { "CONT" }, self.child.as_ref().unwrap().id());
        // Each connection has a process, which is a child of the server's.
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let script = format!("kill -{signal} {id} {children}");
        assert!(Command::new("sh").arg("-c").arg(script).status().unwrap().success());
    }

    /// A new, empty database; its address.
    pub fn database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.address("consentry", name)
    }

    /// The address of a database, as this user.
    pub fn address(&self, user: &str, database: &str) -> String {
        format!("postgres:///{database}?host={}&user={user}", self.directory.path().display())
    }

    /// What `psql` prints of it.
    pub fn sql(&self, database: &str, text: &str) -> String {
        let mut psql = self.command("psql");
        psql.arg("-h").arg(self.directory.path()).args([
            "-U",
            "consentry",
            "-d",
            database,
            "-v",
            "ON_ERROR_STOP=1",
            "-Atc",
        ]);
        let output = psql.arg(text).output().unwrap();
        assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- PostgreSQL said:\n{}", self.log());
        }
        self.stop(false);
    }
}

/// Debian's user for it.
const USER: &str = "postgres";

fn is_superuser() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Where Debian puts the newest version, or where `initdb` is.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).filter(|path| path.join("bin/initdb").exists());
    let newest = newest.max_by_key(|path| number(path)).map(|path| path.join("bin"));
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|directory| directory.join("initdb").exists())
    })
}
