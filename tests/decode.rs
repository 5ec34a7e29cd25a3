//! The decoders of gateway/decode.rs against streams that are whole, split, cut, padded, wrong and far too big.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]

use consentry::gateway::decode::{DecodeError, Decoder, Limits};
use consentry::head::coding::Coding;
use proptest::prelude::*;
use std::io::Write;

const PAGE: &[u8] = include_bytes!("decode.rs");

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn gzip_with_header(data: &[u8]) -> Vec<u8> {
    let builder = flate2::GzBuilder::new().filename("page.html").comment("a comment").extra(vec![7; 300]).mtime(1);
    let mut encoder = builder.write(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn brotli(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &data[..], &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
    out
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Without RFC 1950's header and check sum.
fn bare_deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

fn coded(coding: Coding, data: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => gzip(data),
        Coding::Deflate => deflate(data),
        Coding::Brotli => brotli(data),
        Coding::Zstd => zstd::encode_all(data, 3).unwrap(),
    }
}

/// Decodes in chunks of `size` bytes and finishes.
fn decode(coding: Coding, input: &[u8], size: usize) -> Result<Vec<u8>, DecodeError> {
    decode_list(&[coding], input, size)
}

/// [`decode`], of several codings, the first applied first.
fn decode_list(codings: &[Coding], input: &[u8], size: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = Decoder::new(codings, Limits::default());
    let mut out = Vec::new();
    for chunk in input.chunks(size.max(1)) {
        decoder.decode(chunk, &mut out)?;
    }
    decoder.finish()?;
    decoder.finish()?;
    Ok(out)
}

#[test]
fn every_coding_gives_its_bytes_in_every_chunking() {
    let large: Vec<u8> = PAGE.iter().copied().cycle().take(300_000).collect();
    for coding in ALL {
        for data in [b"" as &[u8], b"x", PAGE, &large] {
            let input = coded(coding, data);
            // Byte by byte the small ones only: each call clears a buffer.
            for size in if data.len() > 100_000 { &[1460, 65536][..] } else { &[1, 7, 1460][..] } {
                let size = *size;
                assert_eq!(decode(coding, &input, size).as_deref(), Ok(data), "{coding:?} {size}");
            }
        }
    }
}

#[test]
fn p09_codings_on_top_of_each_other_are_undone_from_the_last_to_the_first() {
    for (codings, input) in [
        (vec![], PAGE.to_vec()),
        (vec![Coding::Gzip, Coding::Brotli], brotli(&gzip(PAGE))),
        (vec![Coding::Zstd, Coding::Deflate, Coding::Gzip], gzip(&deflate(&zstd::encode_all(PAGE, 3).unwrap()))),
    ] {
        for size in [7, 100, 65536] {
            assert_eq!(decode_list(&codings, &input, size).as_deref(), Ok(PAGE), "{codings:?} {size}");
            if !codings.is_empty() {
                assert_eq!(decode_list(&codings, &input[..input.len() - 1], size), Err(DecodeError::Truncated));
            }
        }
    }
}

#[test]
fn p09_deflate_comes_with_and_without_its_header() {
    for size in [1, 2, 3, 65536] {
        assert_eq!(decode(Coding::Deflate, &bare_deflate(PAGE), size).as_deref(), Ok(PAGE), "{size}");
        assert_eq!(decode(Coding::Deflate, &bare_deflate(b""), size).as_deref(), Ok(&b""[..]), "{size}");
        let garbage = [&deflate(PAGE), b"garbage" as &[u8]].concat();
        assert_eq!(decode(Coding::Deflate, &garbage, size).as_deref(), Ok(PAGE), "{size}");
    }
    let mut wrong = deflate(PAGE);
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(decode(Coding::Deflate, &wrong, 64), Err(DecodeError::Corrupt));
}

#[test]
fn zstd_of_several_frames_is_one_body() {
    let frame = |data: &[u8]| zstd::encode_all(data, 1).unwrap();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let input = [frame(b"<p>one"), skippable, frame(b"</p>")].concat();
    for size in [1, 5, 100] {
        assert_eq!(decode(Coding::Zstd, &input, size).as_deref(), Ok(&b"<p>one</p>"[..]), "{size}");
    }
    assert_eq!(decode(Coding::Zstd, &input[..input.len() - 2], 100), Err(DecodeError::Truncated));
    assert_eq!(decode(Coding::Zstd, b"<!DOCTYPE html>", 100), Err(DecodeError::Corrupt));
}

#[test]
fn p13_zstd_with_a_large_window_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(PAGE).unwrap();
    assert_eq!(decode(Coding::Zstd, &encoder.finish().unwrap(), 64), Err(DecodeError::Corrupt));
}

#[test]
fn p10_a_flushed_chunk_is_out_at_once() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut decoder = Decoder::new(&[Coding::Gzip], Limits::default());
    let (mut seen, mut out) = (0, Vec::new());
    for part in PAGE.chunks(500) {
        encoder.write_all(part).unwrap();
        encoder.flush().unwrap();
        decoder.decode(&encoder.get_ref()[seen..], &mut out).unwrap();
        seen = encoder.get_ref().len();
        assert!(out.ends_with(part));
    }
    assert_eq!(out, PAGE);

    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 18);
    let mut decoder = Decoder::new(&[Coding::Brotli], Limits::default());
    let (mut seen, mut out) = (0, Vec::new());
    for part in PAGE.chunks(500) {
        encoder.write_all(part).unwrap();
        encoder.flush().unwrap();
        decoder.decode(&encoder.get_ref()[seen..], &mut out).unwrap();
        seen = encoder.get_ref().len();
        assert!(out.ends_with(part));
    }
}

