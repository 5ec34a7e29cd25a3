-- What visitors were asked, once for each version of it. `hash` is the SHA-256 of `document`, and is in the proofs.
CREATE TABLE questions (
    hash     BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    kept     INTEGER NOT NULL,
    document TEXT    NOT NULL
) STRICT;
