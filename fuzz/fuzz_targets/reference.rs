#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consentry::policy::reference::fuzz_reference(data));
