//! Raw `Cookie` field bytes to named values. Real values hold `,`, `"`, blanks and bytes that are no UTF-8 (pitfall 24),
//! a name can come twice (101), and h2 spreads cookies over several fields (23): only `;` separates.

mod pieces;

use pieces::Pieces;

/// Name and value of each pair in one field, in their order; what has no `=` is left out. White space around names and
/// values is no part of them; quotes around a value are.
///
/// No allocation, O(length).
pub fn pairs(field: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    pairs_where(field, |_| true)
}

/// [`pairs`], but only those of which `worth` says so, by the bytes from the start of the name to the end of the value.
///
/// PERF: nothing is looked for in a pair that nobody wants.
pub fn pairs_where(field: &[u8], worth: impl Fn(&[u8]) -> bool) -> impl Iterator<Item = (&[u8], &[u8])> {
    Pieces::new(field).map(trim_start).filter(move |pair| worth(pair)).filter_map(|pair| {
        let (name, value) = memchr::memchr(b'=', pair).and_then(|at| pair.split_at_checked(at))?;
        Some((trim(name), trim(value.get(1..).unwrap_or_default())))
    })
}

/// The values of one name: of all fields, with all duplicates, in their order. Names are compared byte by byte.
///
/// No allocation, O(length of the fields).
pub fn values<'h>(headers: impl Iterator<Item = &'h [u8]>, name: &[u8]) -> impl Iterator<Item = &'h [u8]> {
    headers.flat_map(pairs).filter(move |(found, _)| *found == name).map(|(_, value)| value)
}

/// Without the optional white space of HTTP (blanks and tabs) at both ends.
fn trim(bytes: &[u8]) -> &[u8] {
    let mut bytes = trim_start(bytes);
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[inline(always)]
fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'h>(fields: &[&'h [u8]], name: &str) -> Vec<&'h [u8]> {
        values(fields.iter().copied(), name.as_bytes()).collect()
    }

    #[test]
    fn p23_crumbs_of_one_header_are_all_read() {
        assert_eq!(found(&[b"a=1", b"b=2", b"consent=yes"], "consent"), [b"yes"]);
    }

    #[test]
    fn p24_foreign_bytes_hide_nothing() {
        assert_eq!(found(&[b"a=\xff; consent=yes"], "consent"), [b"yes"]);
        assert_eq!(found(&[b"\xff=\xfe; \xff\xff; consent=\xe9"], "consent"), [b"\xe9"]);
    }

    #[test]
    fn p101_duplicates_come_in_their_order() {
        assert_eq!(found(&[b"c=1; x=0;c=2", b"c=3"], "c"), [b"1", b"2", b"3"]);
    }

    #[test]
    fn only_semicolons_separate() {
        assert_eq!(found(&[b"c={\"a\":true,\"b\": (1)} ;d=1"], "c"), [b"{\"a\":true,\"b\": (1)}"]);
        assert_eq!(found(&[b";; ; c ; \t c = a=b \t;=x;C=2"], "c"), [b"a=b"]);
        assert_eq!(found(&[b"c=", b"c", b""], "c"), [b""]);
    }
}
