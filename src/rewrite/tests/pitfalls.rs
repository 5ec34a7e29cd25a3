//! Traps of lol_html that no page case shows: one test for each, by its number.

use super::*;

#[test]
fn p56_after_an_error_every_write_gives_the_error_again() {
    let site = site_with("[on_failure]\ndesync = \"abort\"\n");
    let html = b"<math><mi><mglyph></math><img src=//www.google-analytics.com/collect>";
    let mut rewriter = Rewriter::new(Page { site, ..page() });
    let error = rewriter.write(Bytes::from_static(html)).unwrap_err();
    for _ in 0..3 {
        assert_eq!(rewriter.write(Bytes::from_static(b"<p>more</p>")), Err(error));
    }
    assert_eq!(rewriter.finish(), Err(error));
}

#[test]
fn p57_a_limit_right_behind_a_tracker_does_not_let_it_through() {
    // The parser's memory (24 MiB) ends behind the tracker, or in the tracker itself; the scanner waits for 64 kB of a tag.
    let behind = format!("{TRACKER}{}", "<p>".repeat(1_000_000));
    let itself = format!("<img alt='{}' src=//www.google-analytics.com/collect>", "x".repeat(25 << 20));
    let picture = format!("<math><mi><mglyph></math><img src='data:image/png;base64,{}'>", "A".repeat(200 << 10));
    let (memory, cap, desync) = (FailureReason::Memory, FailureReason::Cap, FailureReason::Desync);
    for (html, rule, failures, is_whole) in [
        (&behind, "", &[memory][..], true),
        (&behind, "memory = \"abort\"", &[memory], false),
        (&itself, "", &[memory, cap], false),
        (&itself, "memory = \"abort\"", &[memory], false),
        (&picture, "", &[desync], true),
    ] {
        let site = site_with(&format!("[on_failure]\n{rule}\n"));
        let mut rewriter = Rewriter::new(Page { site, ..page() });
        let mut out = Vec::new();
        let mut end = Ok(Bytes::new());
        for piece in html.as_bytes().chunks(16384) {
            end = rewriter.write(Bytes::copy_from_slice(piece));
            out.extend_from_slice(end.as_deref().unwrap_or_default());
        }
        let end = end.and_then(|_| rewriter.finish());
        out.extend_from_slice(end.as_deref().unwrap_or_default());
        assert!(memchr::memmem::find(&out, b" src=//www.google").is_none(), "{rule}");
        let counted: Vec<FailureReason> = rewriter.report().failures.iter().map(|(reason, _)| *reason).collect();
        assert_eq!((counted.as_slice(), end.is_ok()), (failures, is_whole), "{rule}");
    }
}

#[test]
fn p59_bytes_that_no_encoding_explains_leave_as_they_came() {
    let noise: Vec<u8> = (0..=255_u8).filter(|byte| !matches!(byte, b'<' | b'&')).collect();
    for charset in [None, Some(encoding_rs::UTF_8), Some(encoding_rs::WINDOWS_1252), Some(encoding_rs::GBK)] {
        let html = [b"<p>".as_slice(), &noise, b"<script>a('", &noise, b"')</script>", TRACKER.as_bytes()].concat();
        let expected = [b"<p>".as_slice(), &noise, b"<script>a('", &noise, b"')</script>", NEUTRAL.as_bytes()].concat();
        for piece in [1, 7, usize::MAX] {
            assert_eq!(run(&Page { charset, ..page() }, &html, piece).0.unwrap(), expected);
        }
    }
}

#[test]
fn p60_a_marker_is_found_wherever_the_text_is_cut() {
    let html = "<script>w.s='https://connect.facebook.net/en_US/fbevents.js'</script>";
    let expected = html.replace("<script>", "<script data-consentry=marketing:meta-pixel type=text/plain>");
    for cut in 1..html.len() {
        let mut rewriter = Rewriter::new(page());
        let (first, second) = html.as_bytes().split_at(cut);
        let mut out = rewriter.write(Bytes::copy_from_slice(first)).unwrap().to_vec();
        out.extend(rewriter.write(Bytes::copy_from_slice(second)).unwrap());
        out.extend(rewriter.finish().unwrap());
        assert_eq!(String::from_utf8(out).unwrap(), expected, "cut at {cut}");
    }
}

