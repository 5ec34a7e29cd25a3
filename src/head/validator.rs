//! Entity tags of rewritten pages: the origin's tag names several bodies, one per variant (pitfalls 33, 34, 36).
//!
//! `"abc"` becomes `W/"<variant>:abc"`. What the origin's tag was is kept, so that it comes back byte for byte: `:` stands
//! before a strong tag's opaque part, `~` before a weak one's, `-` before a tag that lacked its quotation marks. A page
//! without the snippet (a fragment) has an `f` after the variant: it is another body too.

use http::HeaderValue;

/// One entity tag, as it stood in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityTag<'t> {
    /// The whole tag.
    pub raw: &'t [u8],
    form: Form,
    opaque: &'t [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Strong,
    Weak,
    /// Without quotation marks: not allowed, seen nevertheless.
    Bare,
}

impl Form {
    const fn mark(self) -> u8 {
        match self {
            Self::Strong => b':',
            Self::Weak => b'~',
            Self::Bare => b'-',
        }
    }

    const fn of_mark(mark: u8) -> Option<Self> {
        match mark {
            b':' => Some(Self::Strong),
            b'~' => Some(Self::Weak),
            b'-' => Some(Self::Bare),
            _ => None,
        }
    }

    fn write(self, opaque: &[u8]) -> Vec<u8> {
        match self {
            Self::Strong => [b"\"", opaque, b"\""].concat(),
            Self::Weak => [b"W/\"", opaque, b"\""].concat(),
            Self::Bare => opaque.to_vec(),
        }
    }
}

/// The tags of an `If-Match` or `If-None-Match` field, `*` included as a tag of its own. Tolerant: what has no quotation
/// marks, or only the first of them, reaches to the next comma. The tags are slices of the field.
pub fn tags(field: &[u8]) -> impl Iterator<Item = EntityTag<'_>> {
    let mut rest = field;
    std::iter::from_fn(move || {
        let (tag, behind) = next_tag(rest)?;
        rest = behind;
        Some(tag)
    })
}

fn next_tag(field: &[u8]) -> Option<(EntityTag<'_>, &[u8])> {
    let start = field.iter().position(|b| !matches!(b, b' ' | b'\t' | b','))?;
    let text = field.get(start..)?;
    let weak = text.strip_prefix(b"W/\"").or_else(|| text.strip_prefix(b"w/\""));
    let strong = text.strip_prefix(b"\"");
    let (form, inside) = if weak.is_some() { (Form::Weak, weak) } else { (Form::Strong, strong) };
    let quoted = inside.and_then(|inside| Some((inside, inside.iter().position(|b| *b == b'"')?)));
    let (form, opaque, length) = match quoted {
        Some((inside, end)) => (form, inside.get(..end)?, text.len() - inside.len() + end + 1),
        None => {
            let end = text.iter().position(|b| *b == b',').unwrap_or(text.len());
            let bare = text.get(..end)?.trim_ascii_end();
            (Form::Bare, bare, bare.len())
        }
    };
    let (raw, behind) = text.split_at_checked(length)?;
    Some((EntityTag { raw, form, opaque }, behind))
}

/// The identity of one body of a page, as its entity tag begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'v> {
    /// The variant (D5), 16 hexadecimal digits.
    pub variant: &'v str,
    /// Whether the page carries the snippet.
    pub whole: bool,
}

/// What a client's tag is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// It names the body that this visitor would get now; the origin's tag.
    Current(Vec<u8>),
    /// It names another body of the same page; the origin's tag.
    Other(Vec<u8>),
    /// The origin's own, on something that was never rewritten, or was not when the client got it.
    Origin,
}

impl Stamp<'_> {
    /// The tag of the rewritten page whose tag at the origin is `origin`; `None` when that is no tag at all.
    pub fn mark(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        let tag = tags(origin.as_bytes()).next()?;
        // A bare `*` would come back as "any".
        if tag.raw == b"*" || tag.opaque.contains(&b'"') || tag.raw.len() != origin.as_bytes().trim_ascii().len() {
            return None;
        }
        let fragment: &[u8] = if self.whole { b"" } else { b"f" };
        let mark = [tag.form.mark()];
        let parts = [b"W/\"", self.variant.as_bytes(), fragment, &mark, tag.opaque, b"\""];
        HeaderValue::from_bytes(&parts.concat()).ok()
    }

    /// Whose a client's tag is. Tags of ours are weak and begin with 16 hexadecimal digits; where something on the way
    /// took the `W/` off, the current variant is still known.
    pub fn owner(&self, tag: &EntityTag<'_>) -> Owner {
        let Some((variant, rest)) = tag.opaque.split_at_checked(self.variant.len()) else { return Owner::Origin };
        let (whole, rest) = rest.strip_prefix(b"f").map_or((true, rest), |rest| (false, rest));
        let Some((form, opaque)) = rest.split_first().and_then(|(m, opaque)| Some((Form::of_mark(*m)?, opaque))) else {
            return Owner::Origin;
        };
        if tag.form != Form::Bare && variant == self.variant.as_bytes() && whole == self.whole {
            Owner::Current(form.write(opaque))
        } else if tag.form == Form::Weak && variant.iter().all(u8::is_ascii_hexdigit) {
            Owner::Other(form.write(opaque))
        } else {
            Owner::Origin
        }
    }
}

/// For fuzzing: whatever the field, each of its tags must come back from its marked form as the same bytes.
pub fn fuzz_tags(field: &[u8]) {
    assert!(holds(field), "a tag did not come back");
}

fn holds(field: &[u8]) -> bool {
    let stamp = Stamp { variant: "0123456789abcdef", whole: true };
    tags(field).all(|tag| {
        let Some(marked) = HeaderValue::from_bytes(tag.raw).ok().and_then(|raw| stamp.mark(&raw)) else { return true };
        let mut read = tags(marked.as_bytes());
        let owner = read.next().map(|tag| stamp.owner(&tag));
        // `w/` is written `W/` again.
        let same = |origin: &[u8]| origin == tag.raw || tag.form == Form::Weak && origin.get(1..) == tag.raw.get(1..);
        matches!(owner, Some(Owner::Current(origin)) if same(&origin)) && read.next().is_none()
    })
}
