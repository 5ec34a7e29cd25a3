-- Where the chain was at a moment, signed. `date` is in tenths of seconds since 1970.
CREATE TABLE checkpoint (
    seq       INTEGER PRIMARY KEY CHECK (seq > 0),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32),
    date      INTEGER NOT NULL,
    key       BLOB    NOT NULL CHECK (length(key) = 32),
    signature BLOB    NOT NULL CHECK (length(signature) = 64)
) STRICT;
