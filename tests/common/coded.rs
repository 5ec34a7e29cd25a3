//! Bodies in the content codings that origins use.

use std::io::{Read, Write};

/// One gzip member.
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A gzip stream in pieces that can each be decoded when they arrive (sync flush), as streaming servers send it.
pub fn gzip_pieces(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut coded: Vec<Vec<u8>> = Vec::new();
    for piece in pieces {
        encoder.write_all(piece).unwrap();
        encoder.flush().unwrap();
        coded.push(std::mem::take(encoder.get_mut()));
    }
    coded.push(encoder.finish().unwrap());
    coded
}

/// A brotli stream.
pub fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut &*plain, &mut coded, &parameters).unwrap();
    coded
}

/// Undoes gzip.
pub fn gunzip(coded: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(coded).read_to_end(&mut plain).unwrap();
    plain
}
