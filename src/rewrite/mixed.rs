//! Inline scripts that hold both the page's own code and a tag's: they run, and the guard judges what they insert.
//!
//! A script that is made inert as a whole takes the functions with it that later scripts of the page call. Where the guard
//! stands before it, knows every host that the script's text names, and the script declares functions of its own, it stays
//! live instead. One statement before its text stops it where the guard is not at work (an extension, a policy).

use super::script::Code;
use crate::policy::{Service, ServiceId, Site};
use memchr::memmem;

/// What stands before the text: `waits` is there once all that can fetch has to ask.
pub(crate) const STOP: &str = r#"if(!self.__consentry||!__consentry.waits)throw"consentry";"#;

/// Whether the script may be left to the guard. `found` are the services whose markers are in it.
pub(crate) fn is_for_guard(site: &Site, code: Code<'_>, found: &[ServiceId]) -> bool {
    let services = || found.iter().filter_map(|id| site.service_by_id(*id));
    // What stands before a directive ends it.
    code.end.is_some()
        && !found.is_empty()
        && memmem::find(code.text, b"use strict").is_none()
        && functions(code.text).any(|name| !services().any(|service| is_global(service, name)))
        && {
            let lower = code.text.to_ascii_lowercase();
            services().all(|service| names_hosts_only(service, &lower))
        }
}

/// Whether the statement is there already.
pub(crate) fn is_stopped(text: &[u8]) -> bool {
    text.starts_with(STOP.as_bytes())
}

/// The names of the functions that are declared in the text.
fn functions(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    const WORD: &[u8] = b"function ";
    memmem::find_iter(text, WORD).filter_map(|at| {
        let rest = text.get(at + WORD.len()..)?.trim_ascii_start();
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
        let name = rest.get(..rest.iter().position(|b| !is_part(b))?)?;
        let is_declared =
            text.get(..at)?.trim_ascii_end().last().is_none_or(|b| matches!(b, b';' | b'}' | b'{' | b'/'));
        (is_declared && !name.is_empty()).then_some(name)
    })
}

fn is_global(service: &Service, name: &[u8]) -> bool {
    service.globals.iter().any(|global| global.name.as_bytes() == name)
}

/// Whether all markers of a service that are in the text name hosts of it, all of whose addresses the guard stops.
fn names_hosts_only(service: &Service, lower: &[u8]) -> bool {
    let is_in = |marker: &&str| memmem::find(lower, marker.to_ascii_lowercase().as_bytes()).is_some();
    service.markers.iter().map(AsRef::as_ref).filter(is_in).all(|marker| {
        let (host, path) = host_and_path(marker.trim_start_matches(['/', '.']));
        service.hosts.iter().map(|own| host_and_path(own)).any(|(own_host, own_path)| {
            let is_sub = || host.strip_suffix(own_host).is_some_and(|sub| sub.ends_with('.'));
            (host == own_host || is_sub()) && path.starts_with(own_path)
        })
    })
}

fn host_and_path(text: &str) -> (&str, &str) {
    text.split_at_checked(text.find('/').unwrap_or(text.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_functions_are_found() {
        let names =
            |text: &'static str| functions(text.as_bytes()).map(|n| String::from_utf8_lossy(n)).collect::<Vec<_>>();
        assert_eq!(names("function a(){}; function  b2_$(){}}function c(x){"), ["a", "b2_$", "c"]);
        assert!(names("(function(w,d){})(); x = function y(){}; !function z(){}(); function (){} function").is_empty());
    }
}
