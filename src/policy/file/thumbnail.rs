//! The keys of `[[thumbnail]]`.

use super::RuleError;
use super::fields::Fields;
use super::service::checked;
use crate::policy::thumbnail::{Thumbnail, is_host};

/// `[[thumbnail]]`.
pub(super) fn thumbnail(mut fields: Fields<'_, '_>) -> Option<Thumbnail> {
    let frame = fields.text("frame");
    let frame = fields.required("frame", frame, "\"video.example/embed/{id}\"");
    let picture = fields.text("picture");
    let picture = fields.required("picture", picture, "\"https://video.example/{id}.jpg\"");
    let host = |text: &str| is_host(text).then_some(()).ok_or("must be a host's name in lower case");
    let hosts = checked(&mut fields, "hosts", host).into_iter().map(|(text, ())| text.value).collect();
    let internal = fields.flag("internal").is_some_and(|flag| flag.value);
    let read = frame.zip(picture).and_then(|(frame, picture)| {
        let parsed = Thumbnail::parse(&frame.value, &picture.value, hosts, internal);
        let (in_frame, problem) = match parsed {
            Ok(thumbnail) => return Some(thumbnail),
            Err(wrong) => wrong,
        };
        let wrong = if in_frame { frame } else { picture };
        fields.refuse(RuleError::at(&wrong.place, &wrong.value, problem));
        None
    });
    fields.finish();
    read
}
