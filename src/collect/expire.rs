//! `Set-Cookie` fields that end cookies: a browser keeps one apart for each name, domain, path and partition, and a server
//! sees the name alone, so each place where it can lie gets a field. `HttpOnly` ones end as well.

use http::HeaderValue;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// For whom cookies are ended.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The authority that the request was sent to.
    pub host: &'a str,
    /// The path that it asked for; cookies may lie at each of its folders.
    pub path: &'a str,
    /// Whether the site's scheme is `https`.
    pub secure: bool,
}

/// The fields, and how many were left out as too many.
#[derive(Debug, Default)]
pub struct Expiry {
    /// In the order in which they help most.
    pub fields: Vec<HeaderValue>,
    /// Those that did not find room.
    pub left_out: usize,
}

/// Longer names are no known ones.
const NAME_MAX: usize = 256;

/// More folders of a path than this are not tried.
const FOLDERS_MAX: usize = 4;

/// Ends these cookies, with their paths where those are known, in at most `room` bytes: proxies before us take heads of
/// some kilobytes. O(names × domains × paths).
pub fn expire(names: &[(Box<[u8]>, Vec<String>)], place: &Place<'_>, room: usize) -> Expiry {
    let domains = domains(place.host);
    let mut expiry = Expiry::default();
    let mut left = room;
    let mut add = |name: &[u8], path: &str, partitioned: bool| {
        let is_bound = name.starts_with(b"__Host-");
        if is_bound && path != "/" {
            return;
        }
        let domains = domains.iter().map(|domain| Some(*domain)).filter(|_| !is_bound);
        for domain in std::iter::once(None).chain(domains) {
            match field(name, path, domain, place.secure, partitioned).filter(|field| field.len() <= left) {
                Some(field) => {
                    left -= field.len();
                    expiry.fields.push(field);
                }
                None => expiry.left_out += 1,
            }
        }
    };
    let folders = folders(place.path);
    names.iter().for_each(|(name, _)| add(name, "/", false));
    names.iter().for_each(|(name, paths)| paths.iter().for_each(|path| add(name, path, false)));
    if place.secure {
        names.iter().for_each(|(name, _)| add(name, "/", true));
    }
    for (name, paths) in names {
        folders.iter().filter(|folder| !paths.contains(folder)).for_each(|folder| add(name, folder, false));
    }
    expiry
}

fn field(name: &[u8], path: &str, domain: Option<&str>, secure: bool, partitioned: bool) -> Option<HeaderValue> {
    if name.len() > NAME_MAX {
        return None;
    }
    let mut field = name.to_vec();
    field.extend(format!("=; Path={path}; Max-Age=0").into_bytes());
    domain.iter().for_each(|domain| field.extend(format!("; Domain={domain}").into_bytes()));
    // A partitioned cookie of a site that is framed by another is cross-site.
    let more = if partitioned { "; Secure; SameSite=None; Partitioned" } else { "; Secure" };
    field.extend(more.bytes().filter(|_| secure));
    HeaderValue::from_bytes(&field).ok()
}

/// What may stand in `Domain`: the host and its parents, down to what somebody could register (SPEC: RFC 6265 §5.3.5; the
/// list is the browsers', with its private part). None for addresses and names of one label.
fn domains(host: &str) -> Vec<&str> {
    let host =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(h, _)| h);
    let host = host.trim_end_matches('.');
    let is_name = host.parse::<std::net::IpAddr>().is_err() && !host.contains(|c: char| "[]; ,".contains(c));
    let Some(root) = is_name.then(|| psl::domain_str(host)).flatten() else { return Vec::new() };
    let mut domains = vec![host];
    while let Some((_, parent)) = domains.last().filter(|last| last.len() > root.len()).and_then(|d| d.split_once('.'))
    {
        domains.push(parent);
    }
    domains.reverse();
    domains
}

/// `/a/b/c` is below `/a` and `/a/b`; itself it is one as well.
fn folders(path: &str) -> Vec<String> {
    let is_plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b';');
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
    let mut folders: Vec<String> =
        ends.filter_map(|end| path.get(..end)).filter(|p| is_plain && p.len() > 1).map(str::to_owned).collect();
    folders.dedup();
    folders.truncate(FOLDERS_MAX);
    folders
}

/// At which paths, other than `/`, origins were seen to set known cookies: a request elsewhere does not show them, and
/// withdrawing must find them. Bounded; what does not fit is not remembered.
#[derive(Debug, Default)]
pub struct SeenPaths(Mutex<HashMap<SiteAndName, BTreeSet<String>>>);

type SiteAndName = (String, Box<[u8]>);

impl SeenPaths {
    const NAMES: usize = 1_024;
    const PATHS: usize = 4;
    const PATH_MAX: usize = 128;

    /// A response sets this cookie there.
    pub fn add(&self, site: &str, name: &[u8], path: String) {
        let is_plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b';');
        if path == "/" || path.len() > Self::PATH_MAX || name.len() > NAME_MAX || !is_plain {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, is_full) = ((site.to_owned(), name.into()), seen.len() >= Self::NAMES);
        match seen.get_mut(&key) {
            Some(paths) if paths.len() < Self::PATHS => drop(paths.insert(path)),
            None if !is_full => drop(seen.insert(key, BTreeSet::from([path]))),
            _ => {}
        }
    }

    /// What was seen on this site, of the cookies that `wanted` names.
    pub(super) fn of(&self, site: &str, wanted: impl Fn(&[u8]) -> bool) -> HashMap<Box<[u8]>, Vec<String>> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = seen.iter().filter(|((of, name), _)| of == site && wanted(name));
        here.map(|((_, name), paths)| (name.clone(), paths.iter().cloned().collect())).collect()
    }
}

#[cfg(test)]
mod tests;
