#![no_main]

#[path = "../../tests/common/live.rs"]
mod live;
#[path = "../../tests/common/rewriting.rs"]
mod rewriting;
#[path = "../../tests/common/soup.rs"]
mod soup;

libfuzzer_sys::fuzz_target!(|data: &[u8]| soup::fuzz_html(data));
