use super::*;

fn fields(names: &[&str], host: &str, path: &str, secure: bool, room: usize) -> (Vec<String>, usize) {
    let names: Vec<_> = names.iter().map(|name| (Box::from(name.as_bytes()), Vec::new())).collect();
    let expiry = expire(&names, &Place { host, path, secure }, room);
    (expiry.fields.iter().map(|field| field.to_str().unwrap().to_owned()).collect(), expiry.left_out)
}

#[test]
fn each_domain_that_somebody_could_register_gets_a_field_and_no_public_suffix() {
    for (host, expected) in [
        ("shop.example", vec!["shop.example"]),
        ("a.b.shop.example:8443", vec!["shop.example", "b.shop.example", "a.b.shop.example"]),
        ("www.shop.co.uk", vec!["shop.co.uk", "www.shop.co.uk"]),
        ("someone.github.io", vec!["someone.github.io"]),
        ("github.io", vec![]),
        ("co.uk", vec![]),
        ("localhost:8080", vec![]),
        ("127.0.0.1:80", vec![]),
        ("[::1]:80", vec![]),
        ("shop.example;x", vec![]),
        ("", vec![]),
        ("...", vec![]),
    ] {
        assert_eq!(domains(host), expected, "{host}");
    }
}

#[test]
fn a_cookie_ends_host_only_on_each_domain_in_its_partition_and_in_the_folders() {
    let (plain, _) = fields(&["_ga"], "www.shop.example", "/", false, 9_999);
    assert_eq!(
        plain,
        [
            "_ga=; Path=/; Max-Age=0",
            "_ga=; Path=/; Max-Age=0; Domain=shop.example",
            "_ga=; Path=/; Max-Age=0; Domain=www.shop.example",
        ]
    );
    let (secure, _) = fields(&["_ga"], "shop.example", "/blog/a", true, 9_999);
    assert_eq!(secure.len(), 8);
    assert!(
        secure.contains(&"_ga=; Path=/; Max-Age=0; Domain=shop.example; Secure; SameSite=None; Partitioned".into())
    );
    assert!(secure.contains(&"_ga=; Path=/blog; Max-Age=0; Secure".into()));
    assert!(secure.contains(&"_ga=; Path=/blog/a; Max-Age=0; Secure".into()));
    let (bound, _) = fields(&["__Host-x"], "shop.example", "/blog", true, 9_999);
    assert!(bound.iter().all(|field| field.contains("Path=/;") && !field.contains("Domain")), "{bound:?}");
}

#[test]
fn what_finds_no_room_is_counted_and_the_likeliest_place_comes_first() {
    let (some, left_out) = fields(&["_ga", "_gid"], "shop.example", "/a/b", true, 120);
    assert!(some.iter().map(String::len).sum::<usize>() <= 120);
    assert!(some[0].starts_with("_ga=; Path=/;"), "{some:?}");
    let (all, none) = fields(&["_ga", "_gid"], "shop.example", "/a/b", true, 9_999);
    assert_eq!((some.len() + left_out, none), (all.len(), 0));
}

#[test]
fn names_and_paths_that_no_field_may_hold_are_left_out() {
    assert_eq!(fields(&["a\nb"], "shop.example", "/", false, 999), (vec![], 2));
    let (odd, _) = fields(&["_ga"], "shop.example", "/a;b", false, 999);
    assert!(odd.iter().all(|field| field.contains("Path=/;")), "{odd:?}");
}

#[test]
fn paths_are_remembered_within_bounds() {
    let seen = SeenPaths::default();
    for path in ["/", "/a", "/a", "/b;c", "/c", "/d", "/e", "/f"] {
        seen.add("shop", b"_ga", path.to_owned());
    }
    seen.add("other", b"_ga", "/x".to_owned());
    let of = |site: &str| seen.of(site, |_| true).into_values().flatten().collect::<Vec<_>>();
    assert_eq!(of("shop"), ["/a", "/c", "/d", "/e"]);
    assert_eq!(of("other"), ["/x"]);
    (0..2_000).for_each(|n| seen.add("shop", format!("_ga_{n}").as_bytes(), "/a".to_owned()));
    assert_eq!(seen.of("shop", |_| true).len(), SeenPaths::NAMES - 1);
}
