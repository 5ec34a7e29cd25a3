//! Who is logged in: sessions in memory, each with a role, and how often somebody may try to log in.

use crate::gateway::Token;
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The cookie's name.
const COOKIE: &str = "consentry_session";

/// Where it is sent.
const PATH: &str = "/";

/// The most sessions; one more ends the oldest.
const MOST: usize = 64;

/// How long one lasts, and how long without a request.
const LASTS: Duration = Duration::from_secs(12 * 3_600);
const IDLE: Duration = Duration::from_secs(3_600);

/// Wrong tokens from one address, and from all, in one window.
const WRONG_OF_ONE: u32 = 5;
const WRONG_OF_ALL: u32 = 50;
const WINDOW: Duration = Duration::from_secs(60);

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::admin) enum Role {
    /// Sees everything.
    Viewer,
    /// Reloads rules, empties the cache and runs checks too.
    Operator,
}

impl Role {
    pub(in crate::admin) const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub(in crate::admin) struct Session {
    pub(in crate::admin) role: Role,
    /// What forms must carry: a page of somebody else's does not know it.
    pub(in crate::admin) csrf: String,
    begun: Instant,
    seen: Instant,
}

/// All of them. A restart ends them.
#[derive(Debug)]
pub(in crate::admin) struct Sessions {
    operator: Option<Token>,
    viewer: Option<Token>,
    /// By the digest of what the cookie holds.
    all: Mutex<HashMap<[u8; 32], Session>>,
    wrong: Mutex<Wrong>,
}

/// Wrong tokens in this window. As many addresses as may be wrong in it.
#[derive(Debug, Default)]
struct Wrong {
    since: Option<Instant>,
    all: u32,
    of: HashMap<IpAddr, u32>,
}

/// Why nobody is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::admin) enum LoginError {
    /// It is no token of ours.
    Wrong,
    /// Too many were wrong lately.
    TooMany,
    /// The system gave no random bytes.
    NoRandom,
}

impl Sessions {
    pub(in crate::admin) fn new(operator: Option<Token>, viewer: Option<Token>) -> Self {
        Self { operator, viewer, all: Mutex::default(), wrong: Mutex::default() }
    }

    /// Whether anybody can log in.
    pub(in crate::admin) fn is_open(&self) -> bool {
        self.operator.is_some() || self.viewer.is_some()
    }

    /// The role of a token. Each is compared, in a time that does not depend on where it differs.
    pub(in crate::admin) fn role(&self, sent: &[u8]) -> Option<Role> {
        let is = |token: &Option<Token>| token.as_ref().is_some_and(|token| token.is(sent));
        match (is(&self.operator), is(&self.viewer)) {
            (true, _) => Some(Role::Operator),
            (false, true) => Some(Role::Viewer),
            (false, false) => None,
        }
    }

    /// Begins a session; the value of `Set-Cookie`. A right token is refused too while too many are wrong: who guesses must not
    /// learn that one was right.
    pub(in crate::admin) fn begin(
        &self,
        sent: &str,
        from: Option<IpAddr>,
        is_secure: bool,
        now: Instant,
    ) -> Result<(Role, HeaderValue), LoginError> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if !wrong.may_try(from, now) {
            return Err(LoginError::TooMany);
        }
        let Some(role) = self.role(sent.trim().as_bytes()) else {
            wrong.note(from);
            return Err(LoginError::Wrong);
        };
        drop(wrong);
        let (secret, csrf) = random().zip(random()).ok_or(LoginError::NoRandom)?;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, session| session.holds(now));
        while all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key)
        {
            all.remove(&oldest);
        }
        all.insert(digest(&secret), Session { role, csrf, begun: now, seen: now });
        Ok((role, cookie(&secret, LASTS.as_secs(), is_secure)))
    }

    /// Whose request this is.
    pub(in crate::admin) fn of(&self, headers: &HeaderMap, now: Instant) -> Option<Session> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let session = all.get_mut(&digest(sent(headers)?)).filter(|session| session.holds(now))?;
        session.seen = now;
        Some(session.clone())
    }

    /// Ends the session of a request; the value of `Set-Cookie` that takes it from the browser.
    pub(in crate::admin) fn end(&self, headers: &HeaderMap) -> HeaderValue {
        if let Some(secret) = sent(headers) {
            self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest(secret));
        }
        cookie("", 0, false)
    }
}

impl Session {
    fn holds(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.begun) < LASTS && now.saturating_duration_since(self.seen) < IDLE
    }

    /// Whether a form carries what belongs to this session.
    pub(in crate::admin) fn sent_it(&self, csrf: &str) -> bool {
        digest(csrf) == digest(&self.csrf)
    }
}

impl Wrong {
    fn may_try(&mut self, from: Option<IpAddr>, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.saturating_duration_since(since) >= WINDOW) {
            *self = Self { since: Some(now), ..Self::default() };
        }
        let of_one = from.and_then(|from| self.of.get(&from)).copied().unwrap_or_default();
        self.all < WRONG_OF_ALL && of_one < WRONG_OF_ONE
    }

    fn note(&mut self, from: Option<IpAddr>) {
        self.all += 1;
        if let Some(from) = from {
            *self.of.entry(from).or_default() += 1;
        }
    }
}

/// Digests are compared, so that time says nothing of the secret.
fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// 32 random bytes in hex digits.
fn random() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(crate::collect::digests::hex(&bytes))
}

fn cookie(secret: &str, seconds: u64, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!("{COOKIE}={secret}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

fn sent(headers: &HeaderMap) -> Option<&str> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let pairs = fields.flat_map(|field| field.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
