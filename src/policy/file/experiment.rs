//! `[[widget.variant]]`: forms of the widget that are compared. What holds for the widget holds for each of them: they have one
//! colour for all buttons, and what cannot be read is refused.

use super::RuleError;
use super::fields::{At, Fields};
use super::look::panel;
use crate::policy::Look;
use crate::policy::experiment::{MOST, NAME_MOST, TEXTS, WidgetVariant};
use crate::policy::site::Texts;

/// The longest label of a button, in characters: what is longer makes of a button a paragraph.
const LABEL_MOST: usize = 60;

/// The variants of a widget whose own looks are these.
pub(super) fn variants(tables: Vec<Fields<'_, '_>>, widget: &Look) -> Vec<WidgetVariant> {
    let mut read: Vec<(WidgetVariant, At<u32>)> = Vec::new();
    let count = tables.len();
    for (at, mut table) in tables.into_iter().enumerate() {
        let name = name(&mut table);
        let share = table.number("share", 1..=99);
        let share = table.required("share", share, "50");
        let look = panel(&mut table, widget);
        let texts = texts(&mut table);
        let here = table.here();
        if count == 1 || at >= MOST {
            let problem = format!("there are {count}, and can be 2 to {MOST} to be compared");
            table.refuse(RuleError::at(&here, "", problem));
        }
        if let Some(name) = name.as_ref().filter(|name| read.iter().any(|(known, _)| known.name == name.value)) {
            table.refuse(RuleError::at(&name.place, &name.value, "two variants have this name"));
        }
        if let (Some(name), Some(share)) = (name, share) {
            read.push((WidgetVariant { name: name.value, share: share.value, look, texts }, share));
        }
        if at + 1 == count && read.len() == count {
            add_up(&table, &read);
        }
        table.finish();
    }
    read.into_iter().map(|(variant, _)| variant).collect()
}

fn name(table: &mut Fields<'_, '_>) -> Option<At<String>> {
    let name = table.text("name");
    let name = table.required("name", name, "\"short\"")?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if (1..=NAME_MOST).contains(&name.value.len()) && name.value.bytes().all(plain) {
        return Some(name);
    }
    let problem = format!("must be 1 to {NAME_MOST} of a-z, 0-9, - and _");
    table.refuse(
        RuleError::at(&name.place, &name.value, problem).hint("like \"short\": it is in proofs and statistics"),
    );
    None
}

fn add_up(table: &Fields<'_, '_>, read: &[(WidgetVariant, At<u32>)]) {
    let sum: u32 = read.iter().map(|(_, share)| share.value).sum();
    if let Some((_, last)) = read.last().filter(|_| sum != 100) {
        let error = RuleError::at(&last.place, last.value, format!("the shares add up to {sum}, must be 100"));
        table.refuse(error.hint("each is the percentage of visitors who see the variant"));
    }
}

/// `[widget.variant.texts.fr]`.
fn texts(table: &mut Fields<'_, '_>) -> Texts {
    let languages = table.table("texts").map(Fields::sub_tables).unwrap_or_default();
    let mut all = Texts::new();
    for (language, texts) in languages {
        let pairs = texts.pairs();
        for (key, _) in pairs.iter().filter(|(key, _)| !TEXTS.contains(&key.value.as_str())) {
            let hint = super::error::nearest(&key.value, TEXTS.iter().copied());
            table.refuse(RuleError::at(&key.place, &key.value, "is no text that a variant can have").hint(hint));
        }
        labels(table, &pairs);
        let of = |wanted: &str| pairs.iter().find(|(key, _)| key.value == wanted);
        if let (Some((one, text)), None) | (None, Some((one, text))) = (of("accept"), of("refuse")) {
            let other = if one.value == "accept" { "refuse" } else { "accept" };
            let problem = format!("a variant that words {} words {other} too", one.value);
            let hint = format!("write {other} = \"…\" beside it: neither of the two may be put forward");
            table.refuse(RuleError::at(&text.place, &text.value, problem).hint(hint));
        }
        all.insert(
            language.to_ascii_lowercase(),
            pairs.into_iter().map(|(key, text)| (key.value, text.value)).collect(),
        );
    }
    all
}

/// Accepting and refusing are buttons that can be read, and told apart.
pub(super) fn labels(fields: &Fields<'_, '_>, pairs: &[(At<String>, At<String>)]) {
    let of = |wanted: &str| pairs.iter().find(|(key, _)| key.value == wanted).map(|(_, text)| text);
    for text in ["accept", "refuse", "choose", "save"].into_iter().filter_map(of) {
        let problem = if !text.value.chars().any(char::is_alphanumeric) {
            "is a button without words".to_owned()
        } else if text.value.chars().count() > LABEL_MOST {
            format!("is longer than the {LABEL_MOST} characters that a button has room for")
        } else {
            continue;
        };
        fields.refuse(
            RuleError::at(&text.place, &text.value, problem).hint("accepting and refusing must be as easy to see"),
        );
    }
    if let (Some(accept), Some(refuse)) = (of("accept"), of("refuse"))
        && accept.value.trim().to_lowercase() == refuse.value.trim().to_lowercase()
    {
        fields.refuse(RuleError::at(&refuse.place, &refuse.value, "says the same as accept: nobody could refuse"));
    }
}
