//! The program itself, started on free ports in a directory of its own and ended with the test.

use super::PATIENCE;
use super::h1::Client;
use super::message::Answer;
use super::origin::Origin;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// What a browser sends when a person follows a link.
pub const NAVIGATION: [&str; 3] =
    ["Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate"];

/// A running gateway.
pub struct Gateway {
    child: Child,
    /// Where it serves: the first listener, and all of them in the configuration's order.
    pub address: SocketAddr,
    /// All listeners.
    pub listeners: Vec<SocketAddr>,
    /// The operator's listener, if there is one.
    pub admin: Option<SocketAddr>,
    directory: Arc<TempDir>,
    log: Arc<Mutex<String>>,
}

/// A program that has ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it said on standard error.
    pub errors: String,
}

impl Gateway {
    /// The embedded catalogue, one origin, every Host, HTTP/1 and HTTP/2 on one port; no operator's listener, no store.
    pub fn before(origin: &Origin) -> Self {
        Self::configured("", &[origin], &[])
    }

    /// Flags only, these besides `--listen` and `--origin`; `--admin` and `--store` are off unless given.
    pub fn with_flags(origin: &str, flags: &[&str]) -> Self {
        let mut arguments = vec!["run", "--listen", "127.0.0.1:0", "--origin", origin];
        arguments.extend(flags);
        for name in ["--admin", "--store"] {
            if !flags.contains(&name) {
                arguments.extend([name, "off"]);
            }
        }
        let admin = flags.windows(2).any(|pair| pair[0] == "--admin" && pair[1] != "off");
        Self::start(directory(&[]), &arguments, 1, admin)
    }

    /// With this `consentry.toml` and these files (paths relative to it). Where the text says `{origin}` the origin's URL
    /// stands; `format`, the listener, the admin listener and the store are there unless the text says others.
    pub fn configured(config: &str, origins: &[&Origin], files: &[(&str, &str)]) -> Self {
        let text = complete(config, origins);
        let (listeners, admin) = (text.matches("[[listen]]").count(), !text.contains("listen = \"off\""));
        let directory = directory(files);
        std::fs::write(directory.path().join("consentry.toml"), text).unwrap();
        Self::start(directory, &["run", "--config", "consentry.toml"], listeners, admin)
    }

    /// [`Self::configured`], as the last arguments of a command that runs it in its own place.
    pub fn under(wrapper: &[&str], config: &str, origins: &[&Origin]) -> Self {
        let text = complete(config, origins);
        let (listeners, admin) = (text.matches("[[listen]]").count(), !text.contains("listen = \"off\""));
        let directory = directory(&[("consentry.toml", &text)]);
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).args([env!("CARGO_BIN_EXE_consentry"), "run", "--config", "consentry.toml"]);
        in_directory(&mut command, directory.path());
        Self::spawn(directory, command, listeners, admin)
    }

    fn start(directory: TempDir, arguments: &[&str], listeners: usize, admin: bool) -> Self {
        let command = command(directory.path(), arguments);
        Self::spawn(directory, command, listeners, admin)
    }

    fn spawn(directory: TempDir, mut command: Command, listeners: usize, admin: bool) -> Self {
        let mut child = command.spawn().unwrap();
        let log: Arc<Mutex<String>> = Arc::default();
        let (lines, _) = follow(&mut child, &log);
        let mut this = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            listeners: Vec::new(),
            admin: None,
            directory: Arc::new(directory),
            log,
        };
        while this.listeners.len() < listeners || this.admin.is_some() != admin {
            let line = match lines.recv_timeout(PATIENCE) {
                Ok(line) => line,
                Err(_) => panic!("the gateway did not start: {:?}", this.child.try_wait()),
            };
            let Some((_, authority)) = line.split_once("://") else { continue };
            let authority = authority.split(['/', ' ']).next().unwrap_or_default();
            let Ok(address) = authority.parse() else { continue };
            if line.contains("operator") { this.admin = Some(address) } else { this.listeners.push(address) }
        }
        this.address = this.listeners[0];
        this
    }

    /// A new connection.
    pub fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// Asks on a connection of its own.
    pub fn ask(&self, method: &str, target: &str, fields: &[&str]) -> Answer {
        self.client().ask(method, target, fields)
    }

    /// Follows a link, on a connection of its own.
    pub fn visit(&self, target: &str) -> Answer {
        self.visit_with(target, &[])
    }

    /// Follows a link with more fields.
    pub fn visit_with(&self, target: &str, fields: &[&str]) -> Answer {
        self.ask("GET", target, &[&NAVIGATION, fields].concat())
    }

    /// Answers the question of the site `host`; the `Cookie` field that the visitor has afterwards.
    pub fn answer_consent(&self, host: &str, categories: &[(&str, bool)]) -> String {
        let categories: Vec<String> = categories.iter().map(|(name, yes)| format!("\"{name}\":{yes}")).collect();
        let body = format!(
            "{{\"categories\":{{{}}},\"services\":{{}},\"layer\":\"second\",\"button\":\"save\",\"language\":\"en\"}}",
            categories.join(",")
        );
        let fields = [
            &format!("Host: {host}"),
            &format!("Origin: http://{host}"),
            "Sec-Fetch-Site: same-origin",
            "Content-Type: application/json",
            &format!("Content-Length: {}", body.len()),
        ];
        let mut client = self.client();
        client.send([super::h1::request("POST", "/_c/consent", &fields), body.into_bytes()].concat());
        let answer = client.answer("POST").whole();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let cookies = answer.head.fields.all("set-cookie");
        let pairs: Vec<&str> = cookies.iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
        assert!(!pairs.is_empty(), "no cookie was set");
        format!("Cookie: {}", pairs.join("; "))
    }

    /// Asks the operator's listener.
    pub fn ask_admin(&self, method: &str, path: &str, fields: &[&str]) -> Answer {
        let address = self.admin.unwrap();
        let host = format!("Host: {address}");
        let mut all = vec!["Content-Length: 0", "Connection: close"];
        if !fields.iter().any(|field| field.to_ascii_lowercase().starts_with("host:")) {
            all.push(&host);
        }
        all.extend(fields);
        Client::connect(address).ask(method, path, &all).whole()
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A file of its directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status();
        assert!(sent.unwrap().success());
    }

    /// Whether it runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        super::eventually("the gateway's end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// What it said on standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its resident memory, in kB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the gateway said:\n{}", self.log());
        }
    }
}

