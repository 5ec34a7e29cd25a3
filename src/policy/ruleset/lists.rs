//! The filter lists of a rules directory, compiled. A list that has not changed since the last load is not compiled
//! again: it is what takes longest of all.

use super::compile::Findings;
use crate::policy::file::{Document, Kind, RuleError, RuleFile};
use crate::policy::list::List;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The lists in use, by the digest of their text.
static COMPILED: Mutex<Vec<(String, Weak<List>)>> = Mutex::new(Vec::new());

/// The lists there are, by their path below the rules directory; `None` for those that no `[[list]]` names.
pub(super) type Lists = HashMap<String, Option<Arc<List>>>;

/// Compiles the lists that a `[[list]]` of these documents names.
pub(super) fn compile<'d>(
    files: &[RuleFile],
    documents: impl Iterator<Item = &'d Document>,
    findings: &mut Findings,
) -> Lists {
    let named: HashSet<&str> = documents.flat_map(|d| &d.lists).map(|rule| rule.file.value.as_str()).collect();
    let mut lists = Lists::new();
    for file in files.iter().filter(|file| file.kind() == Some(Kind::List)) {
        let name = format!("lists/{}", file.path.rsplit(['/', '\\']).next().unwrap_or_default());
        if !named.contains(name.as_str()) {
            lists.insert(name, None);
            continue;
        }
        match compiled(&file.text) {
            Ok(list) => drop(lists.insert(name, Some(list))),
            Err(problem) => {
                let (file, problem) = (file.path.clone(), problem.to_owned());
                findings.error(RuleError { file, problem, ..RuleError::default() });
            }
        }
    }
    lists
}

fn compiled(text: &str) -> Result<Arc<List>, &'static str> {
    let digest = List::digest_of(text);
    let known = COMPILED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .find_map(|(known, list)| (*known == digest).then(|| list.upgrade()).flatten());
    if let Some(list) = known {
        return Ok(list);
    }
    let list = Arc::new(List::new(text)?);
    let mut kept = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|(_, list)| list.strong_count() > 0);
    kept.push((digest, Arc::downgrade(&list)));
    Ok(list)
}
