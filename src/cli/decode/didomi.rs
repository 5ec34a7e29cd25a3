//! Didomi's consent strings, our own cookie among them, and OneTrust's string.

use super::meaning::{Meaning, date, yes_or_no};
use crate::consent::codec::didomi::{self, Dcs, Field, Form, LogEntry, Parts, Statuses};
use crate::consent::codec::ids::IdSet;
use crate::consent::codec::onetrust;
use crate::consent::codec::signature::Keyring;
use serde_json::{Value, json};

impl Meaning {
    /// A consent string, with its signature verified and its fields' places where that was asked for.
    pub(super) fn didomi(
        &mut self,
        value: &[u8],
        log: bool,
        signed_for: Option<(&str, &Keyring)>,
    ) -> Result<(), String> {
        let (dcs, entries) = didomi::decode_logged(value).map_err(|error| error.to_string())?;
        self.dcs(&dcs);
        self.json.insert("value".to_owned(), status_object(&dcs));
        self.parts(&Parts::split(value), signed_for);
        if log {
            self.log(&entries);
        }
        Ok(())
    }

    fn dcs(&mut self, dcs: &Dcs) {
        self.add("version", dcs.form.version());
        self.add("user_id", uuid::Uuid::from_bytes(dcs.user_id).to_string());
        self.add("created", date(dcs.created));
        self.add("updated", date(dcs.updated));
        if let Form::V2 { regulation, .. } = dcs.form {
            self.add("regulation_id", regulation);
        }
        if dcs.form != Form::V1Plain {
            self.add("sync", dcs.form.sync().map_or(Value::Null, |sync| date(sync).into()));
        }
        let sections = [
            ("purposes", &dcs.purposes),
            ("purposes_li", &dcs.purposes_li),
            ("vendors", &dcs.vendors),
            ("vendors_li", &dcs.vendors_li),
        ];
        // In JSON also under the names of the format's own decoder.
        for ((key, statuses), field) in sections.into_iter().zip(Field::ALL) {
            let ids = |set: &IdSet| set.iter().collect::<Vec<_>>();
            self.lines.push((key, statuses_text(statuses)));
            let value = json!({"enabled": ids(statuses.enabled()), "disabled": ids(statuses.disabled())});
            self.json.insert(key.to_owned(), value.clone());
            self.json.insert(field.key().to_owned(), value);
        }
    }

    fn parts(&mut self, parts: &Parts<'_>, signed_for: Option<(&str, &Keyring)>) {
        for (key, part) in [("did", parts.did), ("ouid", parts.ouid), ("signature", parts.signature)] {
            if let Some(part) = part {
                self.add(key, String::from_utf8_lossy(part).into_owned());
            }
        }
        if let Some((site, keyring)) = signed_for {
            let ours = parts.signature.is_some_and(|signature| keyring.verify(site, parts.signed, signature));
            self.lines.push((
                "signature is",
                if ours { format!("ours, for the site {site}") } else { format!("not ours for the site {site}") },
            ));
            self.json.insert("signed_by_us".to_owned(), ours.into());
        }
    }

    fn log(&mut self, entries: &[LogEntry]) {
        for entry in entries {
            let line = format!("{:<16} at bit {:>4}  {}", entry.key, entry.offset, entry.encoder.name());
            self.lines.push(("log", line));
        }
        let value = |e: &LogEntry| json!({"key": e.key, "offset": e.offset, "usedEncoder": e.encoder.name()});
        self.json.insert("log".to_owned(), entries.iter().map(value).collect());
    }

    /// OneTrust's string.
    pub(super) fn onetrust(&mut self, value: &[u8]) -> Result<(), String> {
        let decoded = onetrust::decode(value).map_err(|error| format!("{}: {error}", error.code()))?;
        let answered = if decoded.groups().is_some() { "yes" } else { "no: written before a choice" };
        self.lines.push(("answered", answered.to_owned()));
        for (name, at) in [("last consent", decoded.last_consent()), ("expires", decoded.expiry())] {
            if let Some(milliseconds) = at {
                self.lines.push((name, date(milliseconds / 100)));
            }
        }
        for (group, granted) in decoded.groups().into_iter().flatten() {
            self.lines.push(("group", format!("{group} {}", yes_or_no(granted))));
        }
        for (name, member) in decoded.members() {
            if let onetrust::Member::Other(value) = member {
                self.lines.push(("member", format!("{name} = {value}")));
            }
        }
        self.json.insert("answered".to_owned(), decoded.groups().is_some().into());
        self.json.insert("value".to_owned(), serde_json::to_value(&decoded).unwrap_or_default());
        Ok(())
    }
}

/// The format's own status object, from which `encode` writes the sections again.
fn status_object(dcs: &Dcs) -> Value {
    let ids = |set: &IdSet| set.iter().collect::<Vec<_>>();
    let lists = |statuses: &Statuses| json!({"enabled": ids(statuses.enabled()), "disabled": ids(statuses.disabled())});
    let bases = |optin, optout| json!({"optin": lists(optin), "optout": lists(optout)});
    let mut object = json!({
        "userId": uuid::Uuid::from_bytes(dcs.user_id).to_string(),
        "created": date(dcs.created),
        "updated": date(dcs.updated),
    });
    let regulation =
        if let Form::V2 { regulation, .. } = dcs.form { Some(("regulationId", regulation.into())) } else { None };
    let sync = dcs.form.sync().map(|sync| ("sync", date(sync).into()));
    let sections =
        [("purposes", bases(&dcs.purposes, &dcs.purposes_li)), ("vendors", bases(&dcs.vendors, &dcs.vendors_li))];
    if let Some(members) = object.as_object_mut() {
        let rest = regulation.into_iter().chain(sync).chain(sections);
        members.extend(rest.map(|(name, value): (&str, Value)| (name.to_owned(), value)));
    }
    object
}

/// `enabled 1-2, 6-8; disabled 3-4`.
fn statuses_text(statuses: &Statuses) -> String {
    let ranges = |set: &IdSet| {
        let range = |(start, end): &(u16, u16)| if start == end { start.to_string() } else { format!("{start}-{end}") };
        set.ranges().iter().map(range).collect::<Vec<_>>().join(", ")
    };
    let parts = [("enabled", statuses.enabled()), ("disabled", statuses.disabled())];
    let parts: Vec<String> =
        parts.iter().filter(|(_, set)| !set.is_empty()).map(|(name, set)| format!("{name} {}", ranges(set))).collect();
    if parts.is_empty() { "nothing answered".to_owned() } else { parts.join("; ") }
}
