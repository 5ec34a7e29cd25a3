//! What is ours may run under each of a page's own policies, and nothing else more than before (pitfall 49, D11).
//!
//! The guard and its kin are inline and constant, so their hashes are enough; the scripts and answers below our own prefix get that one
//! path. A policy that lets every inline script run is left as it is: with a hash in it browsers would stop to.

/// What of ours a page loads.
#[derive(Debug, Clone, Copy)]
pub struct Ours<'a> {
    /// The hashes of what is inline as sources: `'sha256-…'`.
    pub inline: &'a [String],
    /// Where our own paths are: `https://shop.example/_c/`.
    pub paths: &'a str,
}

/// The directives that decide about a script, from the one that comes first.
const SCRIPTS: [&str; 3] = ["script-src-elem", "script-src", "default-src"];

/// The directives that decide about an answer's POST.
const CONNECTIONS: [&str; 2] = ["connect-src", "default-src"];

/// These policies (a header field's value, or a `meta`'s) with what is ours allowed in each; every other byte stays. O(length).
pub fn allow(policies: &[u8], ours: &Ours<'_>) -> Vec<u8> {
    let policies: Vec<Vec<u8>> = policies.split(|b| *b == b',').map(|policy| in_policy(policy, ours)).collect();
    policies.join(b",".as_slice())
}

/// SPEC: CSP3 §2.2.1: the first directive of a name counts.
fn in_policy(policy: &[u8], ours: &Ours<'_>) -> Vec<u8> {
    let directives: Vec<&[u8]> = policy.split(|b| *b == b';').collect();
    let first = |names: &[&str]| {
        names.iter().find_map(|wanted| directives.iter().position(|d| name(d).eq_ignore_ascii_case(wanted.as_bytes())))
    };
    let (scripts, connections) = (first(&SCRIPTS), first(&CONNECTIONS));
    let edited = directives.iter().enumerate().map(|(at, directive)| {
        let mut added = Vec::new();
        if scripts == Some(at) {
            added.extend(ours.inline.iter().filter(|hash| needs_hash(directive, hash)).map(String::as_str));
            // Behind 'strict-dynamic' no host counts: the guard, which may run, loads the rest.
            added.extend(Some(ours.paths).filter(|_| !says(directive, b"'strict-dynamic'")));
        }
        if connections == Some(at) {
            added.push(ours.paths);
        }
        let reaches_paths = [b"'self'", &b"*"[..], ours.paths.as_bytes()].iter().any(|source| says(directive, source));
        added.retain(|source| *source != ours.paths || !reaches_paths);
        added.dedup();
        with(directive, &added)
    });
    edited.collect::<Vec<_>>().join(b";".as_slice())
}

/// The directive with these sources behind its own; `'none'` counts only alone.
fn with(directive: &[u8], added: &[&str]) -> Vec<u8> {
    if added.is_empty() {
        return directive.to_vec();
    }
    let mut kept = directive.to_vec();
    if says(directive, b"'none'") {
        kept = words(directive)
            .filter(|word| !word.eq_ignore_ascii_case(b"'none'"))
            .collect::<Vec<_>>()
            .join(b" ".as_slice());
        if directive.first().is_some_and(u8::is_ascii_whitespace) {
            kept.insert(0, b' ');
        }
    }
    let end = kept.trim_ascii_end().len();
    kept.truncate(end);
    added.iter().for_each(|source| kept.extend([b" ", source.as_bytes()].concat()));
    kept
}

/// Not where every inline script may run already, or this one.
fn needs_hash(directive: &[u8], hash: &str) -> bool {
    let exact = |word: &[u8]| {
        let word = word.to_ascii_lowercase();
        [&b"'nonce-"[..], b"'sha256-", b"'sha384-", b"'sha512-", b"'strict-dynamic'"]
            .iter()
            .any(|p| word.starts_with(p))
    };
    let all_may = says(directive, b"'unsafe-inline'") && !words(directive).any(exact);
    !all_may && !words(directive).any(|word| word == hash.as_bytes())
}

fn says(directive: &[u8], source: &[u8]) -> bool {
    words(directive).skip(1).any(|word| word.eq_ignore_ascii_case(source))
}

fn name(directive: &[u8]) -> &[u8] {
    words(directive).next().unwrap_or_default()
}

fn words(directive: &[u8]) -> impl Iterator<Item = &[u8]> {
    directive.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static INLINE: LazyLock<[String; 1]> = LazyLock::new(|| ["'sha256-G='".to_owned()]);

    fn ours() -> Ours<'static> {
        Ours { inline: &*INLINE, paths: "https://s.example/_c/" }
    }

    fn one(policies: &str) -> String {
        String::from_utf8(allow(policies.as_bytes(), &ours())).unwrap()
    }

    #[test]
    fn p49_twelve_policies_let_ours_run_and_nothing_else() {
        for (policy, expected) in [
            ("default-src 'self'", "default-src 'self' 'sha256-G='"),
            ("default-src 'none'", "default-src 'sha256-G=' https://s.example/_c/"),
            ("default-src *", "default-src * 'sha256-G='"),
            ("script-src 'self' 'unsafe-inline'", "script-src 'self' 'unsafe-inline'"),
            (
                "script-src 'none'; connect-src 'self'",
                "script-src 'sha256-G=' https://s.example/_c/; connect-src 'self'",
            ),
            ("script-src 'nonce-a' 'strict-dynamic'", "script-src 'nonce-a' 'strict-dynamic' 'sha256-G='"),
            (
                "script-src 'nonce-a' 'unsafe-inline' https:; connect-src https://api.example",
                "script-src 'nonce-a' 'unsafe-inline' https: 'sha256-G=' https://s.example/_c/; \
                 connect-src https://api.example https://s.example/_c/",
            ),
            (
                "default-src 'self'; script-src a.example; script-src-elem b.example; script-src-attr 'none'",
                "default-src 'self'; script-src a.example; script-src-elem b.example 'sha256-G=' https://s.example/_c/; \
                 script-src-attr 'none'",
            ),
            ("SCRIPT-SRC 'Self'; script-src 'none'", "SCRIPT-SRC 'Self' 'sha256-G='; script-src 'none'"),
            ("img-src 'none'; frame-ancestors 'none'", "img-src 'none'; frame-ancestors 'none'"),
            ("require-trusted-types-for 'script'; sandbox", "require-trusted-types-for 'script'; sandbox"),
            (
                "script-src 'sha256-G=' 'self', default-src 'self'",
                "script-src 'sha256-G=' 'self', default-src 'self' 'sha256-G='",
            ),
        ] {
            assert_eq!(one(policy), expected);
        }
    }

    proptest! {
        /// Whatever the policy: only our two sources are added and only 'none' goes, the directives stay in order, and doing
        /// it again changes nothing.
        #[test]
        fn nothing_else_is_allowed(policy in "(( ?(default-src|script-src|connect-src|x)( ('none'|'self'|\\*|'nonce-a'|'unsafe-inline'|a)){0,3} ?)[;,]){0,5}") {
            let after = one(&policy);
            let ours = [INLINE[0].as_str(), ours().paths, "'none'"];
            let rest = |text: &str| -> Vec<Vec<String>> {
                let directives = text.split([';', ',']);
                let kept = |d: &str| d.split_whitespace().filter(|word| !ours.contains(word)).map(str::to_owned).collect();
                directives.map(kept).collect()
            };
            prop_assert_eq!(rest(&after), rest(&policy));
            prop_assert_eq!(one(&after), after);
        }
    }
}
