//! CSV that a spreadsheet can open.

use std::borrow::Cow;

/// Adds one line. SPEC: RFC 4180 §2: lines end with CR LF, and a cell with a comma, a quote or a line break is quoted.
pub fn row<const N: usize>(cells: &[Cow<'_, str>; N], out: &mut Vec<u8>) {
    let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    // Memory takes all, and every line is as long as itself.
    let _ = csv.write_record(cells.iter().map(|cell| safe(cell).into_owned()));
    let _ = csv.flush();
}

/// A spreadsheet runs a cell that begins with one of these; with an apostrophe before it, it is text.
pub fn safe(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(safe(bad), format!("'{bad}"));
        }
        for good in ["shop", "2026-11-24", "", "a=b", "'=1"] {
            assert_eq!(safe(good), good);
        }
    }
}
