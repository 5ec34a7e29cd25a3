//! CSV that a spreadsheet can open.

use super::ProofsError;
use std::borrow::Cow;
use std::io::{self, Write};

/// SPEC: RFC 4180 §2: lines end with CR LF, and a cell with a comma, a quote or a line break is quoted.
pub(super) fn write<'a, const N: usize>(
    rows: impl Iterator<Item = &'a [Cow<'a, str>; N]>,
    out: &mut impl Write,
) -> Result<(), ProofsError> {
    let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    for cells in rows {
        csv.write_record(cells.iter().map(|cell| safe(cell).into_owned())).map_err(output)?;
    }
    Ok(csv.flush()?)
}

/// A spreadsheet runs a cell that begins with one of these; with an apostrophe before it, it is text.
pub(super) fn safe(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

fn output(error: ::csv::Error) -> ProofsError {
    ProofsError::Output(match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}
