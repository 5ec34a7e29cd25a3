use super::*;

fn chain() -> ChainId {
    ChainId(Uuid::from_u128(7))
}

fn rows(count: u64) -> Vec<Row> {
    let mut prev = genesis(chain());
    (1..=count)
        .map(|seq| {
            let id = Uuid::from_u128(u128::from(seq));
            let payload = format!(r#"{{"consentId":"{id}","site":"shop","date":"2025-11-22T04:26:03.1Z"}}"#);
            let salt = Salt::default();
            let digest = digest(&salt, payload.as_bytes());
            let hash = link(&prev, seq, &digest);
            Row {
                seq: i64::try_from(seq).unwrap(),
                prev: std::mem::replace(&mut prev, hash).to_vec(),
                digest: digest.to_vec(),
                hash: hash.to_vec(),
                salt: Some(salt.to_vec()),
                payload: Some(payload.into_bytes()),
                consent_id: Some(id.as_bytes().to_vec()),
                site: "shop".to_owned(),
                date: 17_637_855_631,
                erased: None,
                said: Some(String::new()),
            }
        })
        .collect()
}

fn head(rows: &[Row]) -> Head {
    rows.last().map_or_else(
        || Head::empty(chain()),
        |row| Head {
            chain: chain(),
            seq: u64::try_from(row.seq).unwrap(),
            hash: row.hash.as_slice().try_into().unwrap(),
        },
    )
}

fn erase(row: &mut Row) {
    (row.salt, row.payload, row.consent_id, row.erased) = (None, None, None, Some(1));
}

#[test]
fn an_untouched_chain_is_valid_and_an_empty_one_too() {
    let rows = rows(5);
    let summary = verify(&head(&rows), &rows).unwrap();
    assert_eq!((summary.records, summary.erased), (5, 0));
    assert_eq!(verify(&Head::empty(chain()), &[]).unwrap().records, 0);
}

#[test]
fn erasure_leaves_the_chain_valid() {
    let mut rows = rows(5);
    let head = head(&rows);
    erase(&mut rows[0]);
    erase(&mut rows[3]);
    assert_eq!(verify(&head, &rows).unwrap().erased, 2);
}

type Tamper = fn(&mut Vec<Row>);

#[test]
fn what_was_changed_is_named() {
    let cases: &[(&str, Tamper, i64, Problem)] = &[
        ("payload", |r| r[2].payload = Some(b"{}".to_vec()), 3, Problem::Digest),
        ("salt", |r| r[2].salt = Some(vec![1; 16]), 3, Problem::Digest),
        ("salt cut", |r| r[2].salt = Some(vec![0; 15]), 3, Problem::Digest),
        ("digest", |r| r[2].digest[0] ^= 1, 3, Problem::Hash),
        ("digest cut", |r| r[2].digest.truncate(31), 3, Problem::Digest),
        ("hash", |r| r[2].hash[0] ^= 1, 3, Problem::Hash),
        ("prev", |r| r[2].prev[0] ^= 1, 3, Problem::Prev),
        ("deleted", |r| drop(r.remove(2)), 3, Problem::Missing),
        ("first deleted", |r| drop(r.remove(0)), 1, Problem::Missing),
        ("tail cut", |r| r.truncate(3), 3, Problem::Head),
        ("all gone", Vec::clear, 0, Problem::Head),
        ("twice", |r| r.insert(3, r[2].clone()), 3, Problem::Order),
        ("swapped", |r| r.swap(1, 2), 2, Problem::Missing),
        ("half erased", |r| r[2].salt = None, 3, Problem::HalfErased),
        ("erased without a date", |r| (r[2].salt, r[2].payload) = (None, None), 3, Problem::HalfErased),
        ("hidden from a search", |r| r[2].consent_id = None, 3, Problem::Copy("consentId")),
        ("under another id", |r| r[2].consent_id = Some(vec![0; 16]), 3, Problem::Copy("consentId")),
        ("under another site", |r| "other".clone_into(&mut r[2].site), 3, Problem::Copy("site")),
        ("at another date", |r| r[2].date += 1, 3, Problem::Copy("date")),
    ];
    for (name, tamper, seq, problem) in cases {
        let mut rows = rows(5);
        let head = head(&rows);
        tamper(&mut rows);
        assert_eq!(verify(&head, &rows), Err(Broken { seq: *seq, problem: *problem }), "{name}");
    }
}

#[test]
fn a_record_rewritten_with_all_its_hashes_breaks_the_next() {
    let mut rows = rows(5);
    let head = head(&rows);
    let payload = rows[1].payload.clone().map(|p| String::from_utf8(p).unwrap().replace("shop", "shed")).unwrap();
    let digest = digest(&Salt::default(), payload.as_bytes());
    let prev: Hash = rows[1].prev.as_slice().try_into().unwrap();
    rows[1].site = "shed".to_owned();
    rows[1].payload = Some(payload.into_bytes());
    rows[1].digest = digest.to_vec();
    rows[1].hash = link(&prev, 2, &digest).to_vec();
    assert_eq!(verify(&head, &rows), Err(Broken { seq: 3, problem: Problem::Prev }));
}

#[test]
fn a_chain_under_another_name_is_not_this_chain() {
    let rows = rows(2);
    let other = Head { chain: ChainId(Uuid::from_u128(8)), ..head(&rows) };
    assert_eq!(verify(&other, &rows), Err(Broken { seq: 1, problem: Problem::Prev }));
}
