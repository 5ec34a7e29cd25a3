//! Whole answers of the operator's listener.

use http::{HeaderValue, Response, StatusCode, header};

pub(super) fn plain(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

pub(super) fn json(value: &serde_json::Value) -> Response<Vec<u8>> {
    let mut response = plain(StatusCode::OK, format!("{value}\n").into_bytes());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn not_allowed(allow: &'static str) -> Response<Vec<u8>> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, format!("use {allow}\n").into_bytes());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}
