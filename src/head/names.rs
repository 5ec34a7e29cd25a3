//! Field names that `http` has no constant for.

use http::HeaderName;

macro_rules! names {
    ($($constant:ident $name:literal)*) => { $(pub(super) static $constant: HeaderName = HeaderName::from_static($name);)* };
}

names! {
    SEC_FETCH_DEST "sec-fetch-dest"
    SEC_FETCH_MODE "sec-fetch-mode"
    EDGE_CONTROL "edge-control"
    NEL "nel"
    REPORT_TO "report-to"
    REPORTING_ENDPOINTS "reporting-endpoints"
    SOURCE_MAP "sourcemap"
    SPECULATION_RULES "speculation-rules"
    X_ACCEL_EXPIRES "x-accel-expires"
    X_FORWARDED_FOR "x-forwarded-for"
    X_FORWARDED_HOST "x-forwarded-host"
    X_FORWARDED_PROTO "x-forwarded-proto"
    X_REAL_IP "x-real-ip"
    X_REQUESTED_WITH "x-requested-with"
    X_SOURCE_MAP "x-sourcemap"
}

/// Fields whose value is about the bytes of the body, and false once they are changed (pitfall 38), or which offer a
/// part or another form of the unchanged ones.
pub(super) static ABOUT_THE_BYTES: [HeaderName; 18] = [
    HeaderName::from_static("accept-ranges"),
    HeaderName::from_static("content-range"),
    HeaderName::from_static("content-encoding"),
    HeaderName::from_static("last-modified"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("unencoded-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("x-goog-hash"),
    HeaderName::from_static("want-digest"),
    HeaderName::from_static("want-repr-digest"),
    HeaderName::from_static("want-content-digest"),
    HeaderName::from_static("signature"),
    HeaderName::from_static("signature-input"),
    HeaderName::from_static("sourcemap"),
    HeaderName::from_static("x-sourcemap"),
    HeaderName::from_static("use-as-dictionary"),
];

/// Fields that tell caches to keep a page, beside `Cache-Control` (pitfall 39).
pub(super) static FOR_CACHES: [HeaderName; 6] = [
    HeaderName::from_static("expires"),
    HeaderName::from_static("age"),
    HeaderName::from_static("surrogate-control"),
    HeaderName::from_static("cdn-cache-control"),
    HeaderName::from_static("edge-control"),
    HeaderName::from_static("x-accel-expires"),
];

/// Fields of the last in which a page is opened to the edge that keeps it by the visitor's variant (RFC 9213; the older
/// one is Edge Architecture 1.0's).
pub(super) static FOR_EDGES: [HeaderName; 2] =
    [HeaderName::from_static("cdn-cache-control"), HeaderName::from_static("surrogate-control")];

/// Fields that ask the origin for something that a rewritten page cannot give: a delta, a dictionary, a digest.
pub(super) static ASK_FOR_THE_BYTES: [HeaderName; 7] = [
    HeaderName::from_static("a-im"),
    HeaderName::from_static("available-dictionary"),
    HeaderName::from_static("dictionary-id"),
    HeaderName::from_static("want-digest"),
    HeaderName::from_static("want-repr-digest"),
    HeaderName::from_static("want-content-digest"),
    HeaderName::from_static("want-unencoded-digest"),
];
