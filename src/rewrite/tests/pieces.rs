//! Pages that once came out in another way where they were cut.

use super::*;

#[test]
fn what_a_search_found_comes_out_the_same_in_any_chunking() {
    const VIDEO: &str = "<video src=//www.google-analytics.com/v>";
    for html in [
        "<html amp><![CDATA[<amp-ad type=x></amp-ad>",
        "<html amp><![CDATA[<amp-ad></amp-ad><style>a{}</style><!-- <amp-ad></amp-ad> --><amp-ad></amp-ad>",
        "<html amp><!--<amp-ad type=x></amp-ad>",
        "<![CDATA[<p style=\"a:url(//www.facebook.com/tr?a)\"><noscript><!--<p style=\"a:url(//www.facebook.com/tr?a)\">",
        "<p title=\"<iframe srcdoc=\"<script src='//www.facebook.com/d'></script>\" <![CDATA[ onclick='www.facebook.com/tr?' ",
        "<!--<p title=\"<b>\" class='<i x=' data-bg=//www.google-analytics.com/n>--><![CDATA[",
        &format!("<math><svg><!--<![CDATA[{VIDEO}"),
        "<noscript><b data-bg=//www.google-analytics.com/l <p title=\"</noscript><p style=\"a:url(//www.facebook.com/tr?a)\">",
        &format!("<svg/><noscript><!--a--/-<noscript>{VIDEO}"),
        &format!("<noscript><p title=\"<img alt=\"<script type=dastra/script data-consent=hotjar>{VIDEO}\">"),
        &format!("{VIDEO}<math/><svg></video><noscript><p title=\"</noscript>{VIDEO}"),
        "<p><select></p><a<img src=\"//www.facebook.com/tr?a\"><iframe srcdoc='<video src=&quot;//www.facebook.com/d&quot;>'>",
    ] {
        let whole = run(&page(), html.as_bytes(), usize::MAX).0.unwrap();
        for pieces in (1..20).chain([60]) {
            assert_eq!(whole, run(&page(), html.as_bytes(), pieces).0.unwrap(), "{html} in pieces of {pieces}");
        }
    }
}