#[test]
fn p11_one_two_and_three_gzip_members_split_at_every_byte() {
    let members = [gzip(b"<p>one</p>"), gzip_with_header(b"<p>two</p>"), gzip(b"")];
    for count in 1..=3 {
        let input = members[..count].concat();
        let expected = [b"<p>one</p>" as &[u8], b"<p>two</p>", b""][..count].concat();
        for split in 0..=input.len() {
            let mut decoder = Decoder::new(&[Coding::Gzip], Limits::default());
            let mut out = Vec::new();
            decoder.decode(&input[..split], &mut out).unwrap();
            decoder.decode(&input[split..], &mut out).unwrap();
            assert_eq!((decoder.finish(), out.as_slice()), (Ok(()), expected.as_slice()), "{count} {split}");
        }
    }
}

#[test]
fn p11_padding_and_garbage_behind_the_last_member_are_ignored() {
    for tail in [&[0u8; 512] as &[u8], b"garbage", &[0x1f], &[0x1f, 0x8b], b"\r\n", &[0x1f, 0, 0x1f, 0x8b, 8]] {
        for size in [1, 3, 4096] {
            let input = [&gzip(PAGE), tail].concat();
            assert_eq!(decode(Coding::Gzip, &input, size).as_deref(), Ok(PAGE), "{tail:?}");
        }
    }
    let input = [&brotli(PAGE), b"garbage" as &[u8]].concat();
    assert_eq!(decode(Coding::Brotli, &input, 5).as_deref(), Ok(PAGE));
}

#[test]
fn p12_a_cut_stream_never_looks_complete() {
    for coding in ALL {
        let input = coded(coding, PAGE);
        for cut in 1..input.len() {
            assert_eq!(decode(coding, &input[..cut], 4096), Err(DecodeError::Truncated), "{coding:?} {cut}");
        }
    }
    let two = [gzip(b"one"), gzip(b"two")].concat();
    assert_eq!(decode(Coding::Gzip, &two[..two.len() - 1], 4), Err(DecodeError::Truncated));
    assert_eq!(decode(Coding::Gzip, &two[..gzip(b"one").len() + 4], 4), Err(DecodeError::Truncated));
}

#[test]
fn p07_a_corrupt_byte_is_an_error_and_stays_one() {
    let mut input = gzip(PAGE);
    let middle = input.len() / 2;
    input[middle] ^= 0x55;
    assert_eq!(decode(Coding::Gzip, &input, 64), Err(DecodeError::Corrupt));
    let mut input = gzip(b"<p>x</p>");
    *input.last_mut().unwrap() ^= 1;
    assert_eq!(decode(Coding::Gzip, &input, 64), Err(DecodeError::Corrupt));
    assert_eq!(decode(Coding::Gzip, b"<!DOCTYPE html>", 64), Err(DecodeError::Corrupt));
    assert_eq!(decode(Coding::Gzip, &[0x1f, 0x8b, 8, 0xe0], 64), Err(DecodeError::Corrupt));
    assert!(decode(Coding::Brotli, b"<!DOCTYPE html><p>not brotli</p>", 64).is_err());

    let mut decoder = Decoder::new(&[Coding::Gzip], Limits::default());
    let mut out = Vec::new();
    assert_eq!(decoder.decode(b"xx", &mut out), Err(DecodeError::Corrupt));
    assert_eq!(decoder.decode(&gzip(b"fine"), &mut out), Err(DecodeError::Corrupt));
    assert_eq!(decoder.finish(), Err(DecodeError::Corrupt));
}

#[test]
fn p13_bombs_are_stopped_while_they_are_decoded() {
    let zeros = vec![0; 10_000_000];
    for coding in ALL {
        let input = coded(coding, &zeros);
        let mut decoder = Decoder::new(&[coding], Limits::default());
        let mut out = Vec::new();
        assert_eq!(decoder.decode(&input, &mut out), Err(DecodeError::CallTooLarge));
        assert!(out.len() <= (8 << 20) + 32 * 1024 && out.capacity() <= 17 << 20, "{}", out.capacity());

        // In small chunks no call is too large, but the whole is.
        let mut decoder = Decoder::new(&[coding], Limits { ratio_from: 1 << 20, ..Limits::default() });
        let mut failed = None;
        for byte in input.chunks(1) {
            out.clear();
            if let Err(error) = decoder.decode(byte, &mut out) {
                failed = Some(error);
                break;
            }
        }
        assert!(matches!(failed, Some(DecodeError::RatioTooHigh | DecodeError::CallTooLarge)), "{coding:?} {failed:?}");
    }
}

#[test]
fn p13_brotli_with_a_large_window_is_refused() {
    // The large-window extension (0x11, then the bits of the window): with it 1 GB would be allocated.
    assert_eq!(decode(Coding::Brotli, &[0x11, 0x1e, 0, 0, 0, 0, 0, 0], 64), Err(DecodeError::Corrupt));
}

#[test]
fn an_empty_body_with_a_coding_is_whole() {
    for coding in ALL {
        assert_eq!(decode(coding, b"", 1), Ok(Vec::new()));
    }
    assert_eq!(decode_list(&[], b"", 1), Ok(Vec::new()));
}

#[test]
fn p16_the_decoder_can_travel_in_the_context() {
    fn check<T: Send + Sync>() {}
    check::<Decoder>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), size in 1usize..64) {
        let with_magic = [&[0x1f, 0x8b, 8], bytes.as_slice()].concat();
        for coding in ALL {
            drop(decode(coding, &bytes, size));
            drop(decode(coding, &with_magic, size));
        }
    }

    #[test]
    fn round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..5000), size in 1usize..3000) {
        for coding in ALL {
            let decoded = decode(coding, &coded(coding, &bytes), size);
            prop_assert_eq!(decoded.as_deref(), Ok(bytes.as_slice()));
        }
    }
}
