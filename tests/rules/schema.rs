//! The JSON Schema of the rule files, held against the rules that are there and against some that are wrong.

use super::*;
use boon::{Compiler, SchemaIndex, Schemas};
use consentry::policy::file::schema;
use serde_json::Value;

struct Schema(Schemas, SchemaIndex);

impl Schema {
    fn of(path: &str) -> Self {
        let kind = match path {
            path if path.contains("sites/") => "site",
            path if path.contains("catalogue/") => "catalogue",
            path if path.contains("regimes") => "regimes",
            _ => "lock",
        };
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("rules.json", schema(kind).unwrap()).unwrap();
        let index = compiler.compile("rules.json", &mut schemas).unwrap();
        Self(schemas, index)
    }

    fn check(&self, text: &str) -> Result<(), String> {
        let rules: toml::Table = toml::from_str(text).map_err(|e| e.to_string())?;
        self.0.validate(&json(rules.into()), self.1).map_err(|e| format!("{e:#}"))
    }
}

/// As editors see it: a date is a text.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

#[test]
fn the_project_s_rules_and_the_readme_s_examples_are_what_the_schema_says() {
    let mut files = examples().into_iter().map(|(path, text)| (path.to_owned(), text)).collect::<Vec<_>>();
    for folder in ["rules/catalogue", "rules/sites"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            files.push((path.to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    files.push(("rules/regimes.toml".to_owned(), std::fs::read_to_string("rules/regimes.toml").unwrap()));
    files.push(("rules/numbers.lock".to_owned(), std::fs::read_to_string("rules/numbers.lock").unwrap()));
    assert!(files.len() > 15);
    for (path, text) in files {
        Schema::of(&path).check(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

#[test]
fn what_the_parser_refuses_by_key_or_type_the_schema_refuses_too() {
    let schema = Schema::of("sites/shop.toml");
    assert_eq!(schema.check(SITE), Ok(()));
    for wrong in [
        "prefx = \"/x/\"\n",
        "prefix = 3\n",
        "lifetime_days = 0\n",
        "delivery = \"unifrom\"\n",
        "unknown = \"refuse\"\n",
        "[on_failure]\ndecode = \"scan\"\n",
        "[[service]]\nslug = \"Upper\"\ncategory = \"marketing\"\n",
        "[[service]]\nslug = \"x\"\n",
        "[[service]]\nslug = \"x\"\ncategory = \"marketing\"\nhosts = \"x.example\"\n",
        "[[list]]\nname = \"x\"\ncategory = \"marketing\"\n",
    ] {
        let text = format!("{SITE}{wrong}");
        assert!(try_load(&[("sites/shop.toml", &text)]).is_err(), "the parser accepts {wrong}");
        assert!(schema.check(&text).is_err(), "the schema accepts {wrong}");
    }
}
