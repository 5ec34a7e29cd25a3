//! Recorded pages: which files, and the address that each had.

use crate::cli::CliError;
use std::path::{Path, PathBuf};
use url::Url;

/// A page in a file.
#[derive(Debug)]
pub(super) struct Recorded {
    /// The file.
    pub(super) file: PathBuf,
    /// The address that it had.
    pub(super) url: Url,
    pub(super) html: Vec<u8>,
}

/// How far from the beginning a browser's note is looked for.
const NOTE: usize = 1024;
/// How deep folders may stand in each other.
const DEEPEST: usize = 32;

/// The pages in these files, and in `.html` and `.htm` files of these folders and of those below them; sorted.
pub(super) fn read(paths: &[PathBuf], base: Option<&Url>) -> Result<Vec<Recorded>, CliError> {
    let mut pages = Vec::new();
    for path in paths {
        let mut files = Vec::new();
        if path.is_dir() {
            files_below(path, DEEPEST, &mut files)?;
            files.sort();
        } else {
            files.push(path.clone());
        }
        for file in files {
            let html = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let below = file.strip_prefix(path).ok().filter(|below| !below.as_os_str().is_empty());
            let below = below.map_or_else(|| PathBuf::from(file.file_name().unwrap_or_default()), Path::to_owned);
            let url = address(&below, base, &html).map_err(|problem| format!("{}: {problem}", file.display()))?;
            pages.push(Recorded { file, url, html });
        }
    }
    if pages.is_empty() { Err("no pages: neither a file nor a folder with .html files".into()) } else { Ok(pages) }
}

fn files_below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in folder.read_dir().map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(wrong)?);
        let is_page = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm"));
        // Links may lead round in circles.
        if kind.is_dir() && depth > 0 {
            files_below(&path, depth - 1, files)?;
        } else if !kind.is_dir() && is_page {
            files.push(path);
        }
    }
    Ok(())
}

/// The address of a page: what a browser noted when it saved it; else `base` and the path below the folder; else, where
/// the first folder is a host's name, as mirroring tools write it, that host and the rest.
fn address(below: &Path, base: Option<&Url>, html: &[u8]) -> Result<Url, String> {
    if let Some(url) = noted(html) {
        return Ok(url);
    }
    let path = below.iter().map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>();
    if let Some(base) = base {
        return base.join(&path.join("/")).map_err(|error| error.to_string());
    }
    let host = path.first().filter(|first| path.len() > 1 && first.contains('.'));
    let url = host.and_then(|_| format!("https://{}", path.join("/")).parse::<Url>().ok());
    url.ok_or_else(|| "whose page it is cannot be told; say it with --url-of https://…/".to_owned())
}

/// `<!-- saved from url=(0021)https://shop.example/ -->`, in the first lines of a page that a browser has saved.
fn noted(html: &[u8]) -> Option<Url> {
    let head = html.get(..NOTE).unwrap_or(html);
    let at = memchr::memmem::find(head, b"saved from url=(")?;
    let note = head.get(at..)?;
    let start = memchr::memchr(b')', note)? + 1;
    let end = note.iter().skip(start).position(|b| b.is_ascii_whitespace())?;
    let url = std::str::from_utf8(note.get(start..start + end)?).ok()?.parse::<Url>().ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_s_address_is_noted_said_or_in_its_folders() {
        let base: Url = "http://base.example/shop/".parse().unwrap();
        let note = b"<!DOCTYPE html>\n<!-- saved from url=(0023)https://noted.example/a?b -->\n<html>";
        for (below, base, html, expected) in [
            ("x.html", Some(&base), &note[..], Some("https://noted.example/a?b")),
            ("x/y.html", Some(&base), b"", Some("http://base.example/shop/x/y.html")),
            ("shop.example/a/b.html", None, b"", Some("https://shop.example/a/b.html")),
            (
                "shop.example/a.html",
                None,
                b"<!-- saved from url=(0014)about:internet -->",
                Some("https://shop.example/a.html"),
            ),
            ("pages/a.html", None, b"", None),
            ("a.example.html", None, b"", None),
        ] {
            let found = address(Path::new(below), base, html).ok();
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{below}");
        }
    }

    #[test]
    fn folders_are_read_to_their_ends_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("b.example/x")).unwrap();
        for name in ["b.example/x/1.html", "b.example/0.HTM", "b.example/no.txt"] {
            std::fs::write(folder.path().join(name), "<p>").unwrap();
        }
        let pages = read(&[folder.path().to_owned()], None).unwrap();
        let urls: Vec<&str> = pages.iter().map(|page| page.url.as_str()).collect();
        assert_eq!(urls, ["https://b.example/0.HTM", "https://b.example/x/1.html"]);
        assert!(read(&[folder.path().join("nothing")], None).is_err());
        assert!(read(&[], None).is_err());
    }
}
