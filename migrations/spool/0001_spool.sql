-- What a gateway acknowledged while its database was away, until it has followed. The file is also where a gateway's chain has
-- its name: another file is another gateway.
CREATE TABLE chain (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  BLOB    NOT NULL CHECK (length(id) = 16)
) STRICT;

-- In the order of `n`. `seq` is the number in the chain under which a record was, or is being, sent: whoever sends it again looks
-- there first, so that it comes once also where nobody knows whether the database took it.
CREATE TABLE spool (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    salt       BLOB    NOT NULL CHECK (length(salt) = 16),
    consent_id BLOB    NOT NULL CHECK (length(consent_id) = 16),
    site       TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    payload    TEXT    NOT NULL,
    seq        INTEGER
) STRICT;

-- What visitors were asked meanwhile; it follows before the proofs that name it.
CREATE TABLE questions (
    hash     BLOB PRIMARY KEY CHECK (length(hash) = 32),
    document TEXT NOT NULL
) STRICT;
