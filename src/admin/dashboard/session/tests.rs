use super::*;

fn sessions() -> Sessions {
    Sessions::new(Token::new("operators-token".to_owned()), Token::new("viewers-token".to_owned()))
}

fn request(cookie: &HeaderValue) -> HeaderMap {
    let pair = cookie.to_str().unwrap().split(';').next().unwrap();
    HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(format!("a=b; {pair}")).unwrap())])
}

const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

#[test]
fn a_token_has_a_role_and_a_session_its_own_secrets() {
    let (sessions, now) = (sessions(), Instant::now());
    let (role, operator) = sessions.begin(" operators-token\n", HERE, true, now).unwrap();
    assert_eq!(role, Role::Operator);
    let text = operator.to_str().unwrap();
    assert!(text.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{text}");
    let (role, viewer) = sessions.begin("viewers-token", HERE, false, now).unwrap();
    assert_eq!(role, Role::Viewer);
    let (one, other) = (sessions.of(&request(&operator), now).unwrap(), sessions.of(&request(&viewer), now).unwrap());
    assert!(one.sent_it(&one.csrf.clone()) && !one.sent_it(&other.csrf) && !one.sent_it(""));
    sessions.end(&request(&operator));
    assert!(sessions.of(&request(&operator), now).is_none() && sessions.of(&request(&viewer), now).is_some());
    assert!(sessions.of(&HeaderMap::new(), now).is_none());
    assert!(sessions.of(&request(&HeaderValue::from_static("consentry_session=")), now).is_none());
}

#[test]
fn a_session_ends_by_itself() {
    let (sessions, now) = (sessions(), Instant::now());
    let (_, cookie) = sessions.begin("viewers-token", HERE, false, now).unwrap();
    let mut later = now;
    for _ in 0..12 {
        later += IDLE - Duration::from_secs(1);
        assert!(sessions.of(&request(&cookie), later).is_some());
    }
    assert!(sessions.of(&request(&cookie), now + LASTS).is_none(), "however busy it was");
    let (_, cookie) = sessions.begin("viewers-token", HERE, false, now).unwrap();
    assert!(sessions.of(&request(&cookie), now + IDLE).is_none());
}

#[test]
fn guesses_are_limited_by_address_and_in_all() {
    let (sessions, now) = (sessions(), Instant::now());
    for _ in 0..WRONG_OF_ONE {
        assert_eq!(sessions.begin("guess", HERE, false, now).unwrap_err(), LoginError::Wrong);
    }
    assert_eq!(sessions.begin("operators-token", HERE, false, now).unwrap_err(), LoginError::TooMany);
    let other = |n: u32| Some(IpAddr::V4(std::net::Ipv4Addr::from(n)));
    assert!(sessions.begin("operators-token", other(7), false, now).is_ok());
    for n in 0..WRONG_OF_ALL - WRONG_OF_ONE {
        assert_eq!(sessions.begin("guess", other(n), false, now).unwrap_err(), LoginError::Wrong);
    }
    assert_eq!(sessions.begin("guess", other(99), false, now).unwrap_err(), LoginError::TooMany);
    assert!(sessions.begin("operators-token", HERE, false, now + WINDOW).is_ok());
}

#[test]
fn without_a_token_nobody_logs_in() {
    let sessions = Sessions::new(None, None);
    assert!(!sessions.is_open());
    assert_eq!(sessions.begin("", HERE, false, Instant::now()).unwrap_err(), LoginError::Wrong);
}

#[test]
fn there_are_not_many_sessions() {
    let (sessions, now) = (sessions(), Instant::now());
    let cookies: Vec<_> = (0..2 * u64::try_from(MOST).unwrap())
        .map(|n| sessions.begin("viewers-token", HERE, false, now + Duration::from_millis(n)).unwrap().1)
        .collect();
    assert_eq!(sessions.all.lock().unwrap().len(), MOST);
    assert!(sessions.of(&request(cookies.last().unwrap()), now).is_some());
}
