-- What the rewriting did, signed while the database was away; see the table of the same name there.
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
