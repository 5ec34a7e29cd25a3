//! Times as the consent tools write them, to and from milliseconds since 1970.

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// The last millisecond of the year 9999, beyond which these formats have no time.
pub const MAX: u64 = 253_402_300_799_999;

/// ISO 8601 as JavaScript's `toISOString` writes it (`2024-11-04T08:53:20.053Z`), and what else RFC 3339 allows. `None`
/// for anything else and before 1970. No allocation.
pub fn iso8601(text: &[u8]) -> Option<u64> {
    // PERF: the one form that scripts write is a tenth of the cost of the general parser.
    from_script(text).or_else(|| {
        let text = std::str::from_utf8(text).ok()?;
        millis(OffsetDateTime::parse(text, &Rfc3339).ok()?)
    })
}

fn from_script(text: &[u8]) -> Option<u64> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'.', f0, f1, f2, b'Z'] =
        *text
    else {
        return None;
    };
    let year = i32::from(number(&[y0, y1, y2, y3])?);
    let month = Month::try_from(u8::try_from(number(&[m0, m1])?).ok()?).ok()?;
    let two = |tens, ones| u8::try_from(number(&[tens, ones])?).ok();
    let date = Date::from_calendar_date(year, month, two(d0, d1)?).ok()?;
    let clock = Time::from_hms_milli(two(h0, h1)?, two(n0, n1)?, two(s0, s1)?, number(&[f0, f1, f2])?).ok()?;
    millis(PrimitiveDateTime::new(date, clock).assume_utc())
}

/// The date of HTTP and of JavaScript's `toUTCString`: `Sun, 11 Jan 2026 08:07:14 GMT`. The day's name is not checked.
///
/// SPEC: RFC 9110 §5.6.7, IMF-fixdate.
pub fn http_date(text: &[u8]) -> Option<u64> {
    let [_, _, _, b',', b' ', d0, d1, b' ', m0, m1, m2, b' ', y0, y1, y2, y3, b' ', rest @ ..] = text else {
        return None;
    };
    let date = date([*y0, *y1, *y2, *y3], [*m0, *m1, *m2], [*d0, *d1])?;
    let (clock, after) = clock(rest)?;
    if after != b" GMT" {
        return None;
    }
    millis(PrimitiveDateTime::new(date, clock).assume_utc())
}

/// JavaScript's `Date.toString()`: `Wed Jan 29 2025 10:05:33 GMT+0400 (a name in any language)`. Nothing behind the
/// offset is read.
pub fn script_date(text: &[u8]) -> Option<u64> {
    let [_, _, _, b' ', m0, m1, m2, b' ', d0, d1, b' ', y0, y1, y2, y3, b' ', rest @ ..] = text else {
        return None;
    };
    let date = date([*y0, *y1, *y2, *y3], [*m0, *m1, *m2], [*d0, *d1])?;
    let (clock, after) = clock(rest)?;
    let [b' ', b'G', b'M', b'T', sign @ (b'+' | b'-'), h0, h1, n0, n1, ..] = after else { return None };
    let (hours, minutes) = (number(&[*h0, *h1])?, number(&[*n0, *n1])?);
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    let offset = UtcOffset::from_whole_seconds(if *sign == b'-' { -seconds } else { seconds }).ok()?;
    millis(PrimitiveDateTime::new(date, clock).assume_offset(offset))
}

/// As JavaScript's `toISOString` writes it; times beyond [`MAX`] as [`MAX`].
pub fn write_iso8601(at: u64) -> String {
    let at = utc(at);
    let (date, clock) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    )
}

/// As [`http_date`] reads it, cut to the second; times beyond [`MAX`] as [`MAX`].
pub fn write_http_date(at: u64) -> String {
    let at = utc(at);
    let (date, clock) = (at.date(), at.time());
    let (weekday, month) = (date.weekday().to_string(), date.month().to_string());
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        weekday.get(..3).unwrap_or_default(),
        date.day(),
        month.get(..3).unwrap_or_default(),
        date.year(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}

fn utc(at: u64) -> OffsetDateTime {
    let nanos = i128::from(at.min(MAX)) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn millis(at: OffsetDateTime) -> Option<u64> {
    u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Decimal digits as a number, at most four of them.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |sum: u16, byte| byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')))
}

fn date(year: [u8; 4], month: [u8; 3], day: [u8; 2]) -> Option<Date> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let month = u8::try_from(MONTHS.iter().position(|name| **name == month)?).ok()? + 1;
    let day = u8::try_from(number(&day)?).ok()?;
    Date::from_calendar_date(i32::from(number(&year)?), Month::try_from(month).ok()?, day).ok()
}

/// `hh:mm:ss` and what follows.
fn clock(text: &[u8]) -> Option<(Time, &[u8])> {
    let [h0, h1, b':', m0, m1, b':', s0, s1, rest @ ..] = text else { return None };
    let two = |tens: &u8, ones: &u8| u8::try_from(number(&[*tens, *ones])?).ok();
    Some((Time::from_hms(two(h0, h1)?, two(m0, m1)?, two(s0, s1)?).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_of_every_form_are_read() {
        let want = Some(1_738_130_733_000);
        for text in ["2025-01-29T06:05:33.000Z", "2025-01-29T06:05:33Z", "2025-01-29T10:05:33.0009+04:00"] {
            assert_eq!(iso8601(text.as_bytes()), want, "{text}");
        }
        assert_eq!(http_date(b"Wed, 29 Jan 2025 06:05:33 GMT"), want);
        for rest in ["+0400 (Gulf Standard Time)", "+0400 (\u{4e2d}\u{56fd})", "+0400"] {
            assert_eq!(script_date(format!("Wed Jan 29 2025 10:05:33 GMT{rest}").as_bytes()), want);
        }
        assert_eq!(script_date(b"Wed Jan 29 2025 02:05:33 GMT-0400"), want);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2025-01-29",
            "2025-02-30T06:05:33.000Z",
            "2025-13-01T06:05:33.000Z",
            "2025-01-29T24:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "2025-01-29T06:05:33.000",
            "2025-01-2\u{661}T06:05:33.000Z",
            "+12025-01-29T06:05:33.000Z",
        ] {
            assert_eq!(iso8601(text.as_bytes()), None, "{text}");
        }
        for text in ["Wed, 29 Jan 2025 06:05:33 EST", "Wed, 29 jan 2025 06:05:33 GMT", "Wed, 9 Jan 2025 06:05:33 GMT"] {
            assert_eq!(http_date(text.as_bytes()), None, "{text}");
        }
        assert_eq!(script_date(b"Wed Jan 29 2025 02:05:33 GMT"), None);
        assert_eq!(script_date(b"Invalid Date"), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(at in 0..=MAX) {
            prop_assert_eq!(iso8601(write_iso8601(at).as_bytes()), Some(at));
            prop_assert_eq!(http_date(write_http_date(at).as_bytes()), Some(at / 1000 * 1000));
        }

        #[test]
        fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (iso8601(&text), http_date(&text), script_date(&text));
        }
    }
}
