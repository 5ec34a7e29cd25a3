-- One file holds one chain. Its head stands here and not only in the last record, so that records can later be cut by age
-- without losing where the chain goes on, and so that a lost tail is seen.
CREATE TABLE chain (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    id      BLOB    NOT NULL CHECK (length(id) = 16),
    created INTEGER NOT NULL,
    seq     INTEGER NOT NULL CHECK (seq >= 0),
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- digest = SHA-256(salt, payload); hash = SHA-256(prev, seq, digest). Erasing a person's proof sets salt, payload and
-- consent_id to NULL and leaves the three hashes, so that the chain stays valid. `date` is in tenths of seconds since 1970.
CREATE TABLE proof (
    seq        INTEGER PRIMARY KEY,
    prev       BLOB    NOT NULL,
    digest     BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    salt       BLOB,
    payload    TEXT,
    consent_id BLOB,
    site       TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    erased     INTEGER
) STRICT;

CREATE INDEX proof_by_consent ON proof (consent_id) WHERE consent_id IS NOT NULL;
