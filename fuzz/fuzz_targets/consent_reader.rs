#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::consent::reader::fuzz_reader(data));
