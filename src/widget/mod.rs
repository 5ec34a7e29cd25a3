//! What runs in the browser, and the assets that carry it.
