//! What the grammar accepts and refuses, and how a refusal reads.

use super::*;

#[test]
fn every_example_of_the_grammar_s_readme_is_good() {
    let examples = examples();
    assert_eq!(examples.len(), 10);
    for (path, example) in &examples {
        if example.contains("[[list]]") && !cfg!(feature = "lists") {
            continue;
        }
        let categories = std::fs::read_to_string("rules/catalogue/categories.toml").unwrap();
        let mut files = vec![(*path, example.as_str()), ("lists/privacy.txt", "||tracker.example^\n")];
        if path.starts_with("catalogue") {
            files.push(("catalogue/categories.toml", &categories));
        }
        load(&files);
    }
}

#[test]
fn errors_say_file_line_key_value_and_what_would_be_right() {
    let service = "[[service]]\nslug = \"crm\"\nnumber = 60000\ncategory = \"marketing\"\n";
    for (rest, error) in [
        ("prefx = \"/x/\"\n", "sites/shop.toml:3: prefx = \"/x/\": unknown key; did you mean \"prefix\"?"),
        ("prefix = \"x\"\n", "sites/shop.toml:3: prefix = \"x\": must begin and end with a slash"),
        ("prefix = 3\n", "sites/shop.toml:3: prefix = \"3\": is a whole number, must be a text in quotes"),
        (
            "lifetime_days = 0\n",
            "sites/shop.toml:3: lifetime_days = \"0\": is out of bounds, must be a whole number from 1 to 400",
        ),
        ("delivery = \"unifrom\"\n", "unknown word; did you mean \"uniform\"?"),
        (
            "sources = [\"own\",\n \"didomy\"]\n",
            "sites/shop.toml:4: sources[2] = \"didomy\": unknown source; did you mean \"didomi\"?",
        ),
        ("reask = \"2026-01-01\"\n", "reask = \"2026-01-01\": is a text, must be a date without quotes"),
        (
            "[on_failure]\ndecode = \"scan\"\n",
            "sites/shop.toml:4: on_failure.decode = \"scan\": unknown word; known are abort, pass",
        ),
        (
            "[[override]]\nservice = \"meta-pixl\"\n",
            "override[1].service = \"meta-pixl\": no service of the catalogue; did you mean \"meta-pixel\"?",
        ),
        ("[[override]]\nservice = \"hotjar\"\ncategory = \"necessary\"\n", "needs no consent, and gives no reason"),
        (
            "[[category]]\nname = \"vip\"\nnumber = 3\n",
            "category[1].number = \"3\": is not one of the numbers for this file, 32 to 63",
        ),
        ("[[category]]\nname = \"analytics\"\nnumber = 40\n", "another category has this name or alias"),
        (
            "[[category]]\nname = \"vip\"\nnumber = 40\njustification = \"we like it\"\n",
            "only necessary has a justification",
        ),
        (
            &format!("{service}hosts = [\"https://crm.example\"]\n"),
            "service[1].hosts[1] = \"https://crm.example\": must be a host alone",
        ),
        (&format!("{service}hosts = [\"*.crm.example\"]\n"), "must be a host alone"),
        (&format!("{service}paths = [\"div > a\"]\n"), "service[1].paths[1] = \"div > a\": must begin with / or */"),
        (&format!("{service}markers = [\"fbq\"]\n"), "must be at least 6 ASCII characters"),
        (&format!("{service}globals = [\"fbq\"]\n"), "must be a JavaScript name"),
        (
            &format!("{}hosts = [\"a.example\"]", service.replace("marketing", "marketng")),
            "sites/shop.toml:6: service[1].category = \"marketng\": unknown category; did you mean \"marketing\"?",
        ),
        (
            &format!("{}hosts = [\"a.example\"]", service.replace("marketing", "necessary")),
            "needs no consent, and gives no reason",
        ),
        (&service.replace("crm", "meta-pixel"), "the catalogue has a service of this slug"),
        ("sources = [\"own\", \"dastra\"]\n", "our cookie's name is one that the listed source dastra uses"),
        ("x = [1\n", "is no TOML"),
    ] {
        let text = format!("{SITE}{rest}");
        let errors = try_load(&[("sites/shop.toml", &text)]).err().unwrap_or_else(|| panic!("accepted: {rest}"));
        assert!(errors.contains(error), "{error}\nis not in\n{errors}");
    }
}

#[test]
fn p80_selectors_are_no_rules() {
    let text =
        format!("{SITE}[[service]]\nslug = \"x\"\nnumber = 60000\ncategory = \"marketing\"\nselector = \"a + b\"\n");
    let errors = try_load(&[("sites/shop.toml", &text)]).unwrap_err();
    assert!(errors.contains("sites/shop.toml:7: service[1].selector = \"a + b\": unknown key"), "{errors}");
}

#[test]
fn every_error_of_every_file_is_reported() {
    let errors = try_load(&[
        ("sites/a.toml", "format = 1\nhosts = [\"a.example\"]\nx = 1\ny = 2\n"),
        ("sites/b.toml", "format = 2\nhosts = [\"b.example\"]\n"),
        ("sites/c.toml", "hosts = [\"c.example\"]\n"),
    ])
    .unwrap_err();
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 4, "{errors}");
    assert!(
        lines[2].contains("sites/b.toml:1: format = \"2\": unknown format") && lines[2].contains("a later version")
    );
    assert!(lines[3].contains("sites/c.toml:1: format: every rule file begins with its format"), "{errors}");
}

#[test]
fn hostile_rule_text_is_refused_and_harms_nothing() {
    let deep = format!("format = 1\nx = {}", "[".repeat(100_000));
    let long = format!("{SITE}{} = 1\ndelivery = \"{}\"\n", "k".repeat(1_000_000), "v".repeat(1_000_000));
    for text in [
        deep.as_str(),
        &long,
        "",
        "\0",
        "format = 99999999999999999999999",
        "format = 0x1\nhosts = [\"a.example\"]\nlifetime_days = -1",
        "format = 1\nhosts = [[\"a.example\"]]",
        "format = 1\nhosts = [\"\", \"..\", \"a..b\", \"*.*\", \"a b\"]",
        "format = 1\nformat = 1",
        "format = 1\nhosts = []\nservice = 3\ncategory = [1]\noverride = [{}]\ntexts = { en = 1 }",
        "format = 1\nhosts = []\nreask = 9999-99-99",
        "format = 1\nhosts = []\nreask = 0001-01-01",
        "format = 1\nhosts = []\nformer_prefix = { path = \"/..//\" }",
    ] {
        let errors = try_load(&[("sites/shop.toml", text)]).unwrap_err();
        assert!(
            errors.lines().all(|line| line.starts_with("sites/shop.toml") && line.len() < 1_100_000),
            "{}",
            &errors[..200]
        );
    }
    for data in [b"\xff\xfe".as_slice(), b"format = 1\n[[service]]\n", b"format = 1\n[services]\nx = 70000\n"] {
        consentry::policy::ruleset::fuzz_rules(data);
    }
}
