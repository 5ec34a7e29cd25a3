//! The consent tools' cookies: names with their answers, and what the value says beside them.

use super::meaning::{Meaning, date, yes_or_no};
use super::whole;
use crate::consent::codec::answers::{Answers, Head, Name};
use crate::consent::codec::scan::scan;
use crate::consent::codec::{Format, complianz, instant, optanon, trustarc};
use crate::consent::cookie;
use serde_json::{Map, Value, json};

/// What a value names, apart by kind.
#[derive(Default)]
struct Named {
    groups: Vec<(String, bool)>,
    services: Vec<(String, bool)>,
}

impl Named {
    fn take(&mut self, name: Name<'_>, yes: bool) {
        let side = if matches!(name, Name::Group(_)) { &mut self.groups } else { &mut self.services };
        side.push((name.as_str().to_owned(), yes));
    }
}

impl Meaning {
    /// A value of named answers in one cookie.
    pub(super) fn named(&mut self, format: Format, value: &[u8]) -> Result<(), String> {
        if format == Format::Optanon
            && let Ok(closed) = optanon::closed(value)
        {
            let at = instant::write_iso8601(closed);
            self.json.insert("value".to_owned(), json!({"closed": at}));
            self.add("closed", at);
            return Ok(());
        }
        let mut named = Named::default();
        let head = scan(format, value, |name, yes| named.take(name, yes)).ok_or("it is not read here")?;
        let head = head.map_err(|error| error.to_string())?;
        self.answers(named, &head);
        self.json.extend(whole::of(format, value).map(|whole| ("value".to_owned(), whole)));
        Ok(())
    }

    /// Complianz' cookies as they stand in a header: `cmplz_statistics=allow; cmplz_marketing=deny`.
    pub(super) fn complianz(&mut self, text: &[u8]) -> Result<(), String> {
        let mut named = Named::default();
        let head = complianz::scan(cookie::pairs(text), complianz::PREFIX, |name, yes| named.take(name, yes));
        let head = head.map_err(|error| error.to_string())?;
        if named.groups.is_empty() && named.services.is_empty() {
            return Err("no cookie cmplz_<category>=allow or =deny; give them with their names".to_owned());
        }
        self.answers(named, &head);
        self.json.extend(whole::of_complianz(text).map(|whole| ("value".to_owned(), whole)));
        Ok(())
    }

    /// One of TrustArc's cookies, which only its name tells apart.
    pub(super) fn trustarc(&mut self, name: &[u8], value: &[u8]) -> Result<(), String> {
        let unnamed = "give it with its name: notice_preferences=…, notice_gdpr_prefs=… or cmapi_cookie_privacy=…";
        let cookie = trustarc::Cookie::from_name(name).ok_or(unnamed)?;
        let mut named = Named::default();
        let head =
            trustarc::scan(cookie, value, |name, yes| named.take(name, yes)).map_err(|error| error.to_string())?;
        self.answers(named, &head);
        self.json.extend(whole::of_trustarc(name, cookie, value).map(|whole| ("value".to_owned(), whole)));
        Ok(())
    }

    fn answers(&mut self, named: Named, head: &Head) {
        self.add("answered", head.answered);
        for (key, time) in [("updated", head.updated), ("expires", head.expires)] {
            if let Some(milliseconds) = time {
                self.add(key, date(milliseconds / 100));
            }
        }
        if let Some(revision) = head.revision {
            self.add("revision", revision);
        }
        if let Some(rest) = head.rest {
            self.add("others", rest);
        }
        for (key, line, answers) in [("groups", "group", named.groups), ("services", "service", named.services)] {
            let answers = Answers::new(answers);
            for (name, yes) in answers.iter() {
                self.lines.push((line, format!("{name} {}", yes_or_no(yes))));
            }
            let members: Map<String, Value> = answers.iter().map(|(name, yes)| (name.to_owned(), yes.into())).collect();
            if !members.is_empty() {
                self.json.insert(key.to_owned(), members.into());
            }
        }
    }
}