#[test]
fn p61_the_snippet_stands_first_where_no_end_tag_ever_comes() {
    let snippet = "<script id=\"consentry-guard\">g()</script>";
    let page = Page { snippet: Some(Arc::from(snippet)), ..page() };
    for (html, before) in [
        (format!("<html><head><title>T</title><body><p>a{TRACKER}"), "<html><head>"),
        (format!("<html><head><body>{TRACKER}</body></html>"), "<html><head>"),
        (format!("<title>T</title><ul><li>a<li>{TRACKER}</ul>"), ""),
    ] {
        let out = text(&page, &html);
        assert!(out.starts_with(&format!("{before}{snippet}")), "{out}");
        // Nothing that has no end tag of its own is touched.
        assert_eq!(out.replace(snippet, "").replace(NEUTRAL, TRACKER), html);
    }
}

#[test]
fn p68_a_long_comment_is_not_held() {
    let comment = format!("<!--{}-->", "a < b ".repeat(200_000));
    let mut rewriter = Rewriter::new(page());
    let (mut sent, mut left) = (0, 0);
    for piece in comment.as_bytes().chunks(4096) {
        sent += piece.len();
        left += rewriter.write(Bytes::copy_from_slice(piece)).unwrap().len();
        assert!(sent - left < 64 << 10, "{} bytes are held", sent - left);
    }
    let last = [rewriter.write(Bytes::from_static(TRACKER.as_bytes())).unwrap(), rewriter.finish().unwrap()].concat();
    assert!(last.ends_with(NEUTRAL.as_bytes()) && rewriter.report().failures.is_empty());
}

#[test]
fn p69_what_stands_in_something_inert_is_counted_once() {
    let html = format!("<noscript>{TRACKER}</noscript><template>{TRACKER}</template>{TRACKER}");
    let (out, rewriter) = run(&page(), html.as_bytes(), 9);
    let out = String::from_utf8(out.unwrap()).unwrap();
    assert_eq!(rewriter.report().done.neutralised(), 3);
    assert_eq!(out, html.replace(TRACKER, NEUTRAL));
}

#[test]
fn p76_each_write_gives_all_that_may_leave_as_one_piece() {
    let html = format!("<p>a</p>{}<b>c</b>", TRACKER.repeat(6));
    let mut rewriter = Rewriter::new(page());
    let out = rewriter.write(Bytes::from(html)).unwrap();
    assert_eq!(out.as_ref(), format!("<p>a</p>{}<b>c</b>", NEUTRAL.repeat(6)).as_bytes());
    assert!(rewriter.finish().unwrap().is_empty());
}

#[test]
fn p82_a_page_that_has_the_snippet_gets_no_second_one() {
    let snippet = "<script id=\"consentry-guard\">g()</script>";
    let page = Page { snippet: Some(Arc::from(snippet)), ..page() };
    let html = format!("<html><head>{snippet}</head><body>{TRACKER}</body></html>");
    let (out, rewriter) = run(&page, html.as_bytes(), 11);
    assert_eq!(String::from_utf8(out.unwrap()).unwrap(), html.replace(TRACKER, NEUTRAL));
    assert_eq!(rewriter.report().injected, None);
}

#[test]
fn p87_inline_code_that_nobody_names_stays() {
    let own = "<script>var menu=document.querySelector('.menu');menu.hidden=1</script>";
    let labelled = "<script data-category=marketing>own()</script>";
    assert_eq!(text(&page(), own), own);
    assert!(text(&page(), labelled).contains("type=text/plain"), "a label of the page's own counts");
}
