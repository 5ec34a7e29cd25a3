//! What reading one cookie of each consent tool costs: its answers, and whether and when they were given.

use consentry::consent::codec::answers::Name;
use consentry::consent::codec::complianz;
use criterion::Criterion;
use std::hint::black_box;

#[path = "../../tests/common/tools.rs"]
#[allow(unreachable_pub)]
mod samples;

use samples::{COMPLIANZ, SAMPLES};

pub(super) fn scans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    for (name, scan, value) in SAMPLES {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut sum = Sum::default();
                let head = scan(black_box(value.as_bytes()), &mut |name, granted| sum.take(name, granted));
                (head, sum)
            });
        });
    }
    group.bench_function("complianz", |b| {
        b.iter(|| {
            let mut sum = Sum::default();
            let head =
                complianz::scan(black_box(COMPLIANZ), complianz::PREFIX, |name, granted| sum.take(name, granted));
            (head, sum)
        });
    });
    group.finish();
}

/// As little as a caller can do with the answers.
#[derive(Default)]
struct Sum {
    names: usize,
    granted: usize,
}

impl Sum {
    fn take(&mut self, name: Name<'_>, granted: bool) {
        self.names += name.as_str().len();
        self.granted += usize::from(granted);
    }
}
