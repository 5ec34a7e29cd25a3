-- What the rewriting did to the pages of one decision in one hour, as one run of a gateway counted it: `payload` is what is signed
-- and says all of it, the columns beside it are what it is searched by. `hour` is hours since 1970. While an hour goes on a higher
-- revision takes the place of a lower one.
CREATE TABLE effect (
    run       UUID   NOT NULL,
    number    BIGINT NOT NULL CHECK (number > 0),
    revision  BIGINT NOT NULL CHECK (revision > 0),
    hour      BIGINT NOT NULL,
    site      TEXT   NOT NULL,
    rules     TEXT   NOT NULL,
    variant   TEXT   NOT NULL,
    payload   TEXT   NOT NULL,
    key       BYTEA  NOT NULL CHECK (length(key) = 32),
    signature BYTEA  NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (run, number)
);

CREATE INDEX effect_by_site ON effect (site, hour);
CREATE INDEX effect_by_hour ON effect (hour);
