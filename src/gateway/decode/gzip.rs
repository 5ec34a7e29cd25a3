//! RFC 1952: a header, a deflate stream, a trailer, and perhaps again.
//!
//! Driven by hand over a raw inflate, so that every byte is out at once (pitfall 10), further members are read
//! (11) and the end is known (12).

use super::inflate::Inflate;
use super::{Budget, DecodeError};
use flate2::Crc;

const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// The state of one gzip body.
#[derive(Debug)]
pub(super) struct Gzip {
    inflate: Inflate,
    crc: Crc,
    at: At,
    /// Whether a member has ended: from then on anything that is no member is padding.
    ended: bool,
}

/// Where in a member the next byte stands.
#[derive(Debug, Clone, Copy)]
enum At {
    /// In the magic number, with so many of its bytes seen.
    Magic(usize),
    /// At the flags.
    Flags,
    /// In the six bytes of time, flags and system.
    Fixed {
        flags: u8,
        left: u8,
    },
    /// In the extra field's length; the low byte, once known.
    ExtraLength {
        flags: u8,
        low: Option<u8>,
    },
    Extra {
        flags: u8,
        left: u16,
    },
    Name {
        flags: u8,
    },
    Comment {
        flags: u8,
    },
    HeaderCrc {
        left: u8,
    },
    Body,
    /// In the eight bytes of check sum and size, little endian, those seen so far in `value`.
    Trailer {
        value: u64,
        seen: u32,
    },
    /// Behind the last member.
    Padding,
}

impl Default for Gzip {
    fn default() -> Self {
        Self { inflate: Inflate::new(false), crc: Crc::new(), at: At::Magic(0), ended: false }
    }
}

impl Gzip {
    /// Whether the input so far ends where a gzip file can end.
    pub(super) fn is_complete(&self) -> bool {
        // A started magic number behind a member is padding that happens to look like one.
        self.ended && matches!(self.at, At::Magic(_) | At::Padding)
    }

    pub(super) fn decode(
        &mut self,
        mut input: &[u8],
        out: &mut Vec<u8>,
        budget: &mut Budget,
    ) -> Result<(), DecodeError> {
        loop {
            match self.at {
                At::Padding => return Ok(()),
                At::Body => {
                    if self.inflate(&mut input, out, budget)? {
                        self.at = At::Trailer { value: 0, seen: 0 };
                    } else {
                        return Ok(());
                    }
                }
                at => {
                    let Some((&byte, rest)) = input.split_first() else { return Ok(()) };
                    input = rest;
                    self.at = self.step(at, byte)?;
                }
            }
        }
    }

    /// Inflates until the input is used up (`false`) or the stream ended (`true`).
    fn inflate(&mut self, input: &mut &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<bool, DecodeError> {
        let start = out.len();
        let ended = self.inflate.run(input, out, budget);
        self.crc.update(out.get(start..).unwrap_or_default());
        ended
    }

    /// One byte of a header or trailer.
    fn step(&mut self, at: At, byte: u8) -> Result<At, DecodeError> {
        Ok(match at {
            At::Magic(seen) => match MAGIC.get(seen) {
                Some(&expected) if expected == byte && seen + 1 == MAGIC.len() => At::Flags,
                Some(&expected) if expected == byte => At::Magic(seen + 1),
                _ if self.ended => At::Padding,
                _ => return Err(DecodeError::Corrupt),
            },
            At::Flags if byte & RESERVED != 0 => return Err(DecodeError::Corrupt),
            At::Flags => At::Fixed { flags: byte, left: 6 },
            At::Fixed { flags, left: 1 } => self.after(flags, 0),
            At::Fixed { flags, left } => At::Fixed { flags, left: left - 1 },
            At::ExtraLength { flags, low: None } => At::ExtraLength { flags, low: Some(byte) },
            At::ExtraLength { flags, low: Some(low) } => match u16::from_le_bytes([low, byte]) {
                0 => self.after(flags, FEXTRA),
                left => At::Extra { flags, left },
            },
            At::Extra { flags, left: 1 } => self.after(flags, FEXTRA),
            At::Extra { flags, left } => At::Extra { flags, left: left - 1 },
            At::Name { flags } if byte == 0 => self.after(flags, FNAME),
            At::Comment { flags } if byte == 0 => self.after(flags, FCOMMENT),
            At::HeaderCrc { left: 1 } => self.after(0, 0),
            At::HeaderCrc { left } => At::HeaderCrc { left: left - 1 },
            At::Trailer { value, seen } => {
                let value = value | u64::from(byte) << (8 * seen);
                if seen < 7 { At::Trailer { value, seen: seen + 1 } } else { self.end(value)? }
            }
            At::Name { .. } | At::Comment { .. } | At::Body | At::Padding => at,
        })
    }

    /// The header's next part after the one of flag `done`; without any left, the body.
    fn after(&mut self, flags: u8, done: u8) -> At {
        let next = |flag: u8| flags & flag != 0 && done < flag;
        if next(FEXTRA) {
            At::ExtraLength { flags, low: None }
        } else if next(FNAME) {
            At::Name { flags }
        } else if next(FCOMMENT) {
            At::Comment { flags }
        } else if flags & FHCRC != 0 {
            At::HeaderCrc { left: 2 }
        } else {
            self.inflate.reset();
            self.crc.reset();
            At::Body
        }
    }

    /// A member's end: its check sum and size must be right.
    fn end(&mut self, trailer: u64) -> Result<At, DecodeError> {
        let found = u64::from(self.crc.sum()) | u64::from(self.crc.amount()) << 32;
        if found != trailer {
            return Err(DecodeError::Corrupt);
        }
        self.ended = true;
        Ok(At::Magic(0))
    }
}
