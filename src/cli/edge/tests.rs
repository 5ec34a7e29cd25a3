use super::*;
use crate::policy::RuleFile;

const SITE: &str =
    "format = 1\nhosts = [\"shop.example\", \"*.shop.example\"]\nsources = [\"own\", \"optanon\", \"iubenda\"]\n";
const KINDS: [Kind; 6] = [Kind::Varnish, Kind::Nginx, Kind::Fastly, Kind::Cloudflare, Kind::Cloudfront, Kind::Akamai];

fn arguments(kind: Kind, fields: &[&'static str]) -> EdgeArgs {
    EdgeArgs {
        kind,
        rules: "rules".into(),
        site: None,
        gateway: "10.0.0.7:8443".to_owned(),
        region_header: fields.iter().map(|name| HeaderName::from_static(name)).collect(),
        listen: "80".to_owned(),
        cache: "/tmp/c".to_owned(),
    }
}

fn printed(kind: Kind, rules: &str, fields: &[&'static str]) -> Result<String, String> {
    let rules = RuleSet::from_files(&[RuleFile::new("sites/my-shop.toml", rules)]).unwrap();
    configuration(&arguments(kind, fields), chosen(&rules, None).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn every_name_of_every_template_is_filled_in() {
    let rules = format!("{SITE}cookie = \"a.b$c+\"\n[edge]\nshared = true\n");
    for kind in KINDS {
        for fields in [&[][..], &["x-country"], &["x-country", "x-state"]] {
            let text = printed(kind, &rules, fields).unwrap();
            assert!(text.contains("my-shop"), "{kind:?}");
            assert!(!text.contains("{{"), "{kind:?}: {}", text.split("{{").nth(1).unwrap());
            assert_eq!(text.contains("US-CA") || text.contains("US[-_]CA"), !fields.is_empty(), "{kind:?}");
        }
    }
}

#[test]
fn names_that_look_like_expressions_are_names() {
    assert_eq!(regex::escape("a.b*c$d+e|f^g#h'i"), r"a\.b\*c\$d\+e\|f\^g\#h'i");
    let rules = format!("{SITE}cookie = \"a.b$c+\"\n[edge]\nshared = true\n");
    let vcl = printed(Kind::Varnish, &rules, &[]).unwrap();
    assert!(vcl.contains(r"(?:^|;)\s*(?:a\.b\$c\+|a\.b\$c\+_v)\s*="), "{vcl}");
    assert!(vcl.contains(r"(?i)^(?:shop\.example|.+\.shop\.example)\.?(?::[0-9]+)?$"), "{vcl}");
    assert!(vcl.contains(r"_iub_cs-[^=;]*"), "{vcl}");
}

#[test]
fn what_could_keep_nothing_is_said_instead() {
    for kind in KINDS {
        assert!(printed(kind, SITE, &[]).unwrap_err().contains("shared = true"));
        let uniform = format!("{SITE}delivery = \"uniform\"\n[edge]\nshared = true\n");
        assert!(printed(kind, &uniform, &[]).unwrap_err().contains("everybody's"));
    }
    let rules = RuleSet::from_files(&[
        RuleFile::new("sites/a.toml", "format = 1\nhosts = [\"a.example\"]\n[edge]\nshared = true\n"),
        RuleFile::new("sites/b.toml", "format = 1\nhosts = [\"b.example\"]\n"),
    ])
    .unwrap();
    assert!(chosen(&rules, None).unwrap_err().to_string().contains("a, b"));
    assert_eq!(chosen(&rules, Some("b")).unwrap().name, "b");
    assert!(chosen(&rules, Some("c")).is_err());
}

#[test]
fn an_argument_cannot_write_configuration() {
    let rules =
        RuleSet::from_files(&[RuleFile::new("sites/a.toml", &*format!("{SITE}[edge]\nshared = true\n"))]).unwrap();
    let site = chosen(&rules, None).unwrap();
    for (gateway, listen, cache) in [
        ("127.0.0.1", "80", "/c"),
        ("a;b:80", "80", "/c"),
        ("a:http", "80", "/c"),
        ("a:1", "80; x", "/c"),
        ("a:1", "80", "/c; x"),
    ] {
        let mut args = arguments(Kind::Nginx, &[]);
        (args.gateway, args.listen, args.cache) = (gateway.to_owned(), listen.to_owned(), cache.to_owned());
        assert!(configuration(&args, site).is_err(), "{gateway} {listen} {cache}");
    }
    assert!(configuration(&arguments(Kind::Nginx, &["a", "b", "c"]), site).is_err());
}

#[test]
fn a_site_that_only_reports_is_said() {
    let warned = |rules: &str| {
        let rules = RuleSet::from_files(&[RuleFile::new("sites/my-shop.toml", rules)]).unwrap();
        warning(chosen(&rules, None).unwrap())
    };
    assert_eq!(warned(SITE), None);
    let warning = warned(&SITE.replace("format = 1\n", "format = 1\nmode = \"report\"\n")).unwrap();
    assert!(warning.contains("site my-shop only reports") && warning.contains("sites/my-shop.toml"), "{warning}");
}