/// Runs the program to its end in a directory with these files.
pub fn run_to_end(arguments: &[&str], files: &[(&str, &str)]) -> Ended {
    let directory = directory(files);
    let mut child = command(directory.path(), arguments).spawn().unwrap();
    let log: Arc<Mutex<String>> = Arc::default();
    let (lines, errors) = follow(&mut child, &log);
    let mut code = None;
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        super::eventually("the program's end", || {
            code = child.try_wait().unwrap();
            code.is_some()
        });
    }));
    if ended.is_err() {
        // It must not outlive the test that waited for its end.
        let _ = child.kill();
        panic!("{arguments:?} did not end: {}", log.lock().unwrap());
    }
    errors.join().unwrap();
    let said: Vec<String> = lines.iter().collect();
    let errors = format!("{}{}", log.lock().unwrap(), said.join("\n"));
    Ended { code: code.unwrap().code(), errors }
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    command.args(arguments);
    in_directory(&mut command, directory);
    command
}

/// Both its outputs are ours to read.
fn in_directory(command: &mut Command, directory: &Path) {
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
}

/// Lines of standard output as they come; standard error is kept in `log`, and both are read to their end so that the
/// program never waits for us.
fn follow(child: &mut Child, log: &Arc<Mutex<String>>) -> (Receiver<String>, JoinHandle<()>) {
    let (sender, lines) = channel();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let log = log.clone();
    let errors = std::thread::spawn(move || {
        for line in BufReader::new(err).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    (lines, errors)
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// Fills in what most tests do not care about. Top-level keys of `config` stay before the first table.
fn complete(config: &str, origins: &[&Origin]) -> String {
    let mut top = String::from("format = 1\nworkers = 2\n");
    let mut tables = String::new();
    if !config.contains("store") {
        top.push_str("store = \"off\"\n");
    }
    if !config.contains("[[listen]]") {
        tables.push_str("\n[[listen]]\naddress = \"127.0.0.1:0\"\nh2c = true\n");
    }
    if !config.contains("[admin]") {
        tables.push_str("\n[admin]\nlisten = \"off\"\n");
    }
    if !config.contains("[origins") {
        for (number, origin) in origins.iter().enumerate() {
            let name = if number == 0 { "main".to_owned() } else { format!("other{number}") };
            tables.push_str(&format!("\n[origins.{name}]\nurl = \"{}\"\n", origin.url()));
        }
    }
    let filled = origins.first().map_or_else(|| config.to_owned(), |o| config.replace("{origin}", &o.url()));
    format!("{top}{filled}\n{tables}")
}
