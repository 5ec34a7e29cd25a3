use super::*;
use crate::collect::effects::{Held, PageDone, Unsound};
use crate::policy::ServiceId;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Mutex as Lock;
use std::sync::atomic::AtomicBool;

const HOUR: u64 = 36_000;

/// As a database keeps them: one of each number, the highest revision.
#[derive(Debug, Default)]
struct Store {
    kept: Lock<BTreeMap<(Uuid, i64), Effect>>,
    is_away: AtomicBool,
}

#[async_trait]
impl EffectStore for Store {
    async fn keep_effects(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(StoreError::Overloaded);
        }
        let mut kept = self.kept.lock().unwrap();
        effects.into_iter().for_each(|effect| drop(kept.insert((effect.run, effect.number), effect)));
        Ok(())
    }

    async fn cut_effects(&self, _: Deciseconds) -> Result<u64, StoreError> {
        Ok(0)
    }
}

impl Store {
    fn bodies(&self) -> Vec<Body> {
        let mut held = Held::default();
        self.kept.lock().unwrap().values().map(|effect| held.next(effect).unwrap()).collect()
    }

    fn pages(&self) -> u64 {
        self.bodies().iter().map(|body| body.pages).sum()
    }
}

fn keeper(hour_most: usize, most: usize) -> Keeper {
    Keeper::bounded(Signer::new(&[9; 32]).unwrap(), hour_most, most)
}

fn page(keeper: &Keeper, variant: &str, hour: u64, services: &[u32]) {
    let page = PageDone {
        site: "shop",
        rules: "9f",
        variant,
        is_unfinished: false,
        labelled: Done::default(),
        unclassified: 1,
    };
    let done = Done { neutralised: 2, ..Done::default() };
    let names: HashMap<u32, String> = services.iter().map(|id| (*id, format!("s{id}"))).collect();
    let name = |id: ServiceId| names[&id.0].as_str();
    keeper.counters.page(&page, Hour(hour), services.iter().map(|id| (ServiceId(*id), done)), name);
}

#[tokio::test]
async fn an_hour_is_written_while_it_goes_on_and_forgotten_when_it_is_over() {
    let (keeper, store) = (keeper(10, 10), Store::default());
    page(&keeper, "a", 5, &[1, 2]);
    keeper.keep(&store, Deciseconds(5 * HOUR)).await.unwrap();
    page(&keeper, "a", 5, &[2, 3]);
    page(&keeper, "b", 5, &[]);
    keeper.keep(&store, Deciseconds(6 * HOUR)).await.unwrap();
    page(&keeper, "c", 6, &[]);
    keeper.keep(&store, Deciseconds(6 * HOUR)).await.unwrap();
    page(&keeper, "b", 5, &[]);
    keeper.keep(&store, Deciseconds(6 * HOUR)).await.unwrap();
    let bodies = store.bodies();
    let [a, b, c] = &bodies[..] else { panic!("{bodies:?}") };
    assert_eq!((a.number, a.revision, a.pages, a.variant.as_str()), (1, 2, 2, "a"));
    let done = |body: &Body, name: &str| {
        let service = body.services.iter().find(|service| service.service == name);
        service.map_or(0, |service| service.done.neutralised)
    };
    assert_eq!(["s1", "s2", "s3", "(unclassified)"].map(|name| done(a, name)), [2, 4, 2, 2]);
    assert_eq!((b.number, b.revision, b.pages, b.services.len()), (2, 2, 2, 1), "a late page is no sum of its own");
    assert_eq!((c.number, c.hour), (3, Hour(6)));
    keeper.keep(&store, Deciseconds(8 * HOUR)).await.unwrap();
    assert!(keeper.held.lock().await.sums.is_empty());
}

#[tokio::test]
async fn what_cannot_be_written_waits_and_comes_once() {
    let (keeper, store) = (keeper(10, 10), Store::default());
    store.is_away.store(true, Ordering::Relaxed);
    for hour in 1..4 {
        page(&keeper, "a", hour, &[1]);
        keeper.keep(&store, Deciseconds(hour * HOUR)).await.unwrap_err();
    }
    assert_eq!((keeper.waiting(), keeper.lost()), (3, 0));
    store.is_away.store(false, Ordering::Relaxed);
    page(&keeper, "a", 3, &[1]);
    keeper.keep(&store, Deciseconds(4 * HOUR)).await.unwrap();
    assert_eq!((keeper.waiting(), store.pages()), (0, 4));
}

#[tokio::test]
async fn memory_is_bounded_and_what_is_lost_is_counted() {
    let (keeper, store) = (keeper(300, 500), Store::default());
    store.is_away.store(true, Ordering::Relaxed);
    for hour in 1..4 {
        for variant in 0..400 {
            page(&keeper, &variant.to_string(), hour, &[1]);
        }
        keeper.keep(&store, Deciseconds(hour * HOUR)).await.unwrap_err();
    }
    let held = keeper.held.lock().await.sums.len();
    assert!(held <= 500, "{held}");
    store.is_away.store(false, Ordering::Relaxed);
    keeper.keep(&store, Deciseconds(9 * HOUR)).await.unwrap();
    assert!(keeper.lost() > 0 && store.pages() > 0);
    assert_eq!(store.pages() + keeper.lost(), 1_200, "each page is in a sum or counted as lost");
    assert!(store.bodies().iter().any(|body| body.variant == FURTHER));
}

#[tokio::test]
async fn more_decisions_and_services_than_there_is_room_for_are_counted_together() {
    let (keeper, store) = (keeper(10_000, 10_000), Store::default());
    (0..1_000).for_each(|n| page(&keeper, &n.to_string(), 1, &[]));
    (0..1_000).for_each(|n| page(&keeper, "many", 2, &[n]));
    keeper.keep(&store, Deciseconds(HOUR)).await.unwrap();
    let bodies = store.bodies();
    assert_eq!(bodies.iter().map(|body| body.pages).sum::<u64>(), 2_000);
    assert!(bodies.len() < 600, "{}", bodies.len());
    let further = |body: &Body| body.services.iter().find(|service| service.service == FURTHER).map(|s| s.done);
    let neutralised: u64 = bodies.iter().flat_map(|b| &b.services).map(|service| service.done.neutralised).sum();
    assert_eq!(neutralised, 2_000 + 1_000 * 2, "unclassified, and of services");
    keeper.counters.collect();
    (0..1_000).for_each(|n| page(&keeper, "many", 3, &[n]));
    keeper.keep(&store, Deciseconds(HOUR)).await.unwrap();
    let bodies = store.bodies();
    let many = bodies.iter().find(|body| body.hour == Hour(3)).unwrap();
    assert_eq!((many.services.len(), further(many).unwrap().neutralised), (258, 2 * (1_000 - 256)));
}

#[test]
fn a_missing_sum_shows_and_an_old_beginning_does_not() {
    let signer = Signer::new(&[9; 32]).unwrap();
    let sum = |run: u128, number: u64| {
        let key = (Hour(1), Box::default(), Box::default(), Box::default());
        Effect::sign(Sum { number, revision: 1, ..Sum::default() }.body(Uuid::from_u128(run), &key), &signer)
    };
    let mut held = Held::default();
    let found: Vec<_> = [(1, 5), (1, 6), (2, 1), (2, 3), (2, 4)].map(|(run, n)| held.next(&sum(run, n)).err()).to_vec();
    assert_eq!(found, [None, None, None, Some(Unsound::Gap), None]);
    let stranger = Held::new(Some(vec![1; 32]));
    assert_eq!(stranger.check(&sum(1, 1)), Err(Unsound::Stranger));
}
