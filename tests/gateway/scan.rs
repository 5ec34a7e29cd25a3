//! `consentry scan` against a site on loopback, beside another that must never be asked.

use crate::common::origin::{Origin, Seen, ok, response};
use crate::pages::{HTML, PIXEL, page, script};
use std::path::Path;
use std::process::Command;

/// A site of some pages; `other` is where it links to and leads away to.
fn site(robots: &'static str, other: &Origin) -> Origin {
    let other = other.url();
    Origin::answering(move |request: &Seen| {
        let links = format!(
            "<a href=/a>a</a><a href=/b#x>b</a><a href=/b>b</a><a href=/private/x>p</a><a href={other}/away>o</a><a href=/moved>m</a>\
             <a href=/leaves>l</a><a href=/data>d</a><a href=/missing>n</a><img src=https://cdn.new.example/i/12345.png>{}",
            script(PIXEL)
        );
        let moved = |to: &str| response(request, "302 Found", &[&format!("Location: {to}")], b"");
        match request.target.as_str() {
            "/robots.txt" if robots == "fails" => response(request, "500 Internal Server Error", &[], b""),
            "/robots.txt" if robots.is_empty() => response(request, "404 Not Found", &[], b""),
            "/robots.txt" => ok(request, &["Content-Type: text/plain"], robots.as_bytes()),
            "/" => ok(request, &[HTML, "Set-Cookie: basket=1", "Set-Cookie: _ga=GA1.1"], page(&links).as_bytes()),
            "/a" => {
                ok(request, &[HTML], page("<script src=//cdn.new.example/b.js></script><a href=/deep>d</a>").as_bytes())
            }
            "/b" | "/deep" => ok(request, &[HTML], page("<p>nothing").as_bytes()),
            "/moved" => moved("/b"),
            "/leaves" => moved(&format!("{other}/target")),
            "/data" => ok(request, &["Content-Type: application/json"], b"{}"),
            _ => response(request, "404 Not Found", &[HTML], b"gone"),
        }
    })
}

struct Said {
    code: Option<i32>,
    text: String,
    errors: String,
}

fn scan(directory: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.arg("scan").args(arguments).current_dir(directory).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), text: text(output.stdout), errors: text(output.stderr) }
}

fn targets(origin: &Origin) -> Vec<String> {
    origin.seen().into_iter().map(|seen| seen.target).collect()
}

#[test]
fn it_reads_the_pages_of_one_origin_within_its_robots_and_asks_nobody_else() {
    let other = Origin::page("never");
    let origin = site("User-agent: *\nDisallow: /\n\nUser-agent: consentry\nDisallow: /private/\n", &other);
    let directory = tempfile::tempdir().unwrap();
    let said = scan(directory.path(), &[&origin.url(), "--delay", "1", "--contact", "ops@site.example"]);
    assert_eq!(said.code, Some(0), "{}", said.errors);
    assert_eq!(
        targets(&origin),
        ["/robots.txt", "/", "/a", "/b", "/moved", "/b", "/leaves", "/data", "/missing", "/deep"]
    );
    assert_eq!(other.connections(), 0, "another origin was asked");
    for seen in origin.seen() {
        let agent = seen.fields.get("user-agent").unwrap();
        assert!(agent.starts_with("consentry/") && agent.contains("(scan; ops@site.example)"), "{agent}");
        assert!(!seen.fields.has("cookie"));
    }
    for line in [
        "4 pages read; robots.txt keeps from 1; 0 more are known\n",
        "/missing: answered 404 Not Found\n",
        "third parties that no rule knows: 1\n  cdn.new.example: 2 references on 2 pages, as script, image\n      /b.js\n      /i/*.png\n",
        "\nmarketing\n  meta-pixel: 1 tags on 1 pages\n",
        "\nstatistics\n  google-analytics: 0 tags on 0 pages\n",
        "\ncookies that no rule knows: basket\n",
    ] {
        assert!(said.text.contains(line), "{line} is not in {}", said.text);
    }
    assert!(
        said.text.find("no rule knows").unwrap() < said.text.find("meta-pixel").unwrap(),
        "unknown ones come first"
    );
    assert!(said.text.contains("which is not asked"), "{}", said.text);
}

#[test]
fn it_ends_at_the_limit_and_asks_nothing_of_a_site_whose_robots_cannot_be_read() {
    let other = Origin::page("never");
    let directory = tempfile::tempdir().unwrap();
    let origin = site("", &other);
    let said = scan(directory.path(), &[&origin.url(), "--delay", "0", "--pages", "2", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!((&told["pages"], &told["unknown"][0]["host"]), (&2.into(), &"cdn.new.example".into()));
    assert!(told["left"].as_u64().unwrap() > 2, "{told}");
    assert_eq!(targets(&origin), ["/robots.txt", "/", "/a"]);
    let fails = site("fails", &other);
    let said = scan(directory.path(), &[&fails.url(), "--delay", "0"]);
    assert!(said.text.starts_with("0 pages read; robots.txt keeps from 1"), "{}", said.text);
    assert!(
        said.text.contains("/robots.txt: answered 500 Internal Server Error; without it nothing is read\n"),
        "{}",
        said.text
    );
    assert_eq!(targets(&fails), ["/robots.txt"]);
    let said = scan(directory.path(), &[&origin.url(), &other.url()]);
    assert!(said.code == Some(1) && said.errors.contains("another origin"), "{}", said.errors);
    assert_eq!(other.connections(), 0);
}

#[test]
fn it_writes_a_rule_file_that_check_accepts_and_never_over_another() {
    let other = Origin::page("never");
    let origin = site("", &other);
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("rules/sites")).unwrap();
    let arguments = [origin.url(), "--delay".into(), "0".into(), "--write".into(), "rules/sites/shop.toml".into()];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(scan(directory.path(), &arguments).code, Some(0));
    let file = directory.path().join("rules/sites/shop.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    for line in [
        "hosts = [\"127.0.0.1\"]\n",
        "shown = [\"meta-pixel\", \"google-analytics\"]\n",
        "hosts = [\"cdn.new.example\"]\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let mut check = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = check.args(["check", "rules"]).current_dir(directory.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let asked = origin.seen().len();
    let again = scan(directory.path(), &arguments);
    assert!(again.code == Some(1) && again.errors.contains("is there already"), "{}", again.errors);
    assert_eq!(
        (origin.seen().len(), std::fs::read_to_string(&file).unwrap()),
        (asked, text),
        "nothing was asked or written"
    );
}
