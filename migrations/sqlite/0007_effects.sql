-- What the rewriting did to the pages of one decision in one hour, as one run of a gateway counted it: `payload` is what is signed
-- and says all of it, the columns beside it are what it is searched by. `hour` is hours since 1970. While an hour goes on a higher
-- revision takes the place of a lower one.
CREATE TABLE effect (
    run       BLOB    NOT NULL CHECK (length(run) = 16),
    number    INTEGER NOT NULL CHECK (number > 0),
    revision  INTEGER NOT NULL CHECK (revision > 0),
    hour      INTEGER NOT NULL,
    site      TEXT    NOT NULL,
    rules     TEXT    NOT NULL,
    variant   TEXT    NOT NULL,
    payload   TEXT    NOT NULL,
    key       BLOB    NOT NULL CHECK (length(key) = 32),
    signature BLOB    NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (run, number)
) STRICT;

CREATE INDEX effect_by_site ON effect (site, hour);
CREATE INDEX effect_by_hour ON effect (hour);
