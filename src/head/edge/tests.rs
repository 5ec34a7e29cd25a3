use super::*;
use crate::head::coding::Accepted;
use crate::head::expect::Purpose;
use crate::head::names::FOR_CACHES;
use proptest::prelude::*;

fn answer(status: u16, fields: &[(&str, &str)]) -> Response {
    let mut response = http::Response::builder().status(status);
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap().into_parts().0
}

/// A page as it is closed.
fn closed() -> HeadEdits {
    let vary = (VARY, HeaderValue::from_static("Sec-GPC, Cookie, Sec-Fetch-Dest"));
    let append = vec![vary, (CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
    HeadEdits { remove: FOR_CACHES.iter().chain([&CACHE_CONTROL]).cloned().collect(), append }
}

fn no_store() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("cdn-cache-control"), HeaderValue::from_static("no-store"))
}

/// For how many seconds the edge keeps it; `None`: it does not.
fn kept(status: u16, fields: &[(&str, &str)]) -> Option<String> {
    let answer = answer(status, fields);
    let mut edits = closed();
    let mut offer = Offer { key: Some("-".to_owned()), presented: Presented::Right, max_age: 300 };
    let is_open = open(&mut edits, &answer, 300);
    let mut settled = closed();
    let outcome = offer.settle(true, &mut settled, &answer).unwrap();
    assert_eq!(outcome == Outcome::Shared, is_open);
    assert_eq!(settled.append.iter().filter(|field| **field == no_store()).count(), usize::from(!is_open));
    offer.presented = Presented::Nothing;
    assert_eq!(offer.settle(true, &mut closed(), &answer), None);
    let mut headers = answer.headers.clone();
    edits.apply(&mut headers);
    assert_eq!(headers["cache-control"], "private, no-cache", "the browser must ask again");
    assert!(is_open || edits == closed(), "{edits:?}");
    is_open.then(|| {
        assert_eq!(headers.get_all("vary").iter().count(), 1);
        let seconds = headers["x-accel-expires"].to_str().unwrap().to_owned();
        for name in ["cdn-cache-control", "surrogate-control"] {
            assert_eq!(headers[name].to_str().unwrap(), format!("max-age={seconds}"), "{name}");
        }
        seconds
    })
}

#[test]
fn p39_an_edge_keeps_what_the_origin_lets_shared_caches_keep() {
    for (said, seconds) in [
        ("max-age=60", "60"),
        ("public, max-age=60", "60"),
        ("max-age=60, s-maxage=20", "20"),
        ("s-maxage=\"20\"", "20"),
        ("Public, Max-Age=900, no-transform", "300"),
        ("max-age=99999999999", "300"),
        ("max-age=60, max-age=50", "50"),
    ] {
        assert_eq!(kept(200, &[("cache-control", said)]).as_deref(), Some(seconds), "{said}");
    }
    for said in ["", "public", "private, max-age=60", "no-cache, max-age=60", "max-age=60, no-store", "max-age=0"] {
        assert_eq!(kept(200, &[("cache-control", said)]), None, "{said}");
    }
    for said in
        ["max-age=x", "max-age", "max-age=-1", "max-age=6 0", "s-maxage=x, max-age=60", "private=\"x\", max-age=9"]
    {
        assert_eq!(kept(200, &[("cache-control", said)]), None, "{said}");
    }
    assert_eq!(kept(200, &[("expires", "Fri, 01 Jan 2100 00:00:00 GMT")]), None);
    assert_eq!(kept(200, &[]), None);
}

#[test]
fn p39_what_is_said_to_one_kind_of_cache_counts_too() {
    for (name, value, seconds) in [
        ("cdn-cache-control", "no-store", None),
        ("cdn-cache-control", "max-age=10", Some("10")),
        ("cloudflare-cdn-cache-control", "private", None),
        ("surrogate-control", "max-age=90, content=\"ESI/1.0\"", Some("60")),
        ("edge-control", "no-store", None),
        ("edge-control", "cache-maxage=1d", Some("60")),
        ("x-accel-expires", "0", None),
        ("x-accel-expires", "off", None),
        ("x-accel-expires", "@1700000000", None),
        ("x-accel-expires", "5", Some("5")),
        ("age", "50", Some("10")),
        ("age", "60", None),
        ("age", "?", None),
    ] {
        let fields = [("cache-control", "public, max-age=60"), (name, value)];
        assert_eq!(kept(200, &fields).as_deref(), seconds, "{name}: {value}");
    }
}

