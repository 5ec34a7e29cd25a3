//! Many records as one value. PERF: SQLite's values are copied one by one on their way out, some twenty allocations for a record;
//! a page that the database puts together itself costs two for all of it.

use crate::collect::ledger::Row;

/// A page of records after a number: for each its numbers and lengths in digits, then its bytes. A length of -1 is NULL, and so is
/// `erased` without digits. The texts are taken as bytes, since what is in a tampered file need not be UTF-8.
macro_rules! page {
    ($said:literal) => {
        concat!(
            "SELECT CAST(group_concat(record, '') AS BLOB) FROM (SELECT CAST(printf('%d,%d,%s,%d,%d,%d,%d,%d,%d,%d,%d;', ",
            "seq, date, coalesce(erased, ''), octet_length(prev), octet_length(digest), octet_length(hash), ",
            "coalesce(octet_length(salt), -1), coalesce(octet_length(payload), -1), ",
            "coalesce(octet_length(consent_id), -1), octet_length(site), coalesce(octet_length(",
            $said,
            "), -1)) AS BLOB) || prev || digest || hash || coalesce(salt, x'') || coalesce(payload, x'') || ",
            "coalesce(consent_id, x'') || site || coalesce(",
            $said,
            ", x'') AS record FROM proof WHERE seq > ? ORDER BY seq LIMIT ?)"
        )
    };
}

/// The query for a file with what statistics count, and for one of an earlier version.
pub(super) const fn query(has_said: bool) -> &'static str {
    if has_said { page!("said") } else { page!("NULL") }
}

/// Reads a page; an error for bytes that [`query`] does not give.
pub(super) fn rows(page: &[u8]) -> Result<Vec<Row>, sqlx::Error> {
    let mut rest = Rest(page);
    let mut rows = Vec::new();
    while !rest.0.is_empty() {
        rows.push(rest.row().ok_or_else(|| sqlx::Error::Decode("a record does not end where it says".into()))?);
    }
    Ok(rows)
}

struct Rest<'p>(&'p [u8]);

impl<'p> Rest<'p> {
    fn row(&mut self) -> Option<Row> {
        let (seq, date, erased) = (self.number(b',')?, self.number(b',')?, self.digits(b',')?);
        let erased = if erased.is_empty() { None } else { Some(erased.parse().ok()?) };
        let mut lengths = [0; 8];
        for (at, length) in lengths.iter_mut().enumerate() {
            *length = self.number(if at == 7 { b';' } else { b',' })?;
        }
        let [prev, digest, hash, salt, payload, consent_id, site, said] = lengths;
        Some(Row {
            seq,
            prev: self.bytes(prev)??.to_vec(),
            digest: self.bytes(digest)??.to_vec(),
            hash: self.bytes(hash)??.to_vec(),
            salt: self.bytes(salt)?.map(<[u8]>::to_vec),
            payload: self.bytes(payload)?.map(<[u8]>::to_vec),
            consent_id: self.bytes(consent_id)?.map(<[u8]>::to_vec),
            site: String::from_utf8_lossy(self.bytes(site)??).into_owned(),
            said: self.bytes(said)?.map(|said| String::from_utf8_lossy(said).into_owned()),
            date,
            erased,
        })
    }

    fn digits(&mut self, end: u8) -> Option<&'p str> {
        let at = memchr::memchr(end, self.0)?;
        let (digits, rest) = self.0.split_at_checked(at)?;
        self.0 = rest.get(1..)?;
        std::str::from_utf8(digits).ok()
    }

    fn number(&mut self, end: u8) -> Option<i64> {
        self.digits(end)?.parse().ok()
    }

    /// So many bytes; `Some(None)` for NULL.
    fn bytes(&mut self, length: i64) -> Option<Option<&'p [u8]>> {
        if length == -1 {
            return Some(None);
        }
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_is_read_to_its_last_byte_and_null_is_no_empty_value() {
        let page = b"7,-5,,1,0,2,-1,3,-1,1,0;ahhp\0;s8,6,12,0,0,0,0,-1,0,1,-1;\xff";
        let rows = rows(page).unwrap();
        assert_eq!((rows.len(), rows[0].seq, rows[0].date, rows[0].erased), (2, 7, -5, None));
        assert_eq!(
            (rows[0].prev.as_slice(), rows[0].digest.len(), rows[0].hash.as_slice()),
            (&b"a"[..], 0, &b"hh"[..])
        );
        assert_eq!((rows[0].salt.as_deref(), rows[0].payload.as_deref()), (None, Some(&b"p\0;"[..])));
        assert_eq!((rows[0].site.as_str(), rows[0].said.as_deref()), ("s", Some("")));
        assert_eq!(
            (rows[1].erased, rows[1].salt.as_deref(), rows[1].said.as_deref()),
            (Some(12), Some(&b""[..]), None)
        );
        assert_eq!(rows[1].site, "\u{fffd}");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in "[0-9,;-]{0,60}") {
            let _ = rows(bytes.as_bytes());
        }
    }
}