#[test]
fn p40_what_an_origin_varies_on_closes_the_page() {
    let public = ("cache-control", "public, max-age=60");
    for vary in ["Accept-Encoding", "accept-encoding, Sec-Fetch-Dest", ""] {
        assert!(kept(200, &[public, ("vary", vary)]).is_some(), "{vary}");
    }
    for vary in ["Cookie", "*", "Accept-Encoding, cookie", "Authorization", "Accept-Language", "Sec-GPC", "X-Country"] {
        assert_eq!(kept(200, &[public, ("vary", vary)]), None, "{vary}");
    }
    let answer = answer(200, &[public, ("vary", "accept-encoding"), ("vary", "Accept-Encoding")]);
    let mut edits = closed();
    assert!(open(&mut edits, &answer, 300));
    let mut headers = answer.headers.clone();
    edits.apply(&mut headers);
    assert_eq!(headers["vary"], "Accept-Encoding, Consentry-Variant, Sec-Fetch-Dest");
    // The gateway compressed it.
    let coded = closed();
    let mut coded = HeadEdits { append: coded.append.into_iter().skip(1).collect(), ..coded };
    coded.append.push((VARY, HeaderValue::from_static("Cookie, Accept-Encoding, Sec-Fetch-Dest")));
    assert!(open(&mut coded, &self::answer(200, &[public]), 300));
    assert!(
        coded.append.contains(&(VARY, HeaderValue::from_static("Accept-Encoding, Consentry-Variant, Sec-Fetch-Dest")))
    );
}

#[test]
fn one_visitors_pages_and_errors_are_not_kept() {
    let public = ("cache-control", "public, max-age=60");
    assert_eq!(kept(200, &[public, ("set-cookie", "a=b")]), None);
    for status in [201, 204, 206, 302, 303, 307, 400, 401, 403, 429, 500, 502, 503] {
        assert_eq!(kept(status, &[public]), None, "{status}");
    }
    for status in [200, 203, 301, 304, 308, 404, 410] {
        assert!(kept(status, &[public]).is_some(), "{status}");
    }
    let answer = answer(200, &[public]);
    let mut ours = closed();
    ours.append.push((SET_COOKIE, HeaderValue::from_static("euconsent_v=-")));
    assert!(!open(&mut ours, &answer, 300));
    for words in ["private, no-store", "private, no-cache, no-store", "public, max-age=60"] {
        let append = vec![(CACHE_CONTROL, HeaderValue::from_static(words))];
        assert!(!open(&mut HeadEdits { append, ..HeadEdits::default() }, &answer, 300), "{words}");
    }
    assert!(!open(&mut HeadEdits::default(), &answer, 300), "what is no page");
}

fn shares(method: Method, fields: &[(&str, &str)], inject: bool) -> bool {
    let mut request = http::Request::builder().method(method.clone()).uri("/");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = request.body(()).unwrap().into_parts().0;
    let Purpose { expect, shown } = Purpose::of(&request);
    let head = method == Method::HEAD;
    let offer = Offer::of(&request, Some("-~opt-in".to_owned()), 300);
    let asked = Asked {
        expect,
        inject: inject && shown,
        head,
        range: false,
        revalidates: false,
        unconditional: false,
        accepted: Accepted::default(),
    };
    offer.suits(&request, &asked, inject)
}

#[test]
fn an_edges_word_is_compared_and_nothing_else() {
    let (right, document) = (("consentry-variant", "-~opt-in"), ("sec-fetch-dest", "document"));
    for inject in [true, false] {
        for method in [Method::GET, Method::HEAD] {
            assert!(shares(method.clone(), &[right, document], inject) && shares(method, &[right], inject));
        }
        assert!(shares(Method::GET, &[right, document, ("sec-purpose", "prefetch;prerender")], inject));
        assert!(!shares(Method::POST, &[right, document], inject));
        for other in ["", "-", "-~opt-out", "-~opt-in ", "-~OPT-IN", "2.c.01234567~opt-in"] {
            assert!(!shares(Method::GET, &[(right.0, other), document], inject), "{other}");
        }
        assert!(!shares(Method::GET, &[document], inject) && !shares(Method::GET, &[right, right, document], inject));
        for more in [
            ("authorization", "Basic x"),
            ("cache-control", "no-store"),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-dest", "image"),
            ("hx-request", "true"),
            ("upgrade", "websocket"),
        ] {
            assert!(!shares(Method::GET, &[right, more], inject), "{more:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_field_of_an_origin_panics_or_outlives_the_rules(fields in prop::collection::vec(
        ("(cache-control|vary|age|surrogate-control|x-accel-expires|edge-control)", "[a-z0-9=\", @*-]{0,24}"), 0..5)) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        prop_assert!(kept(200, &fields).is_none_or(|seconds| (1..=300).contains(&seconds.parse::<u32>().unwrap())));
    }
}
